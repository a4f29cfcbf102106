import { describe, expect, test } from '@jest/globals';
import { dispatchEvent, eventIn, scheduleEvent } from '../../../sandbox/github/events.ts';
import { pushTo } from '../../../sandbox/github/people.ts';
import { duringOutage } from '../../../sandbox/openrouter/outage.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';
import { type JobOptions, openRecipeJobs, recipeOf } from '../../support/recipe-harness.ts';

const PAGE = 'docs/recipes/workspace-for-one-job.md';
const TESTS = recipeOf(PAGE, 'Tests with OpenRouter');
const SWEEP = recipeOf(PAGE, 'Sweep workspaces');
const HOUR = 3_600_000;

const { harness, gitHub, slugs } = openPreviewHarness();
const { start, run } = openRecipeJobs({ harness, gitHub });
const keys = () => harness.sandbox.account.keys;
const push = () => pushTo(gitHub.server.github, gitHub.repository, 'main')[0];
const schedule = () => scheduleEvent(gitHub.server.github, gitHub.repository, '17 4 * * *');

describe('the workflow of the tests', () => {
  test('has its own workspace and key in each run, and deletes both at its end', async () => {
    const event = push();
    const spend: JobOptions = {
      onScript({ env }) {
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
    const first = await run(TESTS, event, spend);
    const again = await run(TESTS, event, { ...spend, attempt: 2 });
    expect([first.result, again.result]).toEqual(['success', 'success']);
    const [slug, other] = [first, again].map(({ main }) => main['']?.outputs['slug']);
    expect(slug).toMatch(/^tests-web-\d+-1$/);
    expect(other).toBe(slug?.replace(/1$/, '2'));
    expect(first.post['key']?.log).toContain('$0.40');
    expect([slugs(), keys()]).toEqual([[], []]);
  });

  test('deletes both if its tests fail, even with a key that the tests have created', async () => {
    const { result } = await run(TESTS, push(), {
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
    const { result } = await duringOutage(harness.sandbox, () => run(TESTS, event));
    expect(result).toBe('failure');
    expect(slugs()).toEqual([]);
  });

  test('stays green if OpenRouter is down at its end, and warns of what is left', async () => {
    const { main, end } = await start(TESTS, push());
    const { result, post } = await duringOutage(harness.sandbox, end);
    expect(result).toBe('success');
    expect(post['key']?.annotations).toMatchObject([{ level: 'warning' }]);
    expect(post['key']?.log).toContain('The API key may still work, and can spend at most ');
    expect(post['']?.annotations).toMatchObject([{ level: 'warning' }]);
    expect(slugs()).toEqual([main['']?.outputs['slug']]);
  });

  test('leaves a key for one hour if its runner is lost', async () => {
    const { main } = await start(TESTS, push());
    const [{ created_at, expires_at } = {}] = keys();
    const minutes = (Date.parse(String(expires_at)) - Date.parse(String(created_at))) / 60_000;
    expect(Math.round(minutes)).toBe(60);
    expect(slugs()).toEqual([main['']?.outputs['slug']]);
  });

  test('runs in the merge queue as in a push, once it is added there', async () => {
    const { github } = gitHub.server;
    const payload = { action: 'checks_requested', merge_group: {} };
    const queued = eventIn(github, gitHub.repository, { name: 'merge_group', by: 'mona', payload });
    const recipe = { ...TESTS, on: { ...Object(TESTS.on), merge_group: null } };
    const { result, main } = await run(recipe, queued);
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
    const byHand = (inputs?: Record<string, string>) =>
      dispatchEvent(gitHub.server.github, gitHub.repository, { ...(inputs && { inputs }) });
    await run(SWEEP, byHand());
    expect(slugs()).toEqual(['tests-web-1-1']);
    await run(SWEEP, byHand({ 'dry-run': 'false' }));
    expect(slugs()).toEqual([]);
  });

  test('deletes the rest if one deletion fails, and nothing during an outage', async () => {
    const { sandbox } = harness;
    seedWorkspace(sandbox, { slug: 'tests-web-1-1', age: 25 * HOUR });
    seedWorkspace(sandbox, { slug: 'tests-web-2-1', age: 25 * HOUR });
    expect(await duringOutage(sandbox, () => run(SWEEP, schedule()))).toMatchObject({
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
