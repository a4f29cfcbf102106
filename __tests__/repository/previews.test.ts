import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import {
  asTarget,
  dispatchEvent,
  type GitHubEvent,
  scheduleEvent,
} from '../../sandbox/github/events.ts';
import { closePull, openPull, reopenPull } from '../../sandbox/github/people.ts';
import { addRepository, addToken } from '../../sandbox/github/seed.ts';
import type { Token } from '../../sandbox/github/state.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { readExamples } from '../../scripts/examples.ts';
import { openPreviewHarness } from '../support/preview-steps.ts';
import { ROOT } from '../support/root.ts';
import { openShell } from '../support/shell.ts';

interface Step {
  id?: string;
  uses?: string;
  if?: string;
  run?: string;
  'continue-on-error'?: boolean;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Workflow {
  name: string;
  on: string | Record<string, { types?: string[] } | null>;
  jobs: Record<
    string,
    {
      needs?: unknown;
      permissions: Token['permissions'];
      concurrency?: { group: string };
      steps: Step[];
    }
  >;
}

const { harness, gitHub, main: runMain, post: runPost, slugs, comments } = openPreviewHarness();
// Which a token can read only with the permissions of its job.
beforeEach(() => {
  gitHub.repository.isPrivate = true;
});

function workflowOf(document: string, name: string): Workflow {
  const examples = readExamples(join(ROOT, document)).map(({ text }) => parse(text));
  const workflow = examples.find((example) => example.name === name);
  if (!workflow) throw new Error(`${document} has no workflow ${name}`);
  return workflow;
}

const PREVIEW = workflowOf('README.md', 'Preview');
const CLEAN_UP = workflowOf('README.md', 'Preview clean-up');
const DEPLOYED = 'docs/recipes/deployed-preview.md';
const DEPLOY = workflowOf(DEPLOYED, 'Deploy preview');
const REMOVE = workflowOf(DEPLOYED, 'Remove preview');
const REMOVE_MISSED = workflowOf(DEPLOYED, 'Remove missed previews');
const REMOVE_AGAIN = workflowOf(DEPLOYED, 'Remove previews again');

const BOTH = 'docs/recipes/tests-and-deployment.md';
const TEST_OF_BOTH = withJob(workflowOf(BOTH, 'Preview'), 'test');
const DEPLOY_OF_BOTH = withJob(workflowOf(BOTH, 'Preview'), 'deploy');

/** The workflow with only one of its jobs. */
function withJob(workflow: Workflow, name: string): Workflow {
  const job = workflow.jobs[name];
  if (!job) throw new Error(`${workflow.name} has no job ${name}`);
  return { ...workflow, jobs: { [name]: job } };
}

interface Run {
  main: StepResult;
  post: StepResult;
  /** The API key that a script of the job gets; undefined if it is skipped. */
  key: string | undefined;
}

/** Runs the only job of a workflow, as GitHub does for `event`. By default, it succeeds. */
async function run(
  { on, jobs }: Workflow,
  event: GitHubEvent,
  { hasSecrets = true, jobStatus = 'success' } = {},
): Promise<Run> {
  const started = typeof on === 'string' ? { [on]: null } : on;
  expect(Object.keys(started)).toContain(event.name);
  const { types = [event.payload['action']] } = started[event.name] ?? {};
  expect(types).toContain(event.payload['action']);

  const [job] = Object.values(jobs);
  const [ours, ...steps] = job?.steps ?? [];
  const secret = hasSecrets ? harness.sandbox.managementKey : '';
  const repository = event.repository.id;
  const permissions = job?.permissions ?? {};
  const token = addToken(gitHub.server.github, { repository, permissions });
  const inputs = {
    ...Object.fromEntries(
      Object.entries(ours?.with ?? {}).map(([input, value]) => [input, inputValue(value, event)]),
    ),
    'management-key': secret,
    'github-token': token.secret,
    'job-status': jobStatus,
  };
  expect(ours?.uses).toBe('OWNER/openrouter-workspace/preview@v1');
  expect(ours?.with?.['management-key']).toBe(`\${{ secrets.OPENROUTER_MANAGEMENT_KEY }}`);
  const main = await runMain(event, inputs);
  expect(main).toMatchObject({ exitCode: 0 });
  const script = steps.find(({ env = {} }) => 'OPENROUTER_API_KEY' in env);
  const key = keyOf(script, ours?.id, main);
  const post = await runPost(event, main, inputs);
  expect(post).toMatchObject({ exitCode: 0 });
  return { main, post, key };
}

/** The value of an input, which can be that of an input of the workflow. */
function inputValue(value: unknown, { payload }: GitHubEvent): string {
  const [, name] = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(String(value)) ?? [];
  if (name === undefined) return String(value);
  return String(Object(payload['inputs'])[name] ?? '');
}

/** The key that a script gets from the step `id`; undefined if its `if` skips it. */
function keyOf(script: Step | undefined, id: string | undefined, { outputs }: StepResult) {
  if (!script) return undefined;
  expect(script).toMatchObject({
    if: `steps.${id}.outputs.key != ''`,
    env: { OPENROUTER_API_KEY: `\${{ steps.${id}.outputs.key }}` },
  });
  return outputs['key'] || undefined;
}

/** Runs the removal of a deployment. Its script runs if the returned `state` is `closed`, also if the step failed. */
async function runRemoval(event: GitHubEvent): Promise<string | undefined> {
  const [job] = Object.values(REMOVE.jobs);
  const [preview, checkout, script] = job?.steps ?? [];
  expect(script).toMatchObject({
    if: `\${{ !cancelled() && steps.preview.outputs.state == 'closed' }}`,
    env: { NUMBER: `\${{ github.event.number || inputs.number }}` },
  });
  expect(checkout).toMatchObject({ if: `\${{ !cancelled() }}` });
  const jobs = job && preview ? { remove: { ...job, steps: [preview] } } : REMOVE.jobs;
  const { main } = await run({ ...REMOVE, jobs }, event);
  return main.outputs['state'];
}

/** Whether each API key is disabled, the newest first. */
const disabledKeys = () => harness.sandbox.account.keys.map(({ disabled }) => disabled);

/** The limits of the API keys that work, the oldest first. */
const limitsOfWorkingKeys = () =>
  harness.sandbox.account.keys
    .filter(({ disabled }) => !disabled)
    .map((key) => key['limit'])
    .toReversed();

/** The steps of the only job of a workflow that run a script. */
const scriptsOf = ({ jobs }: Workflow) =>
  Object.values(jobs).flatMap(({ steps }) => steps.filter(({ run: script }) => script));

const shell = openShell();

/** Knows only what the pages use. */
shell.stub(
  'gh',
  `case "$1 $2" in
'pr view') grep -v unreadable "state-$3" ;;
'pr list') cat closed ;;
'workflow run') shift 2 && echo "$*" >> started ;;
*) exit 1 ;;
esac`,
);

/**
 * Runs the search for missed removals as the runner does, and returns which it starts.
 * @param states those of the deployed pull requests; undefined if they cannot be listed
 */
function findMissed(states: Record<number, string> | undefined) {
  const numbers = Object.keys(states ?? {}).join(' ');
  shell.stub('list-previews', states ? `printf '%s\\n' ${numbers}` : 'exit 1');
  for (const [number, state] of Object.entries(states ?? {})) shell.write(`state-${number}`, state);
  return startedBy(REMOVE_MISSED);
}

/** Runs the only script of a workflow, and returns which removals it starts. */
function startedBy(workflow: Workflow) {
  shell.write('started', '');
  const [{ run: script = '' } = {}] = scriptsOf(workflow);
  const status = shell.run(script);
  return { status, started: shell.read('started').split('\n').filter(Boolean) };
}

describe('the two files of README.md', () => {
  test('give an open pull request a workspace and a key, and delete both when it is closed', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository);
    const { key, main } = await run(PREVIEW, opened);
    expect(key).toMatch(/^sk-or-v1-/);
    expect(main.outputs).toMatchObject({ state: 'open', created: 'true' });
    expect(slugs()).toEqual([main.outputs['slug']]);
    expect(disabledKeys()).toEqual([true]);
    expect(comments()).toEqual([expect.stringContaining(String(main.outputs['slug']))]);

    const [closed] = closePull(server.github, repository, 1);
    const { main: end } = await run(CLEAN_UP, asTarget(server.github, closed));
    expect(end.outputs).toMatchObject({ state: 'closed' });
    expect(slugs()).toEqual([]);
    expect(harness.sandbox.account.keys).toEqual([]);
    expect(comments()).toEqual([expect.stringContaining(', deleted<')]);
  });

