import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { dispatchEvent, type GitHubEvent, scheduleEvent } from '../../../sandbox/github/events.ts';
import { deleteBranch, pushTo } from '../../../sandbox/github/people.ts';
import { addRepository } from '../../../sandbox/github/seed.ts';
import { duringOutage } from '../../../sandbox/openrouter/outage.ts';
import { seedUsage } from '../../../sandbox/openrouter/seed.ts';
import { readWorkflow } from '../../../scripts/examples.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';
import {
  type JobOptions,
  openRecipeJobs,
  recipeOf,
  SKIPPED,
} from '../../support/recipe-harness.ts';
import { ROOT } from '../../support/root.ts';
import { interpolateAll, jobOf, onlyJobs, type Workflow } from '../../support/workflow.ts';

const PAGE = 'docs/recipes/branch-previews.md';
const BRANCH = recipeOf(PAGE, 'Branch preview');
const NIGHT = recipeOf(PAGE, 'Preview nightly');
const BY_HAND = recipeOf(PAGE, 'Branch preview by hand');

const { harness, gitHub, slugs } = openPreviewHarness({ followsSteps: true });
const { start, run, runAll, letKeysBeCounted } = openRecipeJobs({ harness, gitHub });

const find = (events: GitHubEvent[], name: string) =>
  events.find((event) => event.name === name) as GitHubEvent;
const push = (branch = 'feature/x') =>
  find(pushTo(gitHub.server.github, gitHub.repository, branch), 'push');
const remove = (branch = 'feature/x') =>
  find(deleteBranch(gitHub.server.github, gitHub.repository, branch), 'delete');
const night = () => run(NIGHT, scheduleEvent(gitHub.server.github, gitHub.repository));
const byHand = (inputs: Record<string, string>) =>
  dispatchEvent(gitHub.server.github, gitHub.repository, { inputs });
const keys = () => harness.sandbox.account.keys;
const areDisabled = () => keys().map(({ disabled }) => disabled);

/** A job whose tests spend `usd`, and fail if it is more than the limit of its key. */
function spending(usd: number): JobOptions {
  return {
    onScript({ run: script, env }) {
      if (script !== 'npm test') return true;
      expect(env['OPENROUTER_API_KEY']).toMatch(/^sk-or-v1-/);
      const [key] = keys();
      if (key) seedUsage(harness.sandbox, key, { credits: usd });
      return usd <= Number(key?.['limit']);
    },
  };
}

const SUCCESS = { result: 'success' };
const FAILURE = { result: 'failure' };

/** The outputs of the step that creates the workspace and the key. */
const outputsOf = (jobs: Awaited<ReturnType<typeof runAll>>) =>
  jobs['key']?.main['preview']?.outputs ?? {};

