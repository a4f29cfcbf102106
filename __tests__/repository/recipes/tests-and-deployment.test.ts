import { expect, test } from '@jest/globals';
import { asTarget, type GitHubEvent } from '../../../sandbox/github/events.ts';
import { closePull, openPull } from '../../../sandbox/github/people.ts';
import { openPreviewHarness } from '../../support/preview-steps.ts';
import { openRecipeJobs, recipeOf } from '../../support/recipe-jobs.ts';
import { jobOf } from '../../support/workflow.ts';

const PAGE = 'docs/recipes/tests-and-deployment.md';
const OTHER_PAGE = 'docs/recipes/deployed-preview.md';
const PREVIEW = recipeOf(PAGE, 'Preview');

const { harness, gitHub, slugs } = openPreviewHarness();
const { run } = openRecipeJobs({ harness, gitHub });

/** Runs one of the jobs, which succeeds unless the script that matches `fails` fails. */
const runJob = (job: 'test' | 'deploy', event: GitHubEvent, fails?: RegExp) =>
  run(PREVIEW, event, { job, onScript: ({ run: script }) => !fails?.test(script) });

/** The API keys that work, the newest first. */
const workingKeys = () => harness.sandbox.account.keys.filter(({ disabled }) => !disabled);

/** Whether each API key is disabled, the newest first. */
const disabledKeys = () => harness.sandbox.account.keys.map(({ disabled }) => disabled);

test('the key of the tests is disabled at their end, and that of the deployment works, in one workspace', async () => {
  const { repository, server } = gitHub;
  const [opened] = openPull(server.github, repository);
  const [tested, deployed] = [await runJob('test', opened), await runJob('deploy', opened)];
  const [slug, other] = [tested, deployed].map(({ main }) => main['preview']?.outputs['slug']);
  expect(other).toBe(slug);
  expect(disabledKeys()).toEqual([false, true]);
  expect(await runJob('test', opened, /^npm test$/)).toMatchObject({ result: 'failure' });
  expect(disabledKeys()).toEqual([true, false, true]);
  const closed = asTarget(server.github, closePull(server.github, repository, 1)[0]);
  const { scripts } = await run(recipeOf(PAGE, 'Remove preview'), closed);
  expect(scripts).toMatchObject([{ run: './remove-preview "$NUMBER"' }]);
  expect(slugs()).toEqual([]);
});

test('tests and deployment have one cap, and neither waits for the other', () => {
  const jobs = Object.values(PREVIEW.jobs);
  const caps = jobs.map(({ steps: [ours] }) => ours?.with?.['preview-limit-usd']);
  expect(new Set(caps).size).toBe(1);
  expect(jobs.map(({ needs }) => needs)).toEqual([undefined, undefined]);
});

test('after three deployments in a row that failed, tests get no key, and the next deployment gets one', async () => {
  const [event] = openPull(gitHub.server.github, gitHub.repository);
  await runJob('deploy', event);
  for (let failed = 1; failed <= 4; failed += 1) {
    expect(await runJob('deploy', event, /^\.\/deploy/)).toMatchObject({ result: 'failure' });
    const { result, main } = await runJob('test', event);
    expect(result).toBe(failed < 3 ? 'success' : 'failure');
    const titles = main['preview']?.annotations.map(({ title }) => title);
    expect(titles).toEqual(failed < 3 ? [] : [expect.stringContaining('preview limit reached')]);
  }
  expect(workingKeys().map((key) => key['limit'])).toEqual([0, 2, 2, 2, 2]);
  const next = await runJob('deploy', event);
  expect(next.main['preview']?.outputs['key-limit-usd']).toBe('2');
  expect(workingKeys()).toHaveLength(1);
  expect(await runJob('test', event)).toMatchObject({ result: 'success' });
});

test('the deployment is that of the other page, with other limits, and so are the other files', () => {
  const [own, other] = [
    jobOf(PREVIEW, 'deploy'),
    jobOf(recipeOf(OTHER_PAGE, 'Deploy preview')),
  ].map(({ steps: [ours, ...steps], ...job }) => {
    const { 'limit-usd': _, 'preview-limit-usd': __, ...inputs } = ours?.with ?? {};
    return { ...job, steps: [{ ...ours, with: inputs }, ...steps] };
  });
  expect(own).toEqual(other);
  for (const name of [
    'Preview clean-up',
    'Remove preview',
    'Remove missed previews',
    'Remove previews again',
  ]) {
    expect(recipeOf(PAGE, name)).toEqual(recipeOf(OTHER_PAGE, name));
  }
});
