import { describe, expect, test } from '@jest/globals';
import {
  dispatchEvent,
  eventIn,
  type GitHubEvent,
  scheduleEvent,
} from '../../sandbox/github/events.ts';
import { pushTo } from '../../sandbox/github/people.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openPreviewHarness } from '../support/preview-steps.ts';
import { inOutage, type JobOptions, openRecipeJobs, recipeOf } from '../support/recipe-jobs.ts';

const PAGE = 'docs/recipes/workspace-for-one-job.md';
const TESTS = recipeOf(PAGE, 'Tests with OpenRouter');
const SWEEP = recipeOf(PAGE, 'Sweep workspaces');
const HOUR = 3_600_000;

const { harness, gitHub, slugs } = openPreviewHarness();
const run = openRecipeJobs(() => ({ sandbox: harness.sandbox, gitHub: gitHub.server }));
const keys = () => harness.sandbox.account.keys;
const push = () => pushTo(gitHub.server.github, gitHub.repository, 'main')[0];
const schedule = () => scheduleEvent(gitHub.server.github, gitHub.repository, '17 4 * * *');

const runTests = (event: GitHubEvent, options: JobOptions = {}, attempt = 1) =>
  run(TESTS, event, {
    ...options,
    values: { 'github.run_id': 17, 'github.run_attempt': attempt },
  });

describe('the workflow of the tests', () => {
  test('has its own workspace and key in each run, and deletes both at its end', async () => {
    const event = push();
    const spend = {
      onScript(_: object, env: Record<string, string>) {
        if (!env['OPENROUTER_API_KEY']) return true;
        expect(env).toMatchObject({
          OPENROUTER_API_KEY: expect.stringMatching(/^sk-or-v1-/),
          OPENROUTER_WORKSPACE: harness.sandbox.account.workspaces[1]?.id,
        });
        const [key] = keys();
        expect(key?.['limit']).toBe(1);
        if (key) seedUsage(harness.sandbox, key, { credits: 0.4 });
        return true;
      },
    };
    const first = await runTests(event, spend);
    const again = await runTests(event, spend, 2);
    expect([first.result, again.result]).toEqual(['success', 'success']);
    expect(first.main['']?.outputs['slug']).toBe('tests-web-17-1');
    expect(again.main['']?.outputs['slug']).toBe('tests-web-17-2');
    expect(first.post['key']?.log).toContain('$0.40');
    expect([slugs(), keys()]).toEqual([[], []]);
  });

  test('deletes both if its tests fail, even with a key that the tests have created', async () => {
    const { result } = await runTests(push(), {
      onScript({ run: script }) {
        const [, workspace] = harness.sandbox.account.workspaces;
        if (script === 'npm test' && workspace) seedKey(harness.sandbox, workspace);
        return script !== 'npm test';
      },
    });
    expect(result).toBe('failure');
    expect([slugs(), keys()]).toEqual([[], []]);
  });

  test('creates nothing during an outage of OpenRouter', async () => {
    const event = push();
    const { result } = await inOutage(harness.sandbox, () => runTests(event));
    expect(result).toBe('failure');
    expect(slugs()).toEqual([]);
  });

  test('stays green if OpenRouter is down at its end, and warns of what is left', async () => {
    const { account } = harness.sandbox;
    const { handle } = account;
    const { result, post } = await runTests(push(), {
      beforePost: () => {
        account.handle = () => ({ status: 503, body: { error: { code: 503, message: 'Down' } } });
      },
    });
    account.handle = handle;
    expect(result).toBe('success');
    expect(post['key']?.annotations).toMatchObject([{ level: 'warning' }]);
    expect(post['key']?.log).toContain('The API key may still work, and can spend at most ');
    expect(post['']?.annotations).toMatchObject([{ level: 'warning' }]);
    expect(slugs()).toEqual(['tests-web-17-1']);
  });

  test('leaves a key for one hour if its runner is lost', async () => {
    await runTests(push(), { isLost: true });
    const [{ created_at, expires_at } = {}] = keys();
    const minutes = (Date.parse(String(expires_at)) - Date.parse(String(created_at))) / 60_000;
    expect(Math.round(minutes)).toBe(60);
    expect(slugs()).toEqual(['tests-web-17-1']);
  });

  test('runs in the merge queue as in a push, once it is added there', async () => {
    const { github } = gitHub.server;
    const payload = { action: 'checks_requested', merge_group: {} };
    const queued = eventIn(github, gitHub.repository, { name: 'merge_group', by: 'mona', payload });
    const recipe = { ...TESTS, on: { ...TESTS.on, merge_group: null } };
    const values = { 'github.run_id': 18, 'github.run_attempt': 1 };
    const { result, main } = await run(recipe, queued, { values });
    expect(result).toBe('success');
    expect(main['key']?.outputs['key']).toMatch(/^sk-or-v1-/);
    expect(slugs()).toEqual([]);
  });
});

describe('the sweep', () => {
  test('deletes what a lost runner has left, after 24 hours, and a second run nothing', async () => {
    const { sandbox } = harness;
    seedWorkspace(sandbox, { slug: 'tests-web-1-1', age: 25 * HOUR, keys: 1 });
    seedWorkspace(sandbox, { slug: 'tests-web-2-1', age: 23 * HOUR });
    seedWorkspace(sandbox, { slug: 'tests-webshop-1-1', age: 25 * HOUR });
    for (const count of ['1', '0']) {
      const { result, main } = await run(SWEEP, schedule());
      expect(result).toBe('success');
      expect(main['sweep']?.outputs['count']).toBe(count);
    }
    expect(slugs()).toEqual(['tests-web-2-1', 'tests-webshop-1-1']);
  });

  test('deletes nothing by hand, unless that is requested', async () => {
    seedWorkspace(harness.sandbox, { slug: 'tests-web-1-1', age: 25 * HOUR });
    const byHand = dispatchEvent(gitHub.server.github, gitHub.repository);
    const { inputs } = SWEEP.on['workflow_dispatch'] as {
      inputs: { 'dry-run': { default: unknown } };
    };
    await run(SWEEP, byHand, { values: { 'inputs.dry-run': inputs['dry-run'].default } });
    expect(slugs()).toEqual(['tests-web-1-1']);
    await run(SWEEP, byHand, { values: { 'inputs.dry-run': false } });
    expect(slugs()).toEqual([]);
  });

  test('deletes the rest if one deletion fails, and nothing during an outage', async () => {
    const { sandbox } = harness;
    seedWorkspace(sandbox, { slug: 'tests-web-1-1', age: 25 * HOUR });
    seedWorkspace(sandbox, { slug: 'tests-web-2-1', age: 25 * HOUR });
    expect(await inOutage(sandbox, () => run(SWEEP, schedule()))).toMatchObject({
      result: 'failure',
    });
    expect(slugs()).toHaveLength(2);
    sandbox.faults.push({ on: 'DELETE /workspaces/:id', kind: 'response', status: 403 });
    const { result, main } = await run(SWEEP, schedule());
    expect(result).toBe('failure');
    expect(main['sweep']?.outputs['count']).toBe('1');
    expect(await run(SWEEP, schedule())).toMatchObject({ result: 'success' });
    expect(slugs()).toEqual([]);
  });
});
