import { describe, expect, test } from '@jest/globals';
import { dispatchEvent, type GitHubEvent, scheduleEvent } from '../../../sandbox/github/events.ts';
import { closePull, openPull, reopenPull } from '../../../sandbox/github/people.ts';
import { duringOutage } from '../../../sandbox/openrouter/outage.ts';
import { openPreviewHarness } from '../../support/preview-steps.ts';
import { openRecipeJobs, recipeOf } from '../../support/recipe-jobs.ts';
import { openShell } from '../../support/shell.ts';
import { interpolateAll, jobOf, type Step, type Workflow } from '../../support/workflow.ts';

const PAGE = 'docs/recipes/tests-and-deployment.md';
const PREVIEW = recipeOf(PAGE, 'Preview');
const NIGHT = recipeOf(PAGE, 'Preview nightly');
const REMOVE = recipeOf(PAGE, 'Remove preview');
const REMOVE_MISSED = recipeOf(PAGE, 'Remove missed previews');
const REMOVE_AGAIN = recipeOf(PAGE, 'Remove previews again');

const { harness, gitHub, slugs } = openPreviewHarness({ followsSteps: true });
const { run, start, letKeysBeCounted } = openRecipeJobs({ harness, gitHub });

/** Runs the tests, which succeed unless `npm test` fails. */
const runTests = (event: GitHubEvent, { fails = false } = {}) =>
  run(PREVIEW, event, {
    job: 'test',
    onScript: ({ run: script }) => !(fails && script === 'npm test'),
  });

/** Runs a deployment, which succeeds unless `./deploy-preview` fails. */
const deploy = (event: GitHubEvent, { fails = false, workflow = PREVIEW } = {}) =>
  run(workflow, event, {
    job: 'deploy',
    onScript: ({ run: script }) => !(fails && /^\.\/deploy/.test(script)),
  });

const open = () => openPull(gitHub.server.github, gitHub.repository)[0];
const close = () => closePull(gitHub.server.github, gitHub.repository, 1)[0];
const reopen = () => reopenPull(gitHub.server.github, gitHub.repository, 1)[0];

/** Whether each API key is disabled, the newest first. */
const disabledKeys = () => harness.sandbox.account.keys.map(({ disabled }) => disabled);

const REMOVAL = { run: './remove-preview "$NUMBER"', env: { NUMBER: '1', HOST_TOKEN: '' } };

test('the key of the tests is disabled at their end, and that of the deployment works, in one workspace', async () => {
  const { repository, server } = gitHub;
  const [opened] = openPull(server.github, repository);
  const [tested, deployed] = [await runTests(opened), await deploy(opened)];
  const [slug, other] = [tested, deployed].map(({ main }) => main['preview']?.outputs['slug']);
  expect(other).toBe(slug);
  expect(disabledKeys()).toEqual([false, true]);
  expect(await runTests(opened, { fails: true })).toMatchObject({ result: 'failure' });
  expect(disabledKeys()).toEqual([true, false, true]);
  const { scripts } = await deploy(closePull(server.github, repository, 1)[0]);
  expect(scripts).toMatchObject([{ run: './remove-preview "$NUMBER"' }]);
  expect(disabledKeys()).toEqual([true, true, true]);
  letKeysBeCounted();
  expect(await run(NIGHT, scheduleEvent(server.github, repository))).toMatchObject({
    result: 'success',
  });
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
  await deploy(event);
  for (let failed = 1; failed <= 5; failed += 1) {
    const { result, main } = await deploy(event, { fails: true });
    expect([result, main['preview']?.exitCode]).toEqual(['failure', 0]);
    expect(await runTests(event)).toMatchObject({ result: 'success' });
    const [former] = disabledKeys().toReversed();
    expect([former, disabledKeys().filter((isDisabled) => !isDisabled).length]).toEqual([false, 1]);
  }
});

test('without the job test, each push deploys with a key of its own', async () => {
  const { test: _, ...jobs } = PREVIEW.jobs;
  const needs = Object.values(jobs).flatMap((job) => job.needs ?? []);
  expect(Object.keys(jobs)).toEqual(expect.arrayContaining(needs));
  const workflow = { ...PREVIEW, jobs };
  const opened = open();
  for (const fails of [false, true, false]) {
    const { result } = await deploy(opened, { fails, workflow });
    expect(result).toBe(fails ? 'failure' : 'success');
  }
  expect(disabledKeys()).toEqual([false, true, true]);
  const ended = await deploy(close(), { workflow });
  expect(ended).toMatchObject({ result: 'success', scripts: [REMOVAL] });
  expect(disabledKeys()).toEqual([true, true, true]);
});

