import assert from 'node:assert/strict';
import { stepIn } from '../sandbox/github/environment.ts';
import { type GitHubEvent, scheduleEvent } from '../sandbox/github/events.ts';
import { closePull, deleteBranch, openPull, pushTo } from '../sandbox/github/people.ts';
import { addRepository } from '../sandbox/github/seed.ts';
import { startGitHub } from '../sandbox/github/server.ts';
import { seedKey, seedUsage, seedWorkspace } from '../sandbox/openrouter/seed.ts';
import type { Sandbox } from '../sandbox/openrouter/server.ts';
import { COUNT_MS } from '../src/openrouter/settlement.ts';
import { runChanged, runWorkflow } from './act.ts';
import { compareRunners } from './compare-runners.ts';
import { BRANCH_PREVIEWS } from './recipes/branch-previews.ts';
import { CODING_AGENTS } from './recipes/coding-agents.ts';
import { KEY_FOR_A_JOB } from './recipes/key-for-a-job.ts';
import { ORGANIZATION } from './recipes/organization.ts';
import { PREVIEW } from './recipes/preview.ts';
import { RELEASE } from './recipes/release.ts';
import { STORED_KEY } from './recipes/stored-key.ts';
import { TEAM_WORKSPACE } from './recipes/team-workspace.ts';
import { TESTS_AND_DEPLOYMENT } from './recipes/tests-and-deployment.ts';
import { WORKSPACE_FOR_ONE_JOB } from './recipes/workspace-for-one-job.ts';
import { REPOSITORY_SCENARIOS } from './repository-scenarios.ts';

const DAY = 86_400_000;
const slugs = ({ account }: Sandbox) => account.workspaces.map(({ slug }) => slug);

