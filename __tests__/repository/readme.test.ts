import { describe, expect, test } from '@jest/globals';
import { dispatchEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull } from '../../sandbox/github/people.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openPreviewHarness } from '../support/preview-steps.ts';
import { inOutage, openRecipeJobs, type Recipe, recipeOf } from '../support/recipe-jobs.ts';

const { harness, gitHub, slugs } = openPreviewHarness();
const runJob = openRecipeJobs(() => ({ sandbox: harness.sandbox, gitHub: gitHub.server }));

describe('the file for a workspace in README.md', () => {
  /** The workflow with other inputs; those that are undefined are left out. */
  function withInputs(changes: Record<string, unknown>): Recipe {
    const recipe = structuredClone(recipeOf('README.md', 'Workspace'));
    const [step] = Object.values(recipe.jobs).flatMap(({ steps }) => steps);
    Object.assign(step?.with ?? {}, changes);
    return recipe;
  }
  const run = (changes: Record<string, unknown> = {}) =>
    runJob(withInputs(changes), dispatchEvent(gitHub.server.github, gitHub.repository));
  const outcomeOf = async (changes = {}) => {
    const { result, main } = await run(changes);
    return result === 'success' ? main['']?.outputs['outcome'] : main['']?.annotations[0]?.title;
  };

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

  test('creates nothing during an outage of OpenRouter, and succeeds after it', async () => {
    expect(await inOutage(harness.sandbox, () => run())).toMatchObject({ result: 'failure' });
    expect(slugs()).toEqual([]);
    expect(await outcomeOf()).toBe('created');
  });
});

describe('the file for code without the management key in docs/previews.md', () => {
  const recipe = recipeOf('docs/previews.md', 'Preview for another service');

  test('gives the next job a workspace while the pull request is open, and no API key', async () => {
    const { github } = gitHub.server;
    const run = async () => {
      const { result, main } = await runJob({ ...recipe, on: { pull_request: null } }, opened);
      expect(result).toBe('success');
      return main['preview']?.outputs['id'];
    };
    const [opened] = openPull(github, gitHub.repository);
    expect(await run()).toBe(harness.sandbox.account.workspaces[1]?.id);
    expect(harness.sandbox.account.keys).toEqual([]);
    closePull(github, gitHub.repository, 1);
    expect((await run()) ?? '').toBe('');
    expect(slugs()).toEqual([]);
  });

  test('has an environment only in the job that creates the workspace', () => {
    const environments = Object.entries(recipe.jobs).map(([name, job]) => [
      name,
      'environment' in job,
    ]);
    expect(environments).toEqual([
      ['preview', true],
      ['use', false],
    ]);
  });
});
