import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { dispatchEvent, type GitHubEvent, scheduleEvent } from '../../../sandbox/github/events.ts';
import { closePull, openPull, reopenPull } from '../../../sandbox/github/people.ts';
import { duringOutage } from '../../../sandbox/openrouter/outage.ts';
import { readWorkflow } from '../../../scripts/examples.ts';
import { openShell } from '../../support/example-shell.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';
import { openRecipeJobs, recipeOf, SKIPPED } from '../../support/recipe-harness.ts';
import { ROOT } from '../../support/root.ts';
import { interpolateAll, jobOf, onlyJobs, type Workflow } from '../../support/workflow.ts';

const PAGE = 'docs/recipes/tests-and-deployment.md';
const PREVIEW = recipeOf(PAGE, 'Preview');
const NIGHT = recipeOf(PAGE, 'Preview nightly');
const REMOVE = recipeOf(PAGE, 'Remove preview');
const REMOVE_MISSED = recipeOf(PAGE, 'Remove missed previews');
const REMOVE_AGAIN = recipeOf(PAGE, 'Remove previews again');

const { harness, gitHub, slugs } = openPreviewHarness({ followsSteps: true });
const { run, runAll, start, letKeysBeCounted } = openRecipeJobs({ harness, gitHub });

const TESTS = onlyJobs(PREVIEW, 'key', 'test', 'end');
const DEPLOYMENT = onlyJobs(PREVIEW, 'deploy-key', 'deploy', 'end-deploy', 'remove');

/** Runs the tests, which succeed unless `npm test` fails. */
const runTests = (event: GitHubEvent, { fails = false } = {}) =>
  runAll(TESTS, event, { onScript: ({ run: script }) => !(fails && script === 'npm test') });

/** Runs a deployment or a removal. The deployment succeeds unless `./deploy-preview` fails. */
const deploy = (event: GitHubEvent, { fails = false } = {}) =>
  runAll(DEPLOYMENT, event, {
    onScript: ({ run: script }) => !(fails && /^\.\/deploy/.test(script)),
  });

/** What the step that creates the key of a deployment has output. */
const outputsOf = (jobs: Awaited<ReturnType<typeof deploy>>) =>
  jobs['deploy-key']?.main['preview']?.outputs ?? {};

const open = () => openPull(gitHub.server.github, gitHub.repository)[0];
const close = () => closePull(gitHub.server.github, gitHub.repository, 1)[0];
const reopen = () => reopenPull(gitHub.server.github, gitHub.repository, 1)[0];

/** Whether each API key is disabled, the newest first. */
const disabledKeys = () => harness.sandbox.account.keys.map(({ disabled }) => disabled);

const REMOVAL = { run: './remove-preview "$NUMBER"', env: { NUMBER: '1', HOST_TOKEN: '' } };

const SUCCESS = { result: 'success' };
const FAILURE = { result: 'failure' };

test('the key of the tests is disabled at their end, and that of the deployment works, in one workspace', async () => {
  const { repository, server } = gitHub;
  const [opened] = openPull(server.github, repository);
  const [tested, deployed] = [await runTests(opened), await deploy(opened)];
  expect([tested['end'], deployed['end-deploy']]).toMatchObject([SUCCESS, SUCCESS]);
  expect(outputsOf(deployed)['slug']).toBe(tested['key']?.main['preview']?.outputs['slug']);
  expect(disabledKeys()).toEqual([false, true]);
  expect((await runTests(opened, { fails: true }))['test']).toMatchObject(FAILURE);
  expect(disabledKeys()).toEqual([true, false, true]);
  const closed = closePull(server.github, repository, 1)[0];
  expect((await deploy(closed))['remove']).toMatchObject({ ...SUCCESS, scripts: [REMOVAL] });
  expect(disabledKeys()).toEqual([true, true, true]);
  letKeysBeCounted();
  expect(await run(NIGHT, scheduleEvent(server.github, repository))).toMatchObject(SUCCESS);
  expect(slugs()).toEqual([]);
});

