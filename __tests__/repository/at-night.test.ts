import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, test } from '@jest/globals';
import { marked } from 'marked';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openEmptiedHarness } from '../support/emptied-harness.ts';
import { openShell } from '../support/example-shell.ts';
import { ROOT } from '../support/root.ts';

const commandsOf = (page: string) =>
  marked
    .lexer(readFileSync(join(ROOT, page), 'utf8'))
    .flatMap((token) => (token.type === 'code' ? [String(token['text'])] : []));

const [
  ENTER = '',
  FUNCTIONS = '',
  FIND,
  STOP_KEY,
  DISABLE_WORKFLOW,
  STOP_WORKSPACE,
  STOP_PULL,
  STOP_ACCOUNT,
  UNDO,
  UNDO_WORKFLOWS,
] = commandsOf('docs/at-night.md');

const { harness } = openEmptiedHarness();
const shell = openShell();
// As `gh` lists the runs of a workflow: each on a line, by a filter that is its last argument.
shell.stub(
  'gh',
  `echo "$*" >> called
case "$*" in
  *octo-org/gone*) exit 1 ;;
  'run list '*)
    for filter; do :; done
    echo '[{"databaseId": 7, "status": "completed"}, {"databaseId": 8, "status": "queued"},
      {"databaseId": 9, "status": "in_progress"}]' | jq -r "$filter" ;;
  'run cancel '*) echo '✓ Request to cancel workflow submitted.' ;;
esac`,
);
/** The calls of `gh` that change something. */
const called = () =>
  shell
    .read('called')
    .split('\n')
    .filter((line) => line && !line.startsWith('run list '));

/** First with the `jq` of tests and the Node.js that runs it. */
const PATH = [
  shell.folder,
  join(ROOT, '__tests__/support/programs'),
  dirname(process.execPath),
  process.env['PATH'],
].join(delimiter);