/** By a sentence that says what holds; each has a sandbox of its own. */
export const SCENARIOS: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  // The longest ones begin first.
  ...REPOSITORY_SCENARIOS,
  ...RELEASE,
  ...STORED_KEY,
  ...TESTS_AND_DEPLOYMENT,
  ...BRANCH_PREVIEWS,
  ...ORGANIZATION,
  ...CODING_AGENTS,
  ...PREVIEW,
  ...TEAM_WORKSPACE,
  ...WORKSPACE_FOR_ONE_JOB,
  ...KEY_FOR_A_JOB,

  async 'outputs reach later steps and jobs, and a teardown runs after a failure'(sandbox) {
    const run = await runWorkflow({ workflow: 'create-use-delete.yml', sandbox });
    assert.deepEqual(run.results, {
      '': [],
      create: ['success'],
      use: ['failure'],
      'delete-again': ['success'],
    });
    const { id, slug, created } = run.outputs('workspace');
    assert.deepEqual({ slug, created }, { slug: 'preview-42', created: 'true' });
    assert.match(run.log, new RegExp(`A later step has ${id}, true, \\d{4}-`));
    assert.match(run.log, new RegExp(`A later job has ${id}, preview-42`));
    assert.match(run.log, /deleted is true, deleted-keys is 0/);
    assert.match(run.log, /The second time, deleted is false/);
    assert.deepEqual(slugs(sandbox), ['default']);
    assert.equal(run.summaries.length, 3);
  },

  async 'a post step deletes after success, failure and cancellation'(sandbox) {
    for (const ending of ['success', 'failure', 'cancellation']) {
      const run = await runWorkflow({
        workflow: 'delete-after-job.yml',
        sandbox,
        inputs: { ending },
        ...(ending === 'cancellation' && { cancelAt: 'Cancel this run now' }),
      });
      assert.equal(run.exitCode === 0, ending === 'success', `${ending}: ${run.exitCode}`);
      assert.match(run.log, /Deleted the workspace of-the-job, id .* because of delete-after-job/);
      assert.deepEqual(slugs(sandbox), ['default'], ending);
    }
  },

  async 'a post step ends a step that a cancellation did not reach, and deletes its workspace'(
    sandbox,
  ) {
    for (const inContainer of [false, true]) {
      sandbox.faults.push({ on: 'POST /workspaces', kind: 'silence', applied: true });
      const run = await runWorkflow({
        workflow: 'delete-after-job.yml',
        sandbox,
        inputs: { ending: 'success' },
        cancelAfter: sandbox.received(sandbox.requests.length + 2),
        inContainer,
      });
      assert.notEqual(run.exitCode, 0);
      assert.equal(/It was ended with SIGTERM before this post step/.test(run.log), inContainer);
      assert.match(run.log, /Deleted the workspace of-the-job, id .* because of delete-after-job/);
      assert.deepEqual(slugs(sandbox), ['default']);
    }
  },

  async 'one of eight jobs with the same slug creates the workspace, and all get its id'(sandbox) {
    const run = await runWorkflow({ workflow: 'matrix.yml', sandbox });
    assert.equal(run.exitCode, 0);
    assert.deepEqual(slugs(sandbox), ['default', 'shared']);
    const reports = [...run.log.matchAll(/^Job \d has (.*), (true|false)$/gm)];
    assert.equal(reports.length, 8);
    assert.deepEqual(
      new Set(reports.map(([, id]) => id)),
      new Set([sandbox.account.workspaces[1]?.id]),
    );
    assert.equal(reports.filter(([, , created]) => created === 'true').length, 1);
  },

  async 'a key reaches a later step, is masked there, and is revoked after the job'(sandbox) {
    const run = await runWorkflow({ workflow: 'key.yml', sandbox });
    assert.equal(run.exitCode, 0);
    assert.match(run.log, /The step has a key of 73 characters: \*\*\*/);
    assert.match(run.log, /The hash is that of the key/);
    assert.ok(!run.log.includes(run.outputs('key')['key'] ?? ''), 'the key is in the log');
    assert.match(run.log, /Another job has the workspace [0-9a-f-]{36}/);
    assert.deepEqual(sandbox.account.keys, []);
  },

  async 'a key is replaced by a job that succeeds, and by no other'(sandbox) {
    seedWorkspace(sandbox, { slug: 'production-web', age: DAY });
    const keysAfter = async (
      exitCode: string,
      { change = (text: string) => text, annotations = [] as string[] } = {},
    ) => {
      const inputs = { 'exit-code': exitCode };
      const options = { workflow: 'replace.yml', sandbox, inputs, annotations };
      const run = await runChanged(options, change);
      assert.equal(run.exitCode, Number(exitCode), run.log);
      const { keys } = sandbox.account;
      assert.ok(
        keys.some(({ hash }) => hash === run.outputs('key')['hash']),
        'the key is gone',
      );
      return keys.length;
    };
    assert.equal(await keysAfter('0'), 1);
    assert.equal(await keysAfter('1'), 2);
    assert.equal(await keysAfter('0'), 1);
    const change = (text: string) => text.replace(/^ *job-status: .*\n/m, '');
    const annotations = ['warning key, post step: job status unknown'];
    assert.equal(await keysAfter('0', { change, annotations }), 2);
  },

  async 'a usage above a limit fails its step, and a later step has the outputs'(sandbox) {
    const workspace = seedWorkspace(sandbox, { slug: 'preview-42', age: DAY });
    const key = seedKey(sandbox, workspace, { name: 'CI' });
    // Long enough ago to be counted.
    const age = DAY / 2;
    seedUsage(sandbox, key, { model: 'openai/gpt-5-mini', credits: 1.25, requests: 3, age });
    const annotations = ['error usage: spending above limit'];
    const run = await runWorkflow({ workflow: 'usage.yml', sandbox, annotations });
    assert.deepEqual(run.results, { '': [], usage: ['failure'] });
    assert.match(run.log, /It cost 1\.25 USD, most of it for openai\/gpt-5-mini/);
    assert.equal(run.summaries.length, 1);
  },

  async 'a sweep deletes stale workspaces and reports them to a later step'(sandbox) {
    seedWorkspace(sandbox, { slug: 'preview-1', age: 20 * DAY, keys: 2 });
    seedWorkspace(sandbox, { slug: 'preview-main', age: 20 * DAY });
    seedWorkspace(sandbox, { slug: 'preview-demo-1', age: 20 * DAY });
    seedWorkspace(sandbox, { slug: 'preview-2', age: DAY });
    const annotations = ['notice sweep'];
    const run = await runWorkflow({ workflow: 'sweep.yml', sandbox, annotations });
    assert.equal(run.exitCode, 0);
    assert.match(run.log, /Deleted 1, first preview-1/);
    assert.deepEqual(slugs(sandbox), ['default', 'preview-main', 'preview-demo-1', 'preview-2']);
    assert.deepEqual(sandbox.account.keys, []);
  },

  async 'a preview follows the events of a pull request, of a branch and of a schedule'(sandbox) {
    // In one time with OpenRouter.
    const server = await startGitHub({ now: sandbox.account.now });
    const { github } = server;
    const repository = addRepository(github, { name: 'octo-org/shop' });
    const slugsAfter = async (event: GitHubEvent) => {
      const { env } = stepIn(server, event);
      const secrets = { GITHUB_TOKEN: server.token };
      const run = await runWorkflow({ workflow: 'preview.yml', sandbox, event, secrets, env });
      assert.equal(run.exitCode, 0, run.log);
      assert.ok(!run.log.includes(server.token), 'the token is in the log');
      return slugs(sandbox).slice(1);
    };
    const [opened] = openPull(github, repository);
    assert.deepEqual(await slugsAfter(opened), ['preview-shop-1']);
    const [pushed, synchronized] = pushTo(github, repository, 'feature');
    assert.deepEqual(await slugsAfter(synchronized as GitHubEvent), ['preview-shop-1']);
    // The post step knows that the job has succeeded: its key replaces the older one.
    assert.deepEqual(
      sandbox.account.keys.map(({ disabled }) => disabled),
      [false, true],
    );
    assert.equal((await slugsAfter(pushed)).length, 2);
    const [closed] = closePull(github, repository, 1);
    assert.equal((await slugsAfter(closed)).length, 2);
    const [deleted] = deleteBranch(github, repository, 'feature');
    assert.equal((await slugsAfter(deleted)).length, 2);
    assert.ok(sandbox.account.keys.every(({ disabled }) => disabled));
    // Of another branch: the deleted one does not exist again.
    const [second] = openPull(github, repository, { branch: 'other' });
    assert.equal((await slugsAfter(second)).length, 3);
    closePull(github, repository, 2);
    sandbox.letPass(COUNT_MS);
    // The key of the close that was missed ends only now.
    assert.deepEqual(await slugsAfter(scheduleEvent(github, repository)), ['preview-shop-2']);
    assert.match(
      repository.comments.now()[0]?.body ?? '',
      /<h3>OpenRouter preview: .*, closed<\/h3>/,
    );
    sandbox.letPass(COUNT_MS);
    assert.deepEqual(await slugsAfter(scheduleEvent(github, repository)), []);
    await server.close();
  },

  async 'a quoted null clears a field and removes a budget'(sandbox) {
    const run = await runWorkflow({ workflow: 'null.yml', sandbox });
    assert.equal(run.exitCode, 0);
    assert.equal(run.outputs('clear')['outcome'], 'updated');
    assert.equal(sandbox.account.workspaces[1]?.['description'], null);
    assert.deepEqual(sandbox.account.budgets, []);
  },

  async 'an unquoted null changes nothing, and its step succeeds'(sandbox) {
    // Not a file of the repository, where the check of workflows would reject it.
    const run = await runChanged({ workflow: 'null.yml', sandbox }, (text) =>
      text.replace(/(description|budget-daily-usd): "null"/g, '$1: null'),
    );
    assert.equal(run.exitCode, 0);
    assert.equal(run.outputs('clear')['outcome'], 'unchanged');
    assert.equal(sandbox.account.workspaces[1]?.['description'], 'For the pull request 42');
    assert.deepEqual(
      sandbox.account.budgets.map(({ limit_usd }) => limit_usd),
      [5],
    );
  },

  async 'the management key is masked in every log'(sandbox) {
    const { managementKey } = sandbox;
    const workspace = seedWorkspace(sandbox, { slug: 'preview-42', name: managementKey });
    seedKey(sandbox, workspace, { name: managementKey });
    const { log, summaries } = await runWorkflow({
      workflow: 'create-use-delete.yml',
      sandbox,
      annotations: [
        'error openrouter-workspace: slug taken',
        'error delete: invalid input workspace',
      ],
    });
    assert.ok(![log, ...summaries].join().includes(managementKey));
    assert.match(log, /\*\*\*/);
  },

  'the runner of the sandbox passes the inputs, state, outputs and masks that act passes':
    compareRunners,
};