test('tests and deployment have one cap, and neither waits for the other', () => {
  const jobs = [jobOf(PREVIEW, 'key'), jobOf(PREVIEW, 'deploy-key')];
  const caps = jobs.map(({ steps: [ours] }) => ours?.with?.['preview-limit-usd']);
  expect(new Set(caps).size).toBe(1);
  expect(jobs.map(({ needs }) => needs)).toEqual([undefined, undefined]);
});

test('tests and deployment have a seal each, and only the deployment has the token of the host', () => {
  const secretsOf = (job: string) =>
    JSON.stringify(jobOf(PREVIEW, job))
      .match(/secrets\.\w+/g)
      ?.toSorted();
  expect(secretsOf('test')).toEqual(['secrets.OPENROUTER_SEAL']);
  expect(secretsOf('deploy')).toEqual(['secrets.HOST_TOKEN', 'secrets.OPENROUTER_DEPLOY_SEAL']);
});

test.each(['check', 'link'])(
  'a job %s that follows a deployment has no secret, and its failure ends no key',
  (name) => {
    const { needs, steps, ...job } = jobOf(PREVIEW, name);
    expect(needs).toBe('deploy');
    expect(job).not.toHaveProperty('environment');
    expect(JSON.stringify(steps)).not.toMatch(/secrets\.|openrouter-workspace/);
    expect(jobOf(PREVIEW, 'end-deploy').needs).not.toContain(name);
  },
);

test('after any number of deployments that failed, the former one works, and each job gets a key', async () => {
  const [event] = openPull(gitHub.server.github, gitHub.repository);
  await deploy(event);
  for (let failed = 1; failed <= 5; failed += 1) {
    const jobs = await deploy(event, { fails: true });
    expect([jobs['deploy-key'], jobs['deploy'], jobs['end-deploy']]).toMatchObject([
      SUCCESS,
      FAILURE,
      SUCCESS,
    ]);
    expect((await runTests(event))['test']).toMatchObject(SUCCESS);
    const [former] = disabledKeys().toReversed();
    expect([former, disabledKeys().filter((isDisabled) => !isDisabled).length]).toEqual([false, 1]);
  }
});

test('without the jobs of the tests, no job needs them', () => {
  const { key: _, test: __, end: ___, ...jobs } = PREVIEW.jobs;
  const needs = Object.values(jobs).flatMap((job) => job.needs ?? []);
  expect(Object.keys(jobs)).toEqual(expect.arrayContaining(needs));
});