  test('delete each night what no event has deleted, and keep what is open', async () => {
    const { repository, server } = gitHub;
    const [first] = openPull(server.github, repository);
    const [second] = openPull(server.github, repository);
    await run(PREVIEW, first);
    const { main } = await run(PREVIEW, second);
    closePull(server.github, repository, 1);
    await run(CLEAN_UP, scheduleEvent(server.github, repository));
    expect(slugs()).toEqual([main.outputs['slug']]);
  });

  test('succeed without a key for a fork', async () => {
    const { repository, server } = gitHub;
    const from = addRepository(server.github, { name: 'mona/shop', isFork: true });
    const [opened] = openPull(server.github, repository, { from });
    const { key, main } = await run(PREVIEW, opened, { hasSecrets: false });
    expect(key).toBeUndefined();
    expect(main.outputs).toEqual({ state: 'skipped' });
    expect(slugs()).toEqual([]);
  });
});

describe('docs/recipes/deployed-preview.md', () => {
  test('has a deployment whose key works until the next one has succeeded', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository);
    await run(DEPLOY, opened);
    expect(disabledKeys()).toEqual([false]);
    await run(DEPLOY, opened, { jobStatus: 'failure' });
    expect(disabledKeys()).toEqual([false, false]);
    await run(DEPLOY, opened);
    expect(disabledKeys()).toEqual([false, true, true]);
  });

  test('removes what was deployed once the pull request is closed, and not if it is open again', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository);
    await run(DEPLOY, opened);
    const [closed] = closePull(server.github, repository, 1);
    const [reopened] = reopenPull(server.github, repository, 1);
    expect(await runRemoval(asTarget(server.github, closed))).toBe('open');
    expect(slugs()).toHaveLength(1);
    await run(DEPLOY, reopened);
    const [again] = closePull(server.github, repository, 1);
    expect(await runRemoval(asTarget(server.github, again))).toBe('closed');
    expect(slugs()).toEqual([]);
  });

  test('removes by hand what was deployed, and creates no key for an open pull request', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository);
    await run(DEPLOY, opened);
    const byHand = dispatchEvent(server.github, repository, { inputs: { number: '1' } });
    expect(await runRemoval(byHand)).toBe('open');
    expect(disabledKeys()).toEqual([false]);
    closePull(server.github, repository, 1);
    expect(await runRemoval(byHand)).toBe('closed');
    expect(slugs()).toEqual([]);
  });

  test('removes what was deployed in a repeated run, if the pull request was closed before it', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository);
    await run(DEPLOY, opened);
    closePull(server.github, repository, 1);
    const { key, main } = await run(DEPLOY, opened);
    expect(key).toBeUndefined();
    expect(main.outputs).toMatchObject({ state: 'closed' });
    const [{ run: removal } = {}] = scriptsOf(REMOVE);
    expect(removal).toBe('./remove-preview "$NUMBER"');
    const condition = `\${{ !cancelled() && steps.preview.outputs.state == 'closed' }}`;
    expect(scriptsOf(DEPLOY)).toContainEqual(
      expect.objectContaining({ run: removal, if: condition }),
    );
  });

  test('can remove what was deployed even if the step with the preview fails', () => {
    for (const { jobs } of [DEPLOY, REMOVE]) {
      const checkouts = Object.values(jobs).flatMap(({ steps }) =>
        steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')),
      );
      expect(checkouts).toEqual([expect.objectContaining({ if: `\${{ !cancelled() }}` })]);
    }
  });

  test('has one step whose failure fails no job: the one that shows a deployment that has succeeded', () => {
    const [steps = []] = Object.values(DEPLOY.jobs).map((job) => job.steps);
    const tolerant = steps.filter((step) => step['continue-on-error']);
    expect(tolerant).toEqual([expect.objectContaining({ run: expect.stringContaining('gh api') })]);
    expect(steps.indexOf(tolerant[0] as Step)).toBeGreaterThan(
      steps.findIndex(({ id }) => id === 'deploy'),
    );
  });

  test('starts the removal of each deployment whose pull request is not open', () => {
    expect(findMissed({ 1: 'OPEN', 12: 'CLOSED', 7: 'MERGED' })).toEqual({
      status: 0,
      started: ['preview-remove.yml -f number=7', 'preview-remove.yml -f number=12'],
    });
  });

  test('starts no removal of a deployment whose pull request cannot be read', () => {
    const { status, started } = findMissed({ 12: 'unreadable' });
    expect(status).not.toBe(0);
    expect(started).toEqual([]);
  });

  test('starts no removal if the deployments cannot be listed', () => {
    const { status, started } = findMissed(undefined);
    expect(status).not.toBe(0);
    expect(started).toEqual([]);
  });

  test('starts the removal of each pull request that was closed lately, for a host without a list', () => {
    shell.write('closed', '7\n12');
    expect(startedBy(REMOVE_AGAIN)).toEqual({
      status: 0,
      started: ['preview-remove.yml -f number=7', 'preview-remove.yml -f number=12'],
    });
    rmSync(shell.path('closed'));
    const { status, started } = startedBy(REMOVE_AGAIN);
    expect(status).not.toBe(0);
    expect(started).toEqual([]);
  });

  test('lets a removal wait for a deployment of the same pull request', () => {
    const [deployment, removal] = [DEPLOY, REMOVE].map(({ jobs }) => {
      const [job] = Object.values(jobs);
      return job?.concurrency?.group;
    });
    expect(deployment).toBe(`openrouter-deploy-\${{ github.event.number }}`);
    expect(removal).toBe(`openrouter-deploy-\${{ github.event.number || inputs.number }}`);
  });

  test('deletes the workspace once, and fails nothing, if both files for a close run at once', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository);
    await run(DEPLOY, opened);
    const event = asTarget(server.github, closePull(server.github, repository, 1)[0]);
    const [state, { main }] = await Promise.all([runRemoval(event), run(CLEAN_UP, event)]);
    expect([state, main.outputs['state']]).toEqual(['closed', 'closed']);
    expect(slugs()).toEqual([]);
    expect(harness.sandbox.account.keys).toEqual([]);
  });

  test('uses the former workspace after a reopening if no clean-up has deleted it', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository);
    const { main: before } = await run(DEPLOY, opened);
    closePull(server.github, repository, 1);
    const { main: after } = await run(DEPLOY, reopenPull(server.github, repository, 1)[0]);
    expect(after.outputs['id']).toBe(before.outputs['id']);
    expect(after.outputs['created']).toBe('false');
  });

  test('leaves keys of 3, 3, 1 and 0 USD after a success and three failures with nothing spent', async () => {
    const [event] = openPull(gitHub.server.github, gitHub.repository);
    await run(DEPLOY, event);
    for (let failed = 1; failed <= 3; failed += 1) {
      await run(DEPLOY, event, { jobStatus: 'failure' });
    }
    expect(limitsOfWorkingKeys()).toEqual([3, 3, 1, 0]);
    expect((await run(DEPLOY, event)).main.outputs['key-limit-usd']).toBe('3');
  });

  test('has the clean-up of README.md', () => {
    expect(workflowOf(DEPLOYED, 'Preview clean-up')).toEqual(CLEAN_UP);
  });
});