describe('the deployment of a preview', () => {
  test('gives a key that works until the next deployment has succeeded', async () => {
    const opened = open();
    const { main, scripts } = await deploy(opened);
    expect(scripts[0]?.env).toMatchObject({
      NUMBER: '1',
      OPENROUTER_API_KEY: main['preview']?.outputs['key'],
    });
    expect(disabledKeys()).toEqual([false]);
    expect(await deploy(opened, { fails: true })).toMatchObject({ result: 'failure' });
    expect(disabledKeys()).toEqual([true, false]);
    expect(await deploy(opened)).toMatchObject({ result: 'success' });
    expect(disabledKeys()).toEqual([false, true, true]);
  });

  test('is removed in a repeated run, if the pull request was closed before it', async () => {
    const opened = open();
    await deploy(opened);
    close();
    const { result, main, scripts } = await deploy(opened);
    expect(result).toBe('success');
    expect(main['preview']?.outputs).toMatchObject({ state: 'closed' });
    expect(scripts).toEqual([REMOVAL]);
  });

  test('waits after four failures until what their keys have spent is counted', async () => {
    const opened = open();
    await deploy(opened);
    for (const _ of [1, 2, 3, 4]) {
      const { main } = await deploy(opened, { fails: true });
      expect(main['preview']?.log).not.toContain('Waiting for');
    }
    const { result, main } = await deploy(opened);
    expect(main['preview']?.log).toContain('Waiting for');
    expect(result).toBe('success');
  });

  test('gets a key after three dead runners, and none after four until a key is disabled', async () => {
    const opened = open();
    await deploy(opened);
    const hasKey: boolean[] = [];
    for (const _ of [1, 2, 3, 4, 5]) {
      const { main } = await start(PREVIEW, opened, { job: 'deploy' });
      hasKey.push('key' in Object(main['preview']?.outputs));
    }
    expect(hasKey).toEqual([true, true, true, true, false]);
    const [last] = harness.sandbox.account.keys;
    Object.assign(last ?? {}, { disabled: true });
    expect(await deploy(opened)).toMatchObject({ result: 'success' });
    expect(disabledKeys().filter((isDisabled) => !isDisabled)).toHaveLength(1);
  });

  test('uses the former workspace after a reopening if no clean-up has deleted it', async () => {
    const before = await deploy(open());
    close();
    const after = await deploy(reopen());
    expect(after.main['preview']?.outputs).toMatchObject({
      id: before.main['preview']?.outputs['id'],
      created: 'false',
    });
  });

  test('has one step whose failure fails no job: the one that shows a deployment that has succeeded', () => {
    const { steps } = jobOf(PREVIEW, 'deploy');
    const tolerant = steps.filter((step) => step['continue-on-error']);
    expect(tolerant).toEqual([expect.objectContaining({ run: expect.stringContaining('gh api') })]);
    expect(steps.indexOf(tolerant[0] as Step)).toBeGreaterThan(
      steps.findIndex(({ id }) => id === 'deploy'),
    );
  });
});