describe('the deployment of a preview', () => {
  test('gives a key that works until the next deployment has succeeded', async () => {
    const opened = open();
    const { deploy: deployed } = await deploy(opened);
    const { key } = deployed?.main['unseal-key']?.outputs ?? {};
    expect(key).toMatch(/^sk-or-v1-/);
    expect(deployed?.scripts).toMatchObject([{ env: { NUMBER: '1', OPENROUTER_API_KEY: key } }]);
    expect(disabledKeys()).toEqual([false]);
    expect((await deploy(opened, { fails: true }))['deploy']).toMatchObject(FAILURE);
    expect(disabledKeys()).toEqual([true, false]);
    expect((await deploy(opened))['end-deploy']).toMatchObject(SUCCESS);
    expect(disabledKeys()).toEqual([false, true, true]);
  });

  test('leaves the older key alone if the deployment is cancelled, skipped or never gets its key', async () => {
    const opened = open();
    await deploy(opened);
    for (const result of ['cancelled', 'skipped'] as const) {
      const results = { deploy: { ...SKIPPED, result } };
      expect((await runAll(DEPLOYMENT, opened, { results }))['end-deploy']).toMatchObject(SUCCESS);
      expect(disabledKeys().filter((isDisabled) => !isDisabled)).toHaveLength(1);
    }
    const wrong = structuredClone(DEPLOYMENT);
    Object.assign(jobOf(wrong, 'deploy').steps[0]?.with ?? {}, {
      seal: 'A'.repeat(43).concat('='),
    });
    const { deploy: deployed, 'end-deploy': end } = await runAll(wrong, opened);
    expect([deployed, end]).toMatchObject([{ ...FAILURE, scripts: [] }, SUCCESS]);
    expect(disabledKeys()).toEqual([true, true, true, false]);
  });

  test('does not begin once the pull request is closed, and its removal follows in a repeated run', async () => {
    const opened = open();
    const { 'deploy-key': sealed = SKIPPED } = await runAll(
      onlyJobs(PREVIEW, 'deploy-key'),
      opened,
    );
    await deploy(close());
    const late = await runAll(DEPLOYMENT, opened, { results: { 'deploy-key': sealed } });
    expect(late['deploy']).toMatchObject({ ...FAILURE, scripts: [] });
    const repeated = await deploy(opened);
    expect(outputsOf(repeated)).toMatchObject({ state: 'closed' });
    expect(repeated).toMatchObject({ deploy: SKIPPED, remove: { ...SUCCESS, scripts: [REMOVAL] } });
  });

  test('that begins after a newer one fails, or its end does, and the newest key works', async () => {
    const opened = open();
    const seal = async () =>
      (await runAll(onlyJobs(PREVIEW, 'deploy-key'), opened))['deploy-key'] ?? SKIPPED;
    const [older, newer] = [await seal(), await seal()];
    const deployed = { ...SKIPPED, result: 'success' as const };
    const end = (key: typeof older) =>
      runAll(DEPLOYMENT, opened, { results: { 'deploy-key': key, deploy: deployed } });
    expect((await end(newer))['end-deploy']).toMatchObject(SUCCESS);
    const late = await runAll(DEPLOYMENT, opened, { results: { 'deploy-key': older } });
    expect(late['deploy']?.main['unseal-key']?.annotations[0]?.title).toContain('sealed key ended');
    const atOnce = await end(older);
    expect(atOnce['end-deploy']?.main['end-key']?.annotations[0]?.title).toContain('key replaced');
    expect(disabledKeys()).toEqual([false, true]);
  });

  test('waits after four failures until what their keys have spent is counted', async () => {
    const opened = open();
    await deploy(opened);
    const waits = (jobs: Awaited<ReturnType<typeof deploy>>) =>
      jobs['deploy-key']?.main['preview']?.log.includes('Waiting for');
    for (const _ of [1, 2, 3, 4]) expect(waits(await deploy(opened, { fails: true }))).toBe(false);
    const last = await deploy(opened);
    expect([waits(last), last['deploy']]).toMatchObject([true, SUCCESS]);
  });

  test('gets a key after three runs that were force-cancelled, and none after four until a key is disabled', async () => {
    const opened = open();
    await deploy(opened);
    const hasKey: boolean[] = [];
    for (const _ of [1, 2, 3, 4, 5]) {
      const { main } = await start(PREVIEW, opened, { job: 'deploy-key' });
      hasKey.push('sealed-key' in Object(main['preview']?.outputs));
    }
    expect(hasKey).toEqual([true, true, true, true, false]);
    const [last] = harness.sandbox.account.keys;
    Object.assign(last ?? {}, { disabled: true });
    expect((await deploy(opened))['end-deploy']).toMatchObject(SUCCESS);
    expect(disabledKeys().filter((isDisabled) => !isDisabled)).toHaveLength(1);
  });

  test('uses the former workspace after a reopening if no clean-up has deleted it', async () => {
    const before = outputsOf(await deploy(open()));
    close();
    expect(outputsOf(await deploy(reopen()))).toMatchObject({ id: before['id'], created: 'false' });
  });
});

