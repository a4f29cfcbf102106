import { describe, expect, test } from '@jest/globals';
import { sceneOf } from '../../sandbox/cli/scenes.ts';
import { dispatchEvent, type GitHubEvent, scheduleEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull, pushTo, reopenPull } from '../../sandbox/github/people.ts';
import { addRepository } from '../../sandbox/github/seed.ts';
import { duringOutage } from '../../sandbox/openrouter/outage.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openPreviewHarness } from '../support/preview-harness.ts';
import { openRecipeJobs, recipeOf, SKIPPED } from '../support/recipe-harness.ts';
import { interpolateAll, jobOf, type Workflow } from '../support/workflow.ts';

const WORKSPACE = recipeOf('README.md', 'Workspace');
const TESTS = recipeOf('README.md', 'Tests with a key');
const PREVIEW = recipeOf('README.md', 'Preview');
const NIGHT = recipeOf('README.md', 'Preview nightly');

const { harness, gitHub, slugs, comments } = openPreviewHarness({ followsSteps: true });
const { run: runJob, runAll, letKeysBeCounted } = openRecipeJobs({ harness, gitHub });

describe('the file for a workspace in README.md', () => {
  /** The workflow with other inputs; those that are undefined are left out. */
  function withInputs(changes: Record<string, unknown>): Workflow {
    const recipe = structuredClone(WORKSPACE);
    const [step] = jobOf(recipe).steps;
    Object.assign(step?.with ?? {}, changes);
    return recipe;
  }
  const run = (changes: Record<string, unknown> = {}) =>
    runJob(withInputs(changes), dispatchEvent(gitHub.server.github, gitHub.repository));
  const outcomeOf = async (changes = {}) => {
    const { result, main } = await run(changes);
    return result === 'success' ? main['']?.outputs['outcome'] : main['']?.annotations[0]?.title;
  };

  test('is what npm start runs, with the output that its job has', () => {
    const { inputs, next } = sceneOf('');
    const { steps, outputs = {} } = jobOf(WORKSPACE);
    const [step] = steps;
    const { 'management-key': _, ...others } = step?.with ?? {};
    expect([inputs, next?.id]).toEqual([others, step?.id]);
    const shown = next?.outputs.map((name) => `\${{ steps.${next.id}.outputs.${name} }}`);
    expect(shown).toEqual(expect.arrayContaining(Object.values(outputs)));
    expect(outputs).not.toEqual({});
  });

  test('creates it once, and uses it as it is in later runs', async () => {
    const first = await run();
    const second = await run();
    expect([first, second].map(({ main }) => main['']?.outputs['created'])).toEqual([
      'true',
      'false',
    ]);
    expect(slugs()).toEqual(['staging-web']);
  });

  test('creates one workspace in two runs at once', async () => {
    const runs = await Promise.all([run(), run()]);
    const created = runs.map(({ main }) => main['']?.outputs['created']);
    expect(created.toSorted()).toEqual(['false', 'true']);
    expect(slugs()).toEqual(['staging-web']);
  });

  test('notices a workspace of someone else only with if-exists: fail', async () => {
    seedWorkspace(harness.sandbox, { slug: 'staging-web' });
    expect(await outcomeOf()).toBe('unchanged');
    expect(await outcomeOf({ 'if-exists': 'fail' })).toContain('slug taken');
  });

  test('sets an input only with if-exists: update, and removing the input undoes nothing', async () => {
    await run();
    const model = { 'default-text-model': 'openai/gpt-5-mini' };
    const modelOf = () => harness.sandbox.account.workspaces[1]?.['default_text_model'] ?? null;
    expect([await outcomeOf(model), modelOf()]).toEqual(['unchanged', null]);
    const update = { 'if-exists': 'update' };
    expect(await outcomeOf({ ...model, ...update })).toBe('updated');
    expect(await outcomeOf(update)).toBe('unchanged');
    expect(modelOf()).toBe('openai/gpt-5-mini');
    expect(await outcomeOf({ ...update, 'default-text-model': 'null' })).toBe('updated');
    expect(modelOf()).toBeNull();
  });

  test('finishes a workspace that a failure has left half-way only with if-exists: update', async () => {
    const models = { 'allowed-models': 'openai/gpt-5-mini' };
    const on = 'PATCH /guardrails/:id';
    harness.sandbox.faults.push({ on, kind: 'response', status: 403 });
    expect(await outcomeOf(models)).toContain('partly applied');
    const modelsOf = () => harness.sandbox.account.guardrails[0]?.['allowed_models'] ?? null;
    expect(await outcomeOf({ ...models, 'if-exists': 'fail' })).toContain('slug taken');
    expect([await outcomeOf(models), modelsOf()]).toEqual(['unchanged', null]);
    expect(await outcomeOf({ ...models, 'if-exists': 'update' })).toBe('updated');
    expect(modelsOf()).not.toBeNull();
  });

  test('creates nothing during an outage of OpenRouter, and succeeds after it', async () => {
    expect(await duringOutage(harness.sandbox, () => run())).toMatchObject({ result: 'failure' });
    expect(slugs()).toEqual([]);
    expect(await outcomeOf()).toBe('created');
  });
});