describe('docs/recipes/tests-and-deployment.md', () => {
  test('disables the key of the tests at their end, and keeps that of the deployment, in one workspace', async () => {
    const { repository, server } = gitHub;
    const [opened] = openPull(server.github, repository);
    const { main: tested } = await run(TEST_OF_BOTH, opened);
    const { main: deployed } = await run(DEPLOY_OF_BOTH, opened);
    expect(deployed.outputs['slug']).toBe(tested.outputs['slug']);
    expect(disabledKeys()).toEqual([false, true]);
    await run(TEST_OF_BOTH, opened, { jobStatus: 'failure' });
    expect(disabledKeys()).toEqual([true, false, true]);
    const [closed] = closePull(server.github, repository, 1);
    expect(await runRemoval(asTarget(server.github, closed))).toBe('closed');
    expect(slugs()).toEqual([]);
  });

  test('has one cap for both jobs, and no job that waits for the other', () => {
    const jobs = [TEST_OF_BOTH, DEPLOY_OF_BOTH].flatMap((workflow) => Object.values(workflow.jobs));
    const caps = jobs.map(({ steps: [ours] }) => ours?.with?.['preview-limit-usd']);
    expect(new Set(caps).size).toBe(1);
    expect(jobs.map(({ needs }) => needs)).toEqual([undefined, undefined]);
  });

  test('gives tests no key after three deployments in a row that failed, and gives the next deployment one', async () => {
    const { repository, server } = gitHub;
    const [event] = openPull(server.github, repository);
    await run(DEPLOY_OF_BOTH, event);
    for (let failed = 1; failed <= 4; failed += 1) {
      await run(DEPLOY_OF_BOTH, event, { jobStatus: 'failure' });
      const tests = run(TEST_OF_BOTH, event);
      await (failed < 3 ? tests : expect(tests).rejects.toThrow());
    }
    expect(limitsOfWorkingKeys()).toEqual([2, 2, 2, 2, 0]);
    const { key } = await run(DEPLOY_OF_BOTH, event);
    expect(key).toMatch(/^sk-or-v1-/);
    expect(disabledKeys().filter((isDisabled) => !isDisabled)).toEqual([false]);
    expect((await run(TEST_OF_BOTH, event)).key).toMatch(/^sk-or-v1-/);
  });

  test('deploys as docs/recipes/deployed-preview.md does, with other limits, and has its other files', () => {
    const [[own], [other]] = [DEPLOY_OF_BOTH, DEPLOY].map(({ jobs }) =>
      Object.values(jobs).map(({ steps: [ours, ...steps], ...job }) => {
        const { 'limit-usd': _, 'preview-limit-usd': __, ...inputs } = ours?.with ?? {};
        return { ...job, steps: [{ ...ours, with: inputs }, ...steps] };
      }),
    ) as [object[], object[]];
    expect(own).toEqual(other);
    for (const { name } of [CLEAN_UP, REMOVE, REMOVE_MISSED, REMOVE_AGAIN]) {
      expect(workflowOf(BOTH, name)).toEqual(workflowOf(DEPLOYED, name));
    }
  });
});