describe('the removal of a preview', () => {
  test('happens once the pull request is closed, and not if it is open again', async () => {
    await deploy(open());
    const closed = close();
    const reopened = reopen();
    expect((await deploy(closed))['remove']).toBe(SKIPPED);
    await deploy(reopened);
    expect((await deploy(close()))['remove']).toMatchObject({ ...SUCCESS, scripts: [REMOVAL] });
    expect(slugs()).toHaveLength(1);
  });

  test('and the jobs of the tests close the preview, and fail nothing, if they run at once', async () => {
    await deploy(open());
    const closed = close();
    const [removed, tested] = await Promise.all([deploy(closed), runTests(closed)]);
    expect(removed).toMatchObject({ 'deploy-key': SUCCESS, deploy: SKIPPED, remove: SUCCESS });
    expect(tested).toMatchObject({ key: SUCCESS, test: SKIPPED, end: SKIPPED });
    expect(disabledKeys()).toEqual([true]);
  });

  test('can be started by hand, and creates no key for an open pull request', async () => {
    const { repository, server } = gitHub;
    await deploy(open());
    const byHand = dispatchEvent(server.github, repository, { inputs: { number: '1' } });
    expect(await runAll(REMOVE, byHand)).toMatchObject({ close: SUCCESS, remove: SKIPPED });
    expect(disabledKeys()).toEqual([false]);
    close();
    expect(await runAll(REMOVE, byHand)).toMatchObject({ remove: { scripts: [REMOVAL] } });
    expect(disabledKeys()).toEqual([true]);
  });

  test('happens even if OpenRouter is down, with the commands of the default branch', async () => {
    const opened = open();
    await deploy(opened);
    const closed = close();
    const byHand = dispatchEvent(gitHub.server.github, gitHub.repository, {
      inputs: { number: '1' },
    });
    for (const runs of [() => deploy(closed), () => deploy(opened), () => runAll(REMOVE, byHand)]) {
      const jobs = await duringOutage(harness.sandbox, runs);
      expect(jobs['deploy-key'] ?? jobs['close']).toMatchObject(FAILURE);
      expect(jobs['remove']).toMatchObject({ ...SUCCESS, scripts: [REMOVAL] });
      expect(jobs['remove']?.others).toEqual([expect.stringMatching(/^actions\/checkout@/)]);
    }
    expect(slugs()).toHaveLength(1);
  });

  test('waits for a deployment of the same pull request', () => {
    const group = `openrouter-deploy-\${{ github.event.number }}`;
    for (const job of ['deploy', 'remove']) {
      expect(jobOf(PREVIEW, job).concurrency).toEqual({ group, 'cancel-in-progress': false });
    }
    expect(jobOf(REMOVE, 'remove').concurrency?.group).toBe(
      `openrouter-deploy-\${{ inputs.number }}`,
    );
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

test('with the tests before the deployment, a test that fails leaves the older deployment, and a close removes it', async () => {
  const workflow = structuredClone(PREVIEW);
  const [, needs = ''] =
    /only what has passed the tests: `needs: \[(.*)\]`/.exec(
      readWorkflow(join(ROOT, PAGE), 'Preview'),
    ) ?? [];
  Object.assign(jobOf(workflow, 'deploy'), { needs: needs.split(', ') });
  const runAllJobs = (event: GitHubEvent, failing?: string) =>
    runAll(workflow, event, { onScript: ({ run: script }) => script !== failing });
  const opened = open();
  expect(await runAllJobs(opened)).toMatchObject({ deploy: SUCCESS, 'end-deploy': SUCCESS });
  expect(disabledKeys()).toEqual([false, true]);
  const failed = await runAllJobs(opened, 'npm test');
  expect(failed).toMatchObject({ test: FAILURE, deploy: SKIPPED, 'end-deploy': SUCCESS });
  expect(disabledKeys()).toEqual([true, true, false, true]);
  expect(await runAllJobs(close())).toMatchObject({ remove: { ...SUCCESS, scripts: [REMOVAL] } });
  expect(disabledKeys()).toEqual([true, true, true, true]);
});