describe('the files for a branch', () => {
  test('give each push a key in one workspace, and delete all of it in the night after the branch is deleted', async () => {
    const first = await runAll(BRANCH, push(), spending(0.5));
    const second = await runAll(BRANCH, push(), spending(0.5));
    for (const jobs of [first, second]) expect(jobs).toMatchObject({ test: SUCCESS, end: SUCCESS });
    expect(outputsOf(second)['id']).toBe(outputsOf(first)['id']);
    expect(areDisabled()).toEqual([true, true]);
    expect(await runAll(BRANCH, remove())).toMatchObject({ key: SUCCESS, test: SKIPPED });
    expect([slugs().length, areDisabled()]).toEqual([1, [true, true]]);
    letKeysBeCounted();
    expect(await night()).toMatchObject(SUCCESS);
    expect([slugs(), keys()]).toEqual([[], []]);
  });

  test('disable the key of a run that was force-cancelled when the branch is deleted', async () => {
    await start(BRANCH, push(), { job: 'key' });
    expect(areDisabled()).toEqual([false]);
    expect(await runAll(BRANCH, remove())).toMatchObject({ key: SUCCESS });
    expect(areDisabled()).toEqual([true]);
  });

  test('disable the key of tests that fail', async () => {
    const jobs = await runAll(BRANCH, push(), spending(1.5));
    expect(jobs).toMatchObject({ test: FAILURE, end: SUCCESS });
    expect(areDisabled()).toEqual([true]);
  });

  test('leave the key of a run that was force-cancelled until it expires, one hour later', async () => {
    await start(BRANCH, push(), { job: 'key' });
    expect(areDisabled()).toEqual([false]);
    const { created_at, expires_at } = keys()[0] ?? {};
    const minutes = (Date.parse(String(expires_at)) - Date.parse(String(created_at))) / 60_000;
    expect(Math.round(minutes)).toBe(60);
  });

  test('skip the tests of a run that is repeated after the branch was deleted', async () => {
    const event = push();
    await runAll(BRANCH, event);
    await runAll(BRANCH, remove());
    expect(await runAll(BRANCH, event)).toMatchObject({ key: SUCCESS, test: SKIPPED });
    expect(areDisabled()).toEqual([true]);
  });

  test('leave the workspace as it is in a repeated run of an older push', async () => {
    const older = push();
    await runAll(BRANCH, older);
    await runAll(BRANCH, push());
    const { key, test: tested } = await runAll(BRANCH, older);
    expect(tested).toMatchObject(SUCCESS);
    expect(key?.main['preview']?.log).toContain('There are newer commits');
    expect(keys()).toHaveLength(3);
  });

  test('end well in a run that goes on when the branch and its preview are deleted', async () => {
    const { account } = harness.sandbox;
    const event = push();
    const { key = SKIPPED } = await runAll(
      { ...BRANCH, jobs: { key: jobOf(BRANCH, 'key') } },
      event,
    );
    expect(key.main['preview']?.outputs['state']).toBe('open');
    remove();
    account.keys.length = 0;
    account.workspaces.length = 1;
    const results = { key, test: { ...SKIPPED, ...FAILURE } as typeof SKIPPED };
    expect(await runAll(BRANCH, event, { results })).toMatchObject({ end: SUCCESS });
    expect(slugs()).toEqual([]);
  });

  test('fail during an outage of OpenRouter, delete nothing, and recover', async () => {
    await runAll(BRANCH, push());
    const event = push();
    const runs = (each: GitHubEvent) => duringOutage(harness.sandbox, () => runAll(BRANCH, each));
    expect(await runs(event)).toMatchObject({ key: FAILURE, test: SKIPPED, end: SKIPPED });
    expect(slugs()).toHaveLength(1);
    expect(await runAll(BRANCH, event)).toMatchObject({ test: SUCCESS });
    expect(await runs(remove())).toMatchObject({ key: FAILURE });
    expect(slugs()).toHaveLength(1);
    letKeysBeCounted();
    expect(await night()).toMatchObject(SUCCESS);
    expect(slugs()).toEqual([]);
  });

  test('keep a preview whose branch cannot be read', async () => {
    await runAll(BRANCH, push());
    remove();
    letKeysBeCounted();
    const { 'clean-up': job } = NIGHT.jobs;
    const withoutContents = {
      ...NIGHT,
      jobs: {
        'clean-up': { steps: job?.steps ?? [], permissions: { 'pull-requests': 'write' as const } },
      },
    };
    expect(
      await run(withoutContents, scheduleEvent(gitHub.server.github, gitHub.repository)),
    ).toMatchObject({ result: 'failure' });
    expect(slugs()).toHaveLength(1);
  });

  test('give nothing to a branch of a fork', async () => {
    const fork = addRepository(gitHub.server.github, { name: 'mona/shop', isFork: true });
    const [pushed] = pushTo(gitHub.server.github, fork, 'feature/x');
    const secrets = { OPENROUTER_MANAGEMENT_KEY: '', OPENROUTER_SEAL: '' };
    const jobs = await runAll(BRANCH, pushed, { secrets });
    expect(jobs).toMatchObject({ key: SUCCESS, test: SKIPPED, end: SKIPPED });
    expect(outputsOf(jobs)).toEqual({ state: 'skipped', 'sealed-key': 'none' });
    expect(slugs()).toEqual([]);
  });

  test('report by hand what a branch has cost, and delete its workspace only on request', async () => {
    const slug = outputsOf(await runAll(BRANCH, push(), spending(0.5)))['slug'];
    const branch = 'feature/x';
    const reported = await run(BY_HAND, byHand({ branch }));
    expect(reported.main['usage']?.outputs['cost-usd']).toBe('0.5');
    expect(slugs()).toEqual([slug]);
    expect(await run(BY_HAND, byHand({ branch, delete: 'true' }))).toMatchObject({
      result: 'success',
    });
    expect([slugs(), keys()]).toEqual([[], []]);
  });

  test('delete by hand even if the report fails', async () => {
    await runAll(BRANCH, push());
    const deletion = byHand({ branch: 'feature/x', delete: 'true' });
    const { result } = await duringOutage(
      harness.sandbox,
      () => run(BY_HAND, deletion),
      'POST /analytics/query',
    );
    expect([result, slugs(), keys()]).toEqual(['failure', [], []]);
  });

  test.each(['feature/x-', 'feature/x_', 'feature/x#'])(
    'fail by hand for the branch %s, which has a preview',
    async (branch) => {
      expect(await runAll(BRANCH, push(branch))).toMatchObject({ test: SUCCESS });
      expect(await run(BY_HAND, byHand({ branch }))).toMatchObject({ result: 'failure' });
      expect(slugs()).toHaveLength(1);
    },
  );

  test('let a push cancel the older run of its branch, and deletions only runs of deletions', () => {
    const { group, ...concurrency } = BRANCH.concurrency ?? { group: '' };
    expect(concurrency).toEqual({ 'cancel-in-progress': true });
    const groups = [push(), push(), push('feature/y'), remove(), remove('feature/y')].map(
      ({ payload: event, ref }) =>
        interpolateAll(
          { group },
          { github: { workflow: 'Branch preview', event: { ...event }, ref } },
        )['group'],
    );
    expect(groups[1]).toBe(groups[0]);
    expect(new Set(groups).size).toBe(4);
  });

  test('start no job for a deleted branch whose pushes start none', () => {
    const condition = jobOf(BRANCH, 'key').if;
    expect(condition).toBe(
      "github.event_name == 'push' || startsWith(github.event.ref, 'feature/')",
    );
  });

  test('use the former workspace for a branch that is pushed again before a clean-up', async () => {
    const { id } = outputsOf(await runAll(BRANCH, push(), spending(0.5)));
    const deletion = remove();
    const pushed = push();
    expect(await runAll(BRANCH, deletion)).toMatchObject({ key: SUCCESS });
    expect(outputsOf(await runAll(BRANCH, pushed))).toMatchObject({ id, created: 'false' });
    expect(keys()).toHaveLength(2);
  });

  test('delete nothing when a tag or a branch without a preview is deleted', async () => {
    await runAll(BRANCH, push());
    push('other');
    const ofBranch = remove('other');
    const payload = { ...ofBranch.payload, ref: 'v1', ref_type: 'tag' };
    for (const event of [ofBranch, { ...ofBranch, payload }]) {
      expect(await run(BRANCH, event, { job: 'key' })).toMatchObject(SUCCESS);
    }
    expect(slugs()).toHaveLength(1);
  });

  test('give a key to five pushes that each spend 1 USD, to no sixth, and again after a deletion of the workspace', async () => {
    const all = spending(1);
    for (let runs = 1; runs <= 5; runs += 1) {
      expect(await runAll(BRANCH, push(), all)).toMatchObject({ test: SUCCESS });
    }
    const { key, test: tested } = await runAll(BRANCH, push());
    expect([key, tested]).toMatchObject([FAILURE, SKIPPED]);
    expect(key?.main['preview']?.annotations[0]?.title).toContain('preview limit reached');
    await run(BY_HAND, byHand({ branch: 'feature/x', delete: 'true' }));
    expect(await runAll(BRANCH, push(), all)).toMatchObject({ test: SUCCESS });
    expect(keys()).toMatchObject([{ limit: 1 }]);
  });

  test('contain the night of pull requests, with what branches need', () => {
    const { jobs, ...rest } = recipeOf('README.md', 'Preview nightly');
    const { permissions, ...job } = jobs['clean-up'] ?? {};
    expect(NIGHT).toEqual({
      ...rest,
      jobs: { 'clean-up': { ...job, permissions: { contents: 'read', ...permissions } } },
    });
  });
});

