import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { foldGroups } from '../../sandbox/runner/log.ts';
import { runStep } from '../../sandbox/runner/runner.ts';
import {
  expectFailure,
  masksOf,
  openHarness,
  preloaded,
  ROOT,
  workspaceInputs,
} from '../support/harness.ts';

const harness = openHarness();

/**
 * The environment of a step whose Node.js does what it does on Windows: it writes CRLF, has no
 * `/proc`, and ends at Ctrl+Break unless something listens to SIGBREAK.
 */
const windows = (code = '') => ({
  RUNNER_OS: 'Windows',
  ...preloaded(`
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    import os from 'node:os';
    Object.defineProperty(process, 'platform', { value: 'win32' });
    Object.defineProperty(os, 'EOL', { value: '\\r\\n' });
    const { readFileSync } = fs;
    fs.readFileSync = (path, ...rest) =>
      readFileSync(String(path).startsWith('/proc/') ? '/none' : path, ...rest);
    syncBuiltinESMExports();
    const pressCtrlBreak = () => process.emit('SIGBREAK') || process.kill(process.pid, 'SIGKILL');
    ${code}
  `),
});
const WINDOWS = windows();

const slugs = () => harness.sandbox.account.workspaces.map(({ slug }) => slug);

test('outputs, state and commands with CRLF are those with LF', async () => {
  const inputs = { slug: 'on-windows', 'delete-after-job': 'true' };
  const onWindows = await harness.create(inputs, WINDOWS);
  expect(onWindows.stdout).toMatch(/^::add-mask::\S+\r\n/);
  const [created] = harness.sandbox.account.workspaces.slice(-1);
  expect(onWindows).toMatchObject({
    exitCode: 0,
    masks: masksOf(harness.sandbox.managementKey),
    outputs: { id: created?.id, slug: 'on-windows', created: 'true', outcome: 'created' },
  });
  expect(Object.keys(onWindows.state)).toEqual(['task']);
  const post = await harness.post(onWindows, {}, WINDOWS);
  expect(foldGroups(post.log.split('\n'))).toEqual([
    '▸ Requests',
    `Deleted the workspace on-windows, id ${created?.id}, because of delete-after-job.`,
  ]);
  expect(slugs()).not.toContain('on-windows');
});

test('the action runs from a folder whose path has spaces and backslashes', async () => {
  // A backslash is a separator on Windows, and a character elsewhere.
  const name = process.platform === 'win32' ? 'my actions-' : 'my\\actions -';
  const action = mkdtempSync(join(tmpdir(), name));
  for (const path of ['action.yml', 'dist']) {
    cpSync(join(ROOT, path), join(action, path), { recursive: true });
  }
  const { managementKey, url } = harness.sandbox;
  const inputs = { ...workspaceInputs(), 'management-key': managementKey, 'api-url': url };
  const step = await runStep({ action, with: inputs });
  rmSync(action, { recursive: true });
  expect(step).toMatchObject({ exitCode: 0, outputs: { slug: inputs.slug } });
  expect(slugs()).toContain(inputs.slug);
});

test.each([
  ['Ctrl+Break', 'SIGUSR2', 'SIGBREAK', "process.on('SIGUSR2', pressCtrlBreak);"],
  [
    'Ctrl+Break after Ctrl+C',
    'SIGINT',
    'SIGINT',
    // From outside, the step may have ended before the second signal.
    "process.once('SIGINT', () => queueMicrotask(pressCtrlBreak));",
  ],
] as const)('%s ends a step with a message', async (_, signal, reported, code) => {
  harness.sandbox.faults.push({ kind: 'silence' });
  const before = harness.sandbox.requests.length;
  const inputs = { 'if-exists': 'reuse', timeout: '24h' };
  const step = await harness.startCreate(inputs, windows(code));
  await harness.sandbox.received(before + 1);
  step.kill(signal);
  const { message } = expectFailure(await step.result);
  expect(message).toContain(`the run was cancelled (${reported})`);
});