describe('the removal of a preview', () => {
  test('happens once the pull request is closed, and not if it is open again', async () => {
    await deploy(open());
    const closed = close();
    const reopened = reopen();
    const { scripts } = await deploy(closed);
    expect(scripts).not.toContainEqual(REMOVAL);
    await deploy(reopened);
    expect(await deploy(close())).toMatchObject({ result: 'success', scripts: [REMOVAL] });
    expect(slugs()).toHaveLength(1);
  });

  test('and the job of the tests close the preview, and fail nothing, if they run at once', async () => {
    await deploy(open());
    const closed = close();
    const ended = { result: 'success', main: { preview: { outputs: { state: 'closed' } } } };
    expect(await Promise.all([deploy(closed), runTests(closed)])).toMatchObject([ended, ended]);
    expect(disabledKeys()).toEqual([true]);
  });

  test('can be started by hand, and creates no key for an open pull request', async () => {
    const { repository, server } = gitHub;
    await deploy(open());
    const byHand = dispatchEvent(server.github, repository, { inputs: { number: '1' } });
    expect(await run(REMOVE, byHand)).toMatchObject({ result: 'success', scripts: [] });
    expect(disabledKeys()).toEqual([false]);
    close();
    expect(await run(REMOVE, byHand)).toMatchObject({ result: 'success', scripts: [REMOVAL] });
    expect(disabledKeys()).toEqual([true]);
  });

  test('happens even if OpenRouter is down, with the commands of the default branch', async () => {
    const opened = open();
    await deploy(opened);
    const closed = close();
    const byHand = dispatchEvent(gitHub.server.github, gitHub.repository, {
      inputs: { number: '1' },
    });
    for (const runs of [() => deploy(closed), () => deploy(opened), () => run(REMOVE, byHand)]) {
      const ended = await duringOutage(harness.sandbox, runs);
      expect(ended).toMatchObject({ result: 'failure', scripts: [REMOVAL] });
      expect(ended.others).toEqual([expect.stringMatching(/^actions\/checkout@/)]);
    }
    expect(slugs()).toHaveLength(1);
  });

  test('waits for a deployment of the same pull request', () => {
    expect(jobOf(PREVIEW, 'deploy').concurrency?.group).toBe(
      `openrouter-deploy-\${{ github.event.number }}`,
    );
    expect(jobOf(REMOVE).concurrency?.group).toBe(`openrouter-deploy-\${{ inputs.number }}`);
  });
});

const shell = openShell();

/** Knows only what the page uses. */
shell.stub(
  'gh',
  `case "$1 $2" in
'pr view') grep -v unreadable "state-$3" ;;
'pr list') echo "$6" > searched && cat closed ;;
'workflow run') shift 2 && echo "$*" >> started ;;
*) exit 1 ;;
esac`,
);

/** Runs the only script of a workflow, and returns which removals it starts. */
function startedBy(workflow: Workflow, inputs: Record<string, string> = {}) {
  shell.write('started', '');
  const { run: script = '', env } = jobOf(workflow).steps.at(-1) ?? {};
  const { DAYS = '' } = interpolateAll(env, { github: {}, secrets: {}, inputs });
  const { status } = shell.run(`export DAYS=${DAYS}\n${script}`);
  return { status, started: shell.read('started').split('\n').filter(Boolean) };
}

/**
 * Runs the search for missed removals.
 * @param states those of the deployed pull requests; undefined if they cannot be listed
 */
function findMissed(states: Record<number, string> | undefined) {
  const numbers = Object.keys(states ?? {}).join(' ');
  shell.stub('list-previews', states ? `printf '%s\\n' ${numbers}` : 'exit 1');
  for (const [number, state] of Object.entries(states ?? {})) shell.write(`state-${number}`, state);
  return startedBy(REMOVE_MISSED);
}

const BOTH = ['preview-remove.yml -f number=7', 'preview-remove.yml -f number=12'];

describe('the search for removals that were missed', () => {
  test('starts the removal of each deployment whose pull request is not open', () => {
    const { status, started } = findMissed({ 1: 'OPEN', 12: 'CLOSED', 7: 'MERGED' });
    expect(status).toBe(0);
    expect(started).toEqual(BOTH);
  });

  test.each([
    ['whose pull request cannot be read', { 12: 'unreadable' }],
    ['if the deployments cannot be listed', undefined],
  ])('starts no removal of a deployment %s, and fails', (_, states) => {
    const { status, started } = findMissed(states);
    expect(status).not.toBe(0);
    expect(started).toEqual([]);
  });

  test('starts the removal of each pull request that was closed lately, for a host without a list', () => {
    shell.write('closed', '7\n12');
    expect(startedBy(REMOVE_AGAIN)).toEqual({ status: 0, started: BOTH });
    shell.remove('closed');
    const { status, started } = startedBy(REMOVE_AGAIN);
    expect(status).not.toBe(0);
    expect(started).toEqual([]);
  });
});

test.each([
  ['three days ago by default', {}, 3],
  ['as many days ago as someone enters', { days: '90' }, 90],
])('the search for a host without a list begins %s', (_, inputs, days) => {
  shell.write('closed', '7');
  const daysAgo = () => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  const before = daysAgo();
  startedBy(REMOVE_AGAIN, inputs);
  expect([before, daysAgo()].map((date) => `closed:>=${date}\n`)).toContain(shell.read('searched'));
});

test('the night of the page is that of README.md', () => {
  expect(NIGHT).toEqual(recipeOf('README.md', 'Preview nightly'));
});
