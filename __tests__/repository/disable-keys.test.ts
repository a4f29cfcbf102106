import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { marked } from 'marked';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openEmptiedHarness } from '../support/emptied-harness.ts';
import { ROOT } from '../support/root.ts';

const PAGE = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
const [COMMAND = ''] = marked
  .lexer(PAGE)
  .flatMap((token) => (token.type === 'code' ? [String(token['text'])] : []))
  .filter((example) => example.includes('include_disabled=true'));

const { harness } = openEmptiedHarness();

/** First with the `jq` of tests and the Node.js that runs it. */
const PATH = [
  join(ROOT, '__tests__/support/programs'),
  dirname(process.execPath),
  process.env['PATH'],
].join(delimiter);

/** Runs the command for the workspace `preview-42`, against the sandbox. */
async function disableKeys(managementKey = harness.sandbox.managementKey) {
  const { url } = harness.sandbox;
  const script = COMMAND.replace('https://openrouter.ai/api/v1', url).replace(
    'WORKSPACE',
    'preview-42',
  );
  const child = spawn('bash', ['--norc', '-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, OPENROUTER_MANAGEMENT_KEY: managementKey },
  });
  const [, stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { lines: stdout.split('\n').filter(Boolean), stderr };
}

/** A key in another workspace and one in the default workspace, the newest first. */
function seedOthers() {
  const { sandbox } = harness;
  const workspaces = [
    ...sandbox.account.workspaces,
    seedWorkspace(sandbox, { slug: 'preview-43' }),
  ];
  return workspaces.map((workspace) => seedKey(sandbox, workspace)).toReversed();
}

const working = () => harness.sandbox.account.keys.filter(({ disabled }) => !disabled);

test('the command in docs/troubleshooting.md disables all keys of a workspace, and no others', async () => {
  const others = seedOthers();
  const workspace = seedWorkspace(harness.sandbox, { slug: 'preview-42', keys: 102 });
  // Those that work are on both pages of the list.
  for (const key of harness.sandbox.account.keys.slice(1, 101)) key.disabled = true;
  seedKey(harness.sandbox, workspace, { name: 'New' });
  const { lines, stderr } = await disableKeys();
  expect({ lines, stderr }).toEqual({
    lines: ['New: disabled', 'Key 102: disabled', 'Key 1: disabled'],
    stderr: '',
  });
  expect(working()).toEqual(others);
  expect(await disableKeys()).toEqual({ lines: [], stderr: '' });
});

test('the command disables nothing without a workspace, or with a wrong management key', async () => {
  const others = seedOthers();
  expect((await disableKeys()).stderr).toContain('404');
  const key = seedKey(harness.sandbox, seedWorkspace(harness.sandbox, { slug: 'preview-42' }));
  expect((await disableKeys('sk-or-v1-wrong')).stderr).toContain('401');
  expect(working()).toEqual([key, ...others]);
});
