import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'acorn';
import { ROOT } from '../support/harness.ts';
import { calledBy, nodesIn } from '../support/syntax.ts';

const code = readFileSync(join(ROOT, 'dist/index.js'), 'utf8');
const nodes = [...nodesIn(parse(code, { ecmaVersion: 'latest' }))];
/** No `child_process`, no `worker_threads`, no `vm`. */
const MODULES = [
  'assert',
  'crypto',
  'events',
  'fs',
  'http',
  'https',
  'net',
  'os',
  'tls',
  'url',
  'util',
];

test('the bundle requires these modules of Node.js and no others', () => {
  const required = nodes
    .filter((node) => node.type === 'CallExpression')
    .filter((call) => calledBy(call) === 'require')
    .map(({ arguments: [name] }) => (name?.type === 'Literal' ? String(name.value) : undefined));
  expect([...new Set(required.map((name) => name?.replace(/^node:/, '')))].sort()).toEqual(MODULES);
});

test('the bundle gets at code in no other way', () => {
  expect(nodes.map(({ type }) => type)).not.toContain('ImportExpression');
  const names = nodes.flatMap((node) => (node.type === 'Identifier' ? [node.name] : []));
  const ways = ['eval', 'Function', 'binding', 'dlopen', 'getBuiltinModule', 'createRequire'];
  expect(names.filter((name) => ways.includes(name))).toEqual([]);
});
