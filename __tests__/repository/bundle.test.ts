import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import type { CallExpression } from 'acorn';
import { actionFolders } from '../../sandbox/runner/manifest.ts';
import { bundleNodes } from '../support/bundle-nodes.ts';
import { ROOT } from '../support/root.ts';

const nodes = bundleNodes();

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
