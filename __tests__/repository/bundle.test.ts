import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CallExpression } from 'acorn';
import { actionFolders } from '../../sandbox/runner/manifest.ts';
import { bundleNodes } from '../support/bundle-nodes.ts';
import { openHarness, ROOT } from '../support/harness.ts';

const nodes = bundleNodes();
const harness = openHarness();

/** No `child_process`, no `worker_threads`, no `vm`. */
const MODULES = ['crypto', 'events', 'fs', 'http', 'https', 'net', 'os', 'tls', 'util'];

test('the bundle requires these modules of Node.js and no others', () => {
  const required = nodes
    .filter((node) => node.type === 'CallExpression')
    .filter((call) => calleeOf(call) === 'require')
    .map(({ arguments: [name] }) => (name?.type === 'Literal' ? String(name.value) : undefined));
  expect([...new Set(required.map((name) => name?.replace(/^node:/, '')))].sort()).toEqual(MODULES);
});

test('the bundle has no other way to load or run code', () => {
  expect(nodes.map(({ type }) => type)).not.toContain('ImportExpression');
  const names = nodes.flatMap((node) => (node.type === 'Identifier' ? [node.name] : []));
  const ways = ['eval', 'Function', 'binding', 'dlopen', 'getBuiltinModule', 'createRequire'];
  expect(names.filter((name) => ways.includes(name))).toEqual([]);
});

describe('a create', () => {
  test('loads no module of Node.js but what the bundle requires, and what that needs', async () => {
    const { modules: needed } = await usedOfNode(async (env, folder) => {
      const program = join(folder, 'requires.cjs');
      const requires = MODULES.map((name) => `require('${name}');`);
      writeFileSync(program, [...requires, 'process.exit();'].join(''));
      execFileSync(process.env['ACTION_NODE'] ?? process.execPath, [program], { env });
    });
    const { modules } = await usedOfNode(create);
    expect(modules).toEqual(expect.arrayContaining(MODULES));
    expect(modules.filter((name) => !needed.includes(name))).toEqual([]);
  });

  test('uses nothing that makes Node.js load ICU', async () => {
    const { icu } = await usedOfNode(create);
    expect(icu).toEqual([]);
  });

  async function create(env: Record<string, string>): Promise<void> {
    expect(await harness.create({}, env)).toMatchObject({ exitCode: 0, stderr: '' });
  }
});

test('a runner downloads nothing but what an action runs', () => {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  const paths = git('ls-files', '-co', '--exclude-standard');
  const names = [...new Set(paths.map((path) => path.split('/')[0] ?? ''))];
  const attributes = git('check-attr', 'export-ignore', '--', ...names);
  const downloaded = names.filter((name) => !attributes.includes(`${name}: export-ignore: set`));
  const actions = actionFolders(ROOT).map((folder) => folder || 'action.yml');
  expect(downloaded.sort()).toEqual(['LICENSE', 'dist', ...actions].sort());
});

/** `require`, of `require('node:fs')`. */
function calleeOf({ callee }: CallExpression): string | undefined {
  const name = callee.type === 'MemberExpression' ? callee.property : callee;
  return name.type === 'Identifier' ? name.name : undefined;
}

/** What a process has used of Node.js, with the names of its modules, internal ones included. */
interface UsedOfNode {
  /** The names of what needs ICU. */
  icu: string[];
  modules: string[];
}

/** What a process uses that `run` starts with an environment; a folder is removed once it has ended. */
async function usedOfNode(
  run: (env: Record<string, string>, folder: string) => Promise<void>,
): Promise<UsedOfNode> {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  const file = join(folder, 'used.json');
  const preload = join(ROOT, '__tests__/support/used-of-node.cjs');
  await run({ NODE_OPTIONS: `--require=${preload}`, USED_OF_NODE: file }, folder);
  const used: UsedOfNode = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(folder, { recursive: true });
  return used;
}
