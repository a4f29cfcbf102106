import { describe, expect, test } from '@jest/globals';
import { scheduleEvent } from '../../../sandbox/github/events.ts';
import { closePull, openPull } from '../../../sandbox/github/people.ts';
import { addRepository } from '../../../sandbox/github/seed.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';
import { openRecipeJobs, recipeOf } from '../../support/recipe-harness.ts';

const PREVIEW = recipeOf('docs/recipes/preview-in-one-job.md', 'Preview');
const THREE_JOBS = recipeOf('README.md', 'Preview');
const NIGHT = recipeOf('README.md', 'Preview nightly');

const { harness, gitHub, slugs, comments } = openPreviewHarness({ followsSteps: true });
const { run: runJob, letKeysBeCounted } = openRecipeJobs({ harness, gitHub });

describe('the file for a preview in one job', () => {
  test('has the name, the events and the limits of the file with three jobs', () => {
    const { jobs: _, ...one } = PREVIEW;
    const { jobs: __, ...three } = THREE_JOBS;
    expect(one).toEqual(three);
    const { seal, 'key-name': ___, ...inputs } = THREE_JOBS.jobs['key']?.steps[0]?.with ?? {};
    expect(seal).toBeDefined();
    expect(PREVIEW.jobs['test']?.steps[0]?.with).toEqual(inputs);
  });

  test('gives an open pull request a workspace and a key, which a night deletes after the close', async () => {
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

  test('succeeds without a key for a fork', async () => {
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
