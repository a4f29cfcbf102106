import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../live/catalogue.ts';
import { AT_ONCE } from '../../sandbox/openrouter/resources/usage.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { type Sandbox, startSandbox } from '../../sandbox/openrouter/server.ts';
import { LIKELY_SECRET } from '../../src/openrouter/resources/keys.ts';
import { openResources } from '../support/resources.ts';
import { ROOT } from '../support/root.ts';

const resources = openResources();
const HOUR = 3_600_000;

const folder = await mkdtemp(join(tmpdir(), 'live-'));
afterAll(() => rm(folder, { recursive: true }));

function startLive(sandbox: Partial<Sandbox>, ...flags: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'live/live.ts'), ...flags], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      OPENROUTER_MANAGEMENT_KEY: sandbox.managementKey,
      OPENROUTER_API_URL: sandbox.url,
    },
  });
  const exited = new Promise((resolve) => child.once('close', resolve));
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const result = output.then(async ([stdout, stderr]) => ({
    exitCode: await exited,
    stdout,
    stderr,
  }));
  return { child, result };
}

const runLive = (sandbox: Partial<Sandbox>, ...flags: string[]) =>
  startLive(sandbox, ...flags).result;

const slugsOf = ({ account }: Sandbox) => account.workspaces.map(({ slug }) => slug);

test.concurrent('npm run live agrees with the sandbox over a socket, and leaves nothing in its account', async () => {
  const sandbox = resources.add(await startSandbox(AT_ONCE));
  seedWorkspace(sandbox, { slug: 'live-chat', keys: 1, age: 2 * HOUR });
  const file = join(folder, 'observed.md');
  const { exitCode, stdout, stderr } = await runLive(sandbox, '--write', file);
  const count = CATALOGUE.length;
  expect(stdout).toMatch(
    new RegExp(
      `\n${count} assumptions at 127\\.0\\.0\\.1:\\d+: agrees: ${count - 8}, not observable: 8\\.\n$`,
    ),
  );
  expect([exitCode, stderr]).toEqual([0, '']);

  const report = await readFile(file, 'utf8');
  expect(report).toMatch(/^# Observed at 127\.0\.0\.1:\d+\n\n\d{4}-\d\d-\d\d, /);
  for (const { id } of CATALOGUE) expect(report).toContain(`| \`${id}\` `);
  expect(`${stdout}${report}`).not.toMatch(LIKELY_SECRET);

  expect(slugsOf(sandbox)).toEqual(['default', 'live-chat']);
  expect(sandbox.account.keys).toHaveLength(1);
});

test.concurrent('npm run live fails for a difference that makes an action wrong and for a failed probe', async () => {
  const sandbox = resources.add(await startSandbox(AT_ONCE));
  const missing = { kind: 'response', status: 404, body: '{}' } as const;
  sandbox.faults.push({ on: 'GET /workspaces/default', ...missing });
  sandbox.faults.push({ on: 'PATCH /guardrails/:id', kind: 'reset' });
  const file = join(folder, 'differences.md');
  const { exitCode, stdout } = await runLive(sandbox, '--write', file);
  expect(exitCode).toBe(1);
  expect(stdout).toContain(`
default-workspace differs: HTTP 404: no message
  Assumed: Every account has a workspace whose slug is default.
  The sandbox: slug "default"
  Relied on by src/actions/delete/delete-workspace.ts (assertDeletable)
guardrail-limit could not be observed: `);
  expect(stdout).toContain(`, differs: 1, not observable: 8, failed: 1.
The command fails because of default-workspace, guardrail-limit.
`);
  const report = await readFile(file, 'utf8');
  expect(report).toContain(
    '| **differs**: src/actions/delete/delete-workspace.ts (assertDeletable) |',
  );
  expect(slugsOf(sandbox)).toEqual(['default']);
});

test.concurrent('npm run live fails with a wrong key, and the file says why', async () => {
  const sandbox = resources.add(await startSandbox(AT_ONCE));
  const file = join(folder, 'wrong-key.md');
  const account = { url: sandbox.url, managementKey: `${sandbox.managementKey}x` };
  const { exitCode, stdout } = await runLive(account, '--write', file);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('OpenRouter cannot be observed: ');
  expect(await readFile(file, 'utf8')).toMatch(/^# Nothing was observed\n\n`.*HTTP 401.*`\n$/);
});

test.concurrent('npm run live deletes what it has created after Ctrl+C, also if that comes again', async () => {
  const sandbox = resources.add(await startSandbox(AT_ONCE));
  const { child, result } = startLive(sandbox);
  await sandbox.received(12);
  child.kill('SIGINT');
  await Promise.race([sandbox.received(18), result]);
  child.kill('SIGINT');
  const { exitCode, stdout } = await result;
  expect(exitCode).toBe(130);
  expect(stdout.match(/^Stopping/gm)).toHaveLength(1);
  expect(stdout).toMatch(/\nDeleted all that this run has created\.\n$/);
  expect(sandbox.requests.map(({ method }) => method)).toContain('DELETE');
  expect(slugsOf(sandbox)).toEqual(['default']);
});