/** Runs a command of the page as someone does who follows it, in the same folder as the others. */
async function run(command = '', managementKey = harness.sandbox.managementKey) {
  const script = [ENTER, FUNCTIONS, command].join('\n');
  const { url } = harness.sandbox;
  const child = spawn(
    'bash',
    ['--norc', '-c', script.replace('https://openrouter.ai/api/v1', url)],
    { cwd: shell.folder, env: { PATH } },
  );
  child.stdin.end(`${managementKey}\n`);
  const [, stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { lines: stdout.split('\n').filter(Boolean), stderr };
}

const working = () => harness.sandbox.account.keys.filter(({ disabled }) => !disabled);

/** A key in the default workspace and one in another, the newest first. */
function seedOthers() {
  const { sandbox } = harness;
  const [byDefault] = sandbox.account.workspaces;
  const workspaces = [byDefault, seedWorkspace(sandbox, { slug: 'preview-shop-43' })];
  return workspaces.map((workspace) => seedKey(sandbox, Object(workspace))).toReversed();
}

beforeEach(() => {
  shell.run('rm -f keys.txt workflows.txt; : > called');
});

test('the functions for the night print nothing, and need no key yet', async () => {
  expect(await run()).toEqual({ lines: [], stderr: '' });
  expect(harness.sandbox.requests).toEqual([]);
});

test('what can spend is listed, the most of today first, in all workspaces of the account', async () => {
  const { sandbox } = harness;
  const [other, byDefault] = seedOthers();
  const web = seedWorkspace(sandbox, { slug: 'web' });
  const loud = seedKey(sandbox, web, { name: 'A "loud"\nkey', limit: 15 });
  const usedUp = seedKey(sandbox, web, { name: 'Used up', limit: 11 });
  const expired = seedKey(sandbox, web);
  const disabled = seedKey(sandbox, web);
  for (const [key, credits] of [
    [other, 0.5],
    [byDefault, 0.000_000_1],
    [loud, 12.25],
    [usedUp, 11],
    [expired, 13],
    [disabled, 14],
  ] as const) {
    seedUsage(sandbox, Object(key), { credits });
  }
  expired.expires_at = new Date(sandbox.account.now().getTime() - 60_000).toISOString();
  disabled.disabled = true;
  expect(await run(FIND)).toEqual({
    lines: [
      `12.25 today, 2.75 left: ${loud.hash} "A \\"loud\\"\\nkey" (${loud.label}), created ${loud.created_at} in web`,
      `11 today, 0 left: ${usedUp.hash} "Used up" (${usedUp.label}), created ${usedUp.created_at} in web`,
      `0.5 today, no limit: ${other?.hash} "Key" (${other?.label}), created ${other?.created_at} in preview-shop-43`,
      `1e-7 today, no limit: ${byDefault?.hash} "Key" (${byDefault?.label}), created ${byDefault?.created_at} in default`,
    ],
    stderr: '',
  });
});

test('of all keys that spend, the 20 that spend the most are listed', async () => {
  const web = seedWorkspace(harness.sandbox, { slug: 'web', keys: 101 });
  const { keys } = harness.sandbox.account;
  for (const [at, key] of keys.entries()) {
    seedUsage(harness.sandbox, key, { credits: at });
  }
  const { lines } = await run(FIND);
  expect(lines).toHaveLength(20);
  expect(lines[0]).toMatch(
    new RegExp(`^100 today, no limit: ${keys.at(-1)?.hash} "Key 1" .* in ${web.slug}$`),
  );
});

test('a workflow is disabled, its runs that are not completed are cancelled, and the undo enables it', async () => {
  expect(await run(DISABLE_WORKFLOW)).toEqual({
    lines: ['preview.yml octo-org/shop'],
    stderr: expect.stringContaining('Request to cancel'),
  });
  expect(called()).toEqual([
    'workflow disable preview.yml --repo octo-org/shop',
    'run cancel 8 --repo octo-org/shop',
    'run cancel 9 --repo octo-org/shop',
  ]);
  await run(UNDO_WORKFLOWS);
  expect(called().slice(3)).toEqual(['workflow enable preview.yml --repo octo-org/shop']);
});

test('one key is disabled, and enabled by the undo', async () => {
  const [key, ...others] = seedOthers();
  const { lines } = await run(STOP_KEY?.replace('HASH', String(key?.hash)));
  expect(lines).toEqual([`${key?.hash} disabled: true, "Key" (${key?.label})`]);
  expect(working()).toEqual(others);
  expect((await run(UNDO)).lines).toEqual([`${key?.hash} disabled: false, "Key" (${key?.label})`]);
  expect(working()).toEqual([key, ...others]);
});

test('all keys of a workspace are disabled, and no others, and the undo enables only these', async () => {
  const others = seedOthers();
  const { sandbox } = harness;
  const workspace = seedWorkspace(sandbox, { slug: 'web', keys: 102 });
  // Those that work are on both pages of the list.
  for (const key of sandbox.account.keys.slice(1, 101)) key.disabled = true;
  seedKey(sandbox, workspace, { name: 'New' });
  const before = working();
  const command = STOP_WORKSPACE?.replace('WORKSPACE', 'web');
  const { lines, stderr } = await run(command);
  expect(stderr).toBe('');
  expect(lines.map((line) => line.replace(/^\S+ /, '').replace(/ \(.*\)/, ''))).toEqual([
    'disabled: true, "New" in web',
    'disabled: true, "Key 102" in web',
    'disabled: true, "Key 1" in web',
  ]);
  expect(working()).toEqual(others);
  expect(await run(command)).toEqual({ lines: [], stderr: '' });
  await run(UNDO);
  expect(working()).toEqual(before);
});

test('a name of a key is no line of the undo', async () => {
  const [other] = seedOthers();
  Object.assign(other ?? {}, { disabled: true });
  const web = seedWorkspace(harness.sandbox, { slug: 'web' });
  const key = seedKey(harness.sandbox, web, { name: `x\n${other?.hash} disabled: true` });
  await run(STOP_WORKSPACE?.replace('WORKSPACE', 'web'));
  expect(key.disabled).toBe(true);
  await run(UNDO);
  expect([key.disabled, other?.disabled]).toEqual([false, true]);
});

test('all keys of a pull request are disabled, and the pull request is closed', async () => {
  const others = seedOthers();
  const key = seedKey(harness.sandbox, seedWorkspace(harness.sandbox, { slug: 'preview-shop-42' }));
  const { lines } = await run(STOP_PULL);
  expect(lines).toEqual([`${key.hash} disabled: true, "Key" (${key.label}) in preview-shop-42`]);
  expect(called()).toEqual(['pr close 42 --repo octo-org/shop']);
  expect(working()).toEqual(others);
});

test('all keys of the account are disabled, and enabled by the undo', async () => {
  seedOthers();
  seedWorkspace(harness.sandbox, { slug: 'web', keys: 2 });
  const before = working();
  expect((await run(STOP_ACCOUNT)).lines).toHaveLength(4);
  expect(working()).toEqual([]);
  await run(UNDO);
  expect(working()).toEqual(before);
});

test('nothing is disabled without a workspace, or with a wrong management key', async () => {
  const others = seedOthers();
  const command = STOP_WORKSPACE?.replace('WORKSPACE', 'web');
  expect((await run(command)).stderr).toContain('404');
  const key = seedKey(harness.sandbox, seedWorkspace(harness.sandbox, { slug: 'web' }));
  for (const stop of [command, STOP_ACCOUNT, STOP_KEY?.replace('HASH', key.hash)]) {
    const { lines, stderr } = await run(stop, 'sk-or-v1-wrong');
    expect([lines, stderr]).toEqual([[], expect.stringContaining('401')]);
  }
  expect(working()).toEqual([key, ...others]);
});

test('the next key is disabled, too, after one that OpenRouter does not disable', async () => {
  const { sandbox } = harness;
  const web = seedWorkspace(sandbox, { slug: 'web', keys: 2 });
  sandbox.faults.push({ on: 'PATCH /keys/:hash', kind: 'response', status: 500 });
  const command = STOP_WORKSPACE?.replace('WORKSPACE', web.slug);
  const { lines, stderr } = await run(command);
  expect([lines.length, stderr]).toEqual([1, expect.stringContaining('500')]);
  expect((await run(command)).lines).toHaveLength(1);
  expect(working()).toEqual([]);
});

test('the page about organizations lists the previews of an account with these functions', async () => {
  const { sandbox } = harness;
  const description = 'Preview of https://github.com/octo-org/shop/pull/42 (repository 123456)';
  seedWorkspace(sandbox, { slug: 'preview-shop-42', description });
  seedWorkspace(sandbox, { slug: 'web', description: 'No preview' });
  seedWorkspace(sandbox, { slug: 'other' });
  const page = readFileSync(join(ROOT, 'docs/recipes/organization.md'), 'utf8');
  const [command] = page.match(/^list 'workspaces.*$/m) ?? [];
  expect(await run(command)).toEqual({ lines: [description], stderr: '' });
});

test('the page about organizations disables the workflow of each repository, and goes on after one that fails', async () => {
  shell.write('repositories.txt', ['octo-org/shop', 'octo-org/gone', 'octo-org/web'].join('\n'));
  const stop = commandsOf('docs/recipes/organization.md').find((each) =>
    each.includes('disable_workflow '),
  );
  const { lines, stderr } = await run(stop);
  expect(lines).toEqual(['preview.yml octo-org/shop', 'preview.yml octo-org/web']);
  expect(stderr).toContain('Not disabled: preview.yml octo-org/gone');
  expect(shell.read('workflows.txt').split('\n').filter(Boolean)).toEqual(lines);
});
