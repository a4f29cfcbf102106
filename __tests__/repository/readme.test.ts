import { describe, expect, test } from '@jest/globals';
import { sceneOf } from '../../sandbox/cli/scenes.ts';
import { dispatchEvent, scheduleEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull, pushTo, reopenPull } from '../../sandbox/github/people.ts';
import { addRepository } from '../../sandbox/github/seed.ts';
import { duringOutage } from '../../sandbox/openrouter/outage.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openPreviewHarness } from '../support/preview-steps.ts';
import { openRecipeJobs, recipeOf } from '../support/recipe-jobs.ts';
import { interpolateAll, jobOf, type Workflow } from '../support/workflow.ts';

const WORKSPACE = recipeOf('README.md');
const PREVIEW = recipeOf('README.md', 'Preview');
const NIGHT = recipeOf('README.md', 'Preview nightly');

const { harness, gitHub, slugs, comments } = openPreviewHarness({ followsSteps: true });
const { run: runJob, start, letKeysBeCounted } = openRecipeJobs({ harness, gitHub });

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

describe('the two files for previews in README.md', () => {
  test('give an open pull request a workspace and a key, disable the key when it is closed, and delete both in the night', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository);
    const { result, main, scripts } = await runJob(PREVIEW, opened);
    expect(result).toBe('success');
    const { slug, key, ...outputs } = main['preview']?.outputs ?? {};
    expect(outputs).toMatchObject({ state: 'open', created: 'true' });
    expect(scripts.at(-1)?.env).toEqual({ OPENROUTER_API_KEY: key });
    expect(slugs()).toEqual([slug]);
    expect(harness.sandbox.account.keys).toMatchObject([{ disabled: true }]);
    expect(comments()).toEqual([expect.stringContaining(String(slug))]);

    const [closed] = closePull(server.github, repository, 1);
    const end = await runJob(PREVIEW, closed);
    expect([end.result, end.scripts]).toEqual(['success', [{ run: 'npm ci', env: {} }]]);
    expect(end.main['preview']?.outputs).toMatchObject({ state: 'closed' });
    expect(slugs()).toEqual([slug]);
    expect(comments()).toEqual([expect.stringContaining(' so far<')]);

    letKeysBeCounted();
    const night = await runJob(NIGHT, scheduleEvent(server.github, repository));
    expect(night.result).toBe('success');
    expect(slugs()).toEqual([]);
    expect(harness.sandbox.account.keys).toEqual([]);
    expect(comments()).toEqual([expect.stringContaining(', closed<')]);
  });

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
    Object.assign(jobOf(tight).steps[0]?.with ?? {}, { 'preview-limit-usd': 1 });
    const cancelled = await start(tight, opened);
    await cancelled.end();
    const { main } = await runJob(tight, pushed);
    expect(main['preview']?.log).toContain('Waiting for');
    expect(main['preview']?.outputs['key']).toMatch(/^sk-or-v1-/);
  });

  test('delete each night what was closed even if the run of the close is lost, and keep what is open', async () => {
    const { repository, server } = gitHub;
    const [first] = openPull(server.github, repository);
    const [second] = openPull(server.github, repository);
    await runJob(PREVIEW, first);
    const { main } = await runJob(PREVIEW, second);
    closePull(server.github, repository, 1);
    letKeysBeCounted();
    await runJob(NIGHT, scheduleEvent(server.github, repository));
    expect(slugs()).toEqual([main['preview']?.outputs['slug']]);
  });

  test('succeed without a key for a fork', async () => {
    const { repository, server } = gitHub;
    const from = addRepository(server.github, { name: 'mona/shop', isFork: true });
    const [opened] = openPull(server.github, repository, { from });
    const secrets = { OPENROUTER_MANAGEMENT_KEY: '' };
    const { result, main, scripts } = await runJob(PREVIEW, opened, { secrets });
    expect(result).toBe('success');
    expect(scripts).toEqual([{ run: 'npm ci', env: {} }]);
    expect(main['preview']?.outputs).toEqual({ state: 'skipped' });
    expect(slugs()).toEqual([]);
  });
});
