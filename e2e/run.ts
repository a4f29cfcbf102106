/**
 * Runs the actions in workflows, under a runner that is not ours: `npm run e2e`. It is act
 * (https://github.com/nektos/act), without containers, against a sandbox that listens on loopback.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seedKey, seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { type Sandbox, startSandbox } from '../sandbox/openrouter/server.ts';
import { runPost, runStep } from '../sandbox/runner/runner.ts';
import { isActThere, runWorkflow } from './act.ts';

const DAY = 86_400_000;
const slugs = ({ account }: Sandbox) => account.workspaces.map(({ slug }) => slug);

const SCENARIOS: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'outputs reach later steps and jobs, and a teardown runs after a failure'(sandbox) {
    const run = await runWorkflow({ workflow: 'create-use-delete.yml', sandbox });
    assert.deepEqual(run.results, {
      '': [],
      create: ['success'],
      use: ['failure'],
      again: ['success'],
    });
    const { id, slug, created } = run.outputs('workspace');
    assert.deepEqual({ slug, created }, { slug: 'preview-42', created: 'true' });
    assert.match(run.log, new RegExp(`A later step has ${id}, true, \\d{4}-`));
    assert.match(run.log, new RegExp(`A later job has ${id}, preview-42`));
    assert.match(run.log, /Deleted it, true, with 0 keys/);
    assert.match(run.log, /It was gone already, false/);
    assert.deepEqual(slugs(sandbox), ['default']);
    assert.equal(run.summaries.length, 3);
  },

  async 'a post step deletes after success, failure and cancellation'(sandbox) {
    for (const ending of ['success', 'failure', 'cancellation']) {
      const run = await runWorkflow({
        workflow: 'delete-after-job.yml',
        sandbox,
        inputs: { ending },
        ...(ending === 'cancellation' && { cancelAt: 'Cancel me now' }),
      });
      assert.equal(run.exitCode === 0, ending === 'success', `${ending}: ${run.exitCode}`);
      assert.match(
        run.log,
        /Deleted the workspace of-the-job, id .*, as delete-after-job asks for/,
      );
      assert.deepEqual(slugs(sandbox), ['default'], ending);
    }
  },

  async 'of eight jobs on one slug, one creates it and all have it'(sandbox) {
    const run = await runWorkflow({ workflow: 'matrix.yml', sandbox });
    assert.equal(run.exitCode, 0);
    assert.deepEqual(slugs(sandbox), ['default', 'shared']);
    const told = [...run.log.matchAll(/^Job \d has (.*), (true|false)$/gm)];
    assert.equal(told.length, 8);
    assert.deepEqual(
      new Set(told.map(([, id]) => id)),
      new Set([sandbox.account.workspaces[1]?.id]),
    );
    assert.equal(told.filter(([, , created]) => created === 'true').length, 1);
  },

  async 'a key reaches a later step, is masked there, and is revoked after the job'(sandbox) {
    const run = await runWorkflow({ workflow: 'key.yml', sandbox });
    assert.equal(run.exitCode, 0);
    assert.match(run.log, /The step has a key of 73 characters: \*\*\*/);
    assert.match(run.log, /Its hash is right/);
    assert.ok(!run.log.includes(run.outputs('key')['key'] ?? ''), 'the key is in the log');
    assert.match(run.log, /Another job has the workspace [0-9a-f-]{36}/);
    assert.deepEqual(sandbox.account.keys, []);
  },

  async 'a sweep deletes what is stale, and says so to a later step'(sandbox) {
    seedWorkspace(sandbox, { slug: 'preview-1', age: 20 * DAY, keys: 2 });
    seedWorkspace(sandbox, { slug: 'preview-main', age: 20 * DAY });
    seedWorkspace(sandbox, { slug: 'preview-demo-1', age: 20 * DAY });
    seedWorkspace(sandbox, { slug: 'preview-2', age: DAY });
    const run = await runWorkflow({ workflow: 'sweep.yml', sandbox });
    assert.equal(run.exitCode, 0);
    assert.match(run.log, /Deleted 1, first preview-1/);
    assert.deepEqual(slugs(sandbox), ['default', 'preview-main', 'preview-demo-1', 'preview-2']);
    assert.deepEqual(sandbox.account.keys, []);
  },

  async 'a null with quotes clears a field and lifts a budget'(sandbox) {
    const run = await runWorkflow({ workflow: 'null.yml', sandbox });
    assert.equal(run.exitCode, 0);
    assert.equal(run.outputs('clear')['outcome'], 'updated');
    assert.equal(sandbox.account.workspaces[1]?.['description'], null);
    assert.deepEqual(sandbox.account.budgets, []);
  },

  async 'a null without quotes changes nothing, and its step succeeds'(sandbox) {
    const quoted = readFileSync(new URL('workflows/null.yml', import.meta.url), 'utf8');
    const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
    const workflow = join(folder, 'null.yml');
    // In no file of the repository, where the check of workflows refuses it.
    writeFileSync(workflow, quoted.replace(/(description|budget-daily-usd): "null"/g, '$1: null'));
    const run = await runWorkflow({ workflow, sandbox });
    rmSync(folder, { recursive: true });
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
    const { log, summaries } = await runWorkflow({ workflow: 'create-use-delete.yml', sandbox });
    assert.ok(![log, ...summaries].join().includes(managementKey));
    assert.match(log, /\*\*\*/);
  },

  async 'our runner gives what act gives: inputs, state, outputs and masks'(sandbox) {
    const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
    const probe = (name: string) => ({
      NODE_OPTIONS: `--require ${fileURLToPath(new URL('probe.cjs', import.meta.url))}`,
      E2E_PROBE: join(folder, name),
    });
    const notes = (name: string) =>
      readFileSync(join(folder, name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map(({ program, ...rest }) => ({ program: basename(program), ...rest }))
        .filter(({ program }) => ['create.js', 'post.js'].includes(program));

    const workflow = 'delete-after-job.yml';
    const inputs = { ending: 'success' };
    const run = await runWorkflow({ workflow, sandbox, inputs, env: probe('act') });
    const step = {
      action: fileURLToPath(new URL('..', import.meta.url)),
      with: {
        'management-key': sandbox.managementKey,
        'api-url': sandbox.url,
        name: 'Of the job',
        slug: 'of-the-job',
        'delete-after-job': 'true',
      },
      env: probe('ours'),
    };
    const main = await runStep(step);
    await runPost(step, main);
    const [theirs, ours] = [notes('act'), notes('ours')];
    rmSync(folder, { recursive: true });
    assert.deepEqual(withoutIds(ours), withoutIds(theirs));
    assert.equal(ours.length, 2);
    assert.deepEqual(withoutIds(main.outputs), withoutIds(run.outputs('workspace')));
    assert.deepEqual(
      [main.summary.trim()].map(withoutIds),
      run.summaries.map((text) => text.trim()).map(withoutIds),
    );
  },
};

/** Two runs make two workspaces, at two moments. */
function withoutIds(notes: unknown): unknown {
  const text = JSON.stringify(notes)
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  return JSON.parse(text);
}

if (!isActThere) {
  console.error(
    'npm run e2e needs act, which is installed with Go: GOBIN="$PWD/.tools/bin" go install github.com/nektos/act@v0.2.87',
  );
  process.exit(1);
}

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  const sandbox = await startSandbox();
  await scenario(sandbox);
  await sandbox.close();
  console.log(`✓ ${name}`);
}
