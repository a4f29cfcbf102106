import { expect, test } from '@jest/globals';
import { asTarget, type GitHubEvent } from '../../../sandbox/github/events.ts';
import { closePull, openPull } from '../../../sandbox/github/people.ts';
import { openPreviewHarness } from '../../support/preview-steps.ts';
import { openRecipeJobs, recipeOf } from '../../support/recipe-jobs.ts';
import { jobOf } from '../../support/workflow.ts';

const PAGE = 'docs/recipes/tests-and-deployment.md';
const OTHER_PAGE = 'docs/recipes/deployed-preview.md';
const PREVIEW = recipeOf(PAGE, 'Preview');

const { harness, gitHub, slugs } = openPreviewHarness({ followsSteps: true });
const { run } = openRecipeJobs({ harness, gitHub });

/** Runs one of the jobs, which succeeds unless the script that matches `fails` fails. */
const runJob = (job: 'test' | 'deploy', event: GitHubEvent, fails?: RegExp) =>
  run(PREVIEW, event, { job, onScript: ({ run: script }) => !fails?.test(script) });

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
  const jobs = [jobOf(PREVIEW, 'test'), jobOf(PREVIEW, 'deploy')];
  const caps = jobs.map(({ steps: [ours] }) => ours?.with?.['preview-limit-usd']);
  expect(new Set(caps).size).toBe(1);
  expect(jobs.map(({ needs }) => needs)).toEqual([undefined, undefined]);
});

test('what is deployed is checked by a job without secrets, whose failure ends no key', () => {
  const { needs, steps, ...check } = jobOf(PREVIEW, 'check');
  expect(needs).toBe('deploy');
  expect(check).not.toHaveProperty('environment');
  expect(steps.filter(({ uses }) => uses?.includes('openrouter-workspace'))).toEqual([]);
  const { steps: deploying } = jobOf(PREVIEW, 'deploy');
  const at = deploying.findIndex(({ id }) => id === 'deploy');
  const after = deploying.slice(at + 1).map((step) => step['continue-on-error'] ?? step.if);
  expect(after).toEqual([true, expect.stringContaining(`state == 'closed'`)]);
});

test('after any number of deployments that failed, the former one works, and each job gets a key', async () => {
  const [event] = openPull(gitHub.server.github, gitHub.repository);
  await runJob('deploy', event);
  for (let failed = 1; failed <= 5; failed += 1) {
    const { result, main } = await runJob('deploy', event, /^\.\/deploy/);
    expect([result, main['preview']?.exitCode]).toEqual(['failure', 0]);
    expect(await runJob('test', event)).toMatchObject({ result: 'success' });
    const [former] = disabledKeys().toReversed();
    expect([former, disabledKeys().filter((isDisabled) => !isDisabled).length]).toEqual([false, 1]);
  }
});

test('the deployment is that of the other page, with other limits, and so are the other files', () => {
  const [own, other] = [
    jobOf(PREVIEW, 'deploy'),
    jobOf(recipeOf(OTHER_PAGE, 'Deploy preview')),
  ].map(({ steps: [ours, ...steps], outputs: _outputs, ...job }) => {
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