/** A file of the page about tests and a deployment, with what the page about branches replaces. */
function forBranches(name: string, changes: Record<string, string>): Workflow {
  const text = readWorkflow(join(ROOT, 'docs/recipes/tests-and-deployment.md'), name);
  return parse(
    Object.entries(changes).reduce((changed, [from, to]) => {
      expect(changed).toContain(from);
      return changed.replaceAll(from, to);
    }, text),
  );
}

describe('the files of tests and a deployment, with the changes for branches', () => {
  const BRANCH_OF = "github.event_name == 'delete' && github.event.ref || github.ref_name";
  const file = forBranches('Preview', {
    'github.event.number': BRANCH_OF,
    'pull-requests: write': 'contents: read',
  });
  const deployment = { ...file, on: BRANCH.on };

  const deploy = (event: GitHubEvent, options: JobOptions = {}) =>
    runAll(onlyJobs(deployment, 'deploy-key', 'deploy', 'end-deploy', 'remove'), event, options);
  const commands = async (running: ReturnType<typeof deploy>) =>
    Object.values(await running).flatMap(({ scripts }) =>
      scripts.map(({ run: script, env }) => [script, env['NUMBER']]),
    );
  const REMOVED = ['./remove-preview "$NUMBER"', 'feature/x'];
  const fails: JobOptions = { onScript: ({ run: script }) => !script.startsWith('./deploy') };

  test('are those that the page describes', () => {
    expect(readFileSync(join(ROOT, PAGE), 'utf8')).toContain(`by \`${BRANCH_OF}\` everywhere`);
  });

  test('give a branch a key that works until the next deployment has succeeded', async () => {
    const deployed = [['./deploy-preview "$NUMBER"', 'feature/x']];
    expect(await commands(deploy(push()))).toEqual(deployed);
    expect(await deploy(push(), fails)).toMatchObject({ deploy: FAILURE, 'end-deploy': SUCCESS });
    expect(areDisabled()).toEqual([true, false]);
    expect(await commands(deploy(push()))).toEqual(deployed);
    expect(areDisabled()).toEqual([false, true, true]);
  });

  test('run the tests of a branch with a key of their own', async () => {
    const tested = await runAll(onlyJobs(deployment, 'key', 'test', 'end'), push(), spending(0.5));
    expect(tested).toMatchObject({ test: SUCCESS, end: SUCCESS });
    expect(areDisabled()).toEqual([true]);
  });

  test('remove the deployment of a branch that is deleted, even during an outage', async () => {
    const pushed = push();
    await deploy(pushed);
    const deletion = remove();
    for (const event of [deletion, pushed]) {
      const ended = await duringOutage(harness.sandbox, () => commands(deploy(event)));
      expect(ended).toEqual([REMOVED]);
    }
    expect(areDisabled()).toEqual([false]);
    expect(await night()).toMatchObject(SUCCESS);
    expect(areDisabled()).toEqual([true]);
    letKeysBeCounted();
    expect(await night()).toMatchObject(SUCCESS);
    expect([slugs(), keys()]).toEqual([[], []]);
    expect(await commands(deploy(deletion))).toEqual([REMOVED]);
  });

  test('remove nothing of a branch that is pushed again, nor when a tag is deleted', async () => {
    await deploy(push());
    const deletion = remove();
    await deploy(push());
    const payload = { ...deletion.payload, ref: 'v1', ref_type: 'tag' };
    for (const event of [deletion, { ...deletion, payload }]) {
      const ended = await deploy(event);
      expect(ended).toMatchObject({ 'deploy-key': SUCCESS, remove: SKIPPED });
    }
    expect(slugs()).toHaveLength(1);
  });

  test('let the removal wait for a deployment of the same branch', () => {
    const { group } = jobOf(deployment, 'deploy').concurrency ?? { group: '' };
    const groups = [push(), remove()].map(
      ({ name, payload: event }) =>
        interpolateAll({ group }, { github: { event_name: name, event, ref_name: 'feature/x' } })[
          'group'
        ],
    );
    expect(groups).toEqual(['openrouter-deploy-feature/x', 'openrouter-deploy-feature/x']);
  });
});