test('the file for a job gives its tests a key of 5 USD in the workspace of the first file, and deletes the key', async () => {
  const { server, repository } = gitHub;
  await runJob(WORKSPACE, dispatchEvent(server.github, repository));
  const [push] = pushTo(server.github, repository, 'main');
  const { keys } = harness.sandbox.account;
  const given: unknown[] = [];
  const { test: tested, end } = await runAll(TESTS, push as GitHubEvent, {
    onScript({ env }) {
      given.push(env['OPENROUTER_API_KEY'], keys[0]?.['limit']);
      return true;
    },
  });
  const { key } = tested?.main['unseal-key']?.outputs ?? {};
  expect(key).toMatch(/^sk-or-v1-/);
  expect([end?.result, given]).toEqual(['success', [undefined, 5, key, 5]]);
  expect(keys).toEqual([]);
});

describe('the two files for previews in README.md', () => {
  const key = () => harness.sandbox.account.keys[0];
  const open = () => openPull(gitHub.server.github, gitHub.repository)[0];

  test('give an open pull request a workspace, a key to its tests, and a bill in the night after its close', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository);
    const { key: created, test: tested, end } = await runAll(PREVIEW, opened);
    expect([created, tested, end]).toMatchObject(new Array(3).fill({ result: 'success' }));
    const { slug, ...outputs } = created?.main['preview']?.outputs ?? {};
    expect(outputs).toMatchObject({ state: 'open', created: 'true' });
    expect(created?.outputs['sealed-key']).toMatch(/^ey/);
    const secret = tested?.main['unseal-key']?.outputs['key'];
    expect(secret).toMatch(/^sk-or-v1-/);
    expect(tested?.scripts.at(-1)?.env).toEqual({ OPENROUTER_API_KEY: secret });
    expect(slugs()).toEqual([slug]);
    expect(harness.sandbox.account.keys).toMatchObject([{ disabled: true }]);
    // The row of the job that uses the key.
    expect(comments()).toEqual([expect.stringMatching(/>test<\/a>/)]);

    const [closed] = closePull(server.github, repository, 1);
    const atClose = await runAll(PREVIEW, closed);
    expect(atClose['key']).toMatchObject({ result: 'success', outputs: { 'sealed-key': 'none' } });
    expect([atClose['test'], atClose['end']]).toEqual([SKIPPED, SKIPPED]);
    expect(slugs()).toEqual([slug]);
    expect(comments()).toEqual([expect.stringContaining(' so far<')]);

    letKeysBeCounted();
    const night = await runJob(NIGHT, scheduleEvent(server.github, repository));
    expect(night.result).toBe('success');
    expect(slugs()).toEqual([]);
    expect(harness.sandbox.account.keys).toEqual([]);
    expect(comments()).toEqual([expect.stringContaining(', closed<')]);
  });

  test('end the key if the tests fail, are cancelled or were skipped, and if the job key fails after it has sealed the key', async () => {
    const failed = await runAll(PREVIEW, open(), { onScript: ({ run }) => run !== 'npm test' });
    expect([failed['test']?.result, failed['end']?.result]).toEqual(['failure', 'success']);
    expect(key()).toMatchObject({ disabled: true });
    const results = { test: { ...SKIPPED, result: 'cancelled' as const } };
    const cancelled = await runAll(PREVIEW, open(), { results });
    expect(cancelled['end']?.result).toBe('success');
    expect(key()).toMatchObject({ disabled: true });

    const broken = structuredClone(PREVIEW);
    broken.jobs['key']?.steps.push({ run: 'false' });
    const options = { onScript: ({ run }: { run: string }) => run !== 'false' };
    const { key: ofKey, test: ofTests, end } = await runAll(broken, open(), options);
    expect([ofKey?.result, ofTests, end?.result]).toEqual(['failure', SKIPPED, 'success']);
    expect(end?.main['end-key']?.annotations).toEqual([]);
    expect(key()).toMatchObject({ disabled: true });
  });

  test('give the tests no key of an earlier attempt, and end the key of each attempt', async () => {
    const event = open();
    const first = await runAll(PREVIEW, event, { onScript: ({ run }) => run !== 'npm test' });
    // Re-run failed jobs, then Re-run all jobs.
    const repeated = await runAll(PREVIEW, event, {
      attempt: 2,
      results: { key: first['key'] ?? SKIPPED },
    });
    expect(repeated['test']?.main['unseal-key']?.log).toContain('choose Re-run all jobs');
    expect(repeated['end']?.result).toBe('success');
    const all = await runAll(PREVIEW, event, { attempt: 3 });
    expect(all['test']?.result).toBe('success');
    expect(harness.sandbox.account.keys.map(({ disabled }) => disabled)).toEqual([true, true]);
  });

  test.each(['sealed-key', 'OPENROUTER_SEAL'])(
    'fail with a job test that has run, and not with one that is skipped, without %s',
    async (missing) => {
      const broken = structuredClone(PREVIEW);
      if (missing === 'sealed-key') Object.assign(broken.jobs['key'] ?? {}, { outputs: {} });
      const secrets: Record<string, string> =
        missing === 'sealed-key' ? {} : { OPENROUTER_SEAL: '' };
      const { key: ofKey, test: ofTests } = await runAll(broken, open(), { secrets });
      const results = [ofKey?.result, ofTests?.result];
      expect(results).toEqual(
        missing === 'sealed-key' ? ['success', 'failure'] : ['failure', 'skipped'],
      );
    },
  );

  test('cancel the older run of a pull request, and no other, so that a cap of one limit is enough for each run', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository, { branch: 'menu' });
    const [other] = openPull(server.github, repository, { branch: 'search' });
    const [, pushed = opened] = pushTo(server.github, repository, 'menu');
    const { group, ...concurrency } = PREVIEW.concurrency ?? { group: '' };
    expect(concurrency).toEqual({ 'cancel-in-progress': true });
    const [closed] = closePull(server.github, repository, 1);
    const [first, second, last, elsewhere] = [opened, pushed, closed, other].map(
      ({ payload: event, ref }) =>
        interpolateAll({ group }, { github: { workflow: 'Preview', event, ref } })['group'],
    );
    expect([second, last]).toEqual([first, first]);
    expect(elsewhere).not.toBe(first);

    reopenPull(server.github, repository, 1);
    const tight = structuredClone(PREVIEW);
    Object.assign(tight.jobs['key']?.steps[0]?.with ?? {}, { 'preview-limit-usd': 1 });
    const results = { test: { ...SKIPPED, result: 'cancelled' as const } };
    await runAll(tight, opened, { results });
    const { key: waiting, test: tested } = await runAll(tight, pushed);
    expect(waiting?.main['preview']?.log).toContain('Waiting for');
    expect(tested?.result).toBe('success');
  });

  test('delete each night what was closed even if the run of the close is lost, and keep what is open', async () => {
    const { repository, server } = gitHub;
    const [first] = openPull(server.github, repository);
    const [second] = openPull(server.github, repository);
    await runAll(PREVIEW, first);
    const { key: ofSecond } = await runAll(PREVIEW, second);
    closePull(server.github, repository, 1);
    letKeysBeCounted();
    await runJob(NIGHT, scheduleEvent(server.github, repository));
    expect(slugs()).toEqual([ofSecond?.main['preview']?.outputs['slug']]);
  });

  test('succeed without a key for a fork, and run no test', async () => {
    const { repository, server } = gitHub;
    const from = addRepository(server.github, { name: 'mona/shop', isFork: true });
    const [opened] = openPull(server.github, repository, { from });
    const secrets = { OPENROUTER_MANAGEMENT_KEY: '', OPENROUTER_SEAL: '' };
    const { key: skipped, ...others } = await runAll(PREVIEW, opened, { secrets });
    expect(skipped).toMatchObject({ result: 'success', outputs: { 'sealed-key': 'none' } });
    expect(skipped?.main['preview']?.outputs).toEqual({ state: 'skipped', 'sealed-key': 'none' });
    expect(others).toEqual({ test: SKIPPED, end: SKIPPED });
    expect(slugs()).toEqual([]);
  });
});
