import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type AnyNode, type CallExpression, parse } from 'acorn';
import { markPureCalls } from '../../scripts/pure-calls.ts';
import { removeUnusedMembers } from '../../scripts/unused-members.ts';
import { ROOT } from '../support/root.ts';

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
  'v8',
];

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

/** `node` and everything in it, each node before its parts. */
function* nodesIn(node: AnyNode): Generator<AnyNode> {
  yield node;
  for (const child of Object.values(node).flat()) {
    if (typeof child?.type === 'string') yield* nodesIn(child);
  }
}

/** `require`, of `require('node:fs')`. */
function calleeOf({ callee }: CallExpression): string | undefined {
  const name = callee.type === 'MemberExpression' ? callee.property : callee;
  return name.type === 'Identifier' ? name.name : undefined;
}

const MODULES_OF_NCC = `({
  613: module => { "use strict"; module.exports = require("assert"); },
  770: module => { "use strict"; module.exports = require("./tunnel.js"); },
  218: module => { "use strict"; patch(); module.exports = require("net"); }
});`;

test.each([
  'require("fs")',
  'require("node:fs")',
  '__nccwpck_require__(613)',
  '__nccwpck_require__.t(module, 2)',
  'new Summary()',
])('the build leaves out %s where nothing uses its result', (call) => {
  expect(markPureCalls(`${MODULES_OF_NCC} ${call}`)).toContain(`/*#__PURE__*/ ${call}`);
});

test.each([
  'require("undici")',
  'require("./polyfill.js")',
  'require(name)',
  '__nccwpck_require__(770)',
  '__nccwpck_require__(218)',
  '__nccwpck_require__(999)',
  'new Report()',
])('the build keeps %s, which may have side effects', (call) => {
  expect(markPureCalls(`${MODULES_OF_NCC} ${call}`)).toContain(`}); ${call}`);
});

test('of HttpClient, the bundle has only what sends a request once and without redirects', () => {
  const [client, ...others] = nodes.filter(
    (node) => node.type === 'ClassDeclaration' && /HttpClient$/.test(node.id?.name ?? ''),
  );
  expect(others).toEqual([]);
  const methods = [...nodesIn(client as AnyNode)].flatMap((node) =>
    node.type === 'MethodDefinition' && node.key.type === 'Identifier' ? [node.key.name] : [],
  );
  expect(methods).toEqual([
    'constructor',
    'requestRawWithCallback',
    'getAgent',
    '_getAgent',
    '_getUserAgentWithOrchestrationId',
  ]);
});

test.each([
  ['a method that nothing mentions', 'class A { a() {} b() {} } new A().a();', 'b() {}'],
  [
    'methods that only each other mention',
    'class A { b() { this.c(); } c() {} }',
    'b() { this.c(); } c() {}',
  ],
  ['an uncalled method of HttpClient', 'class x_HttpClient { get() {} } map.get();', 'get() {}'],
  [
    'an enum that nothing mentions',
    'var E; (function (E) { E.A = 0; })(E || (E = {}));',
    '(function (E) { E.A = 0; })(E || (E = {}));',
  ],
])('the build leaves out %s', (_, code, unused) => {
  const withoutSpaces = (text: string) => text.replaceAll(' ', '');
  const rest = removeUnusedMembers(code);
  expect(withoutSpaces(rest)).toBe(withoutSpaces(code.replace(unused, '')));
});

test.each([
  ['a method that is called', 'class A { a() {} }; new A().a();'],
  ['a method that is named by a text', 'class A { a() {} }; new A()["a"]();'],
  ['a method that JavaScript calls', 'class A { toString() {} constructor() {} toJSON() {} }'],
  ['a method of a class that extends another', 'class A extends Agent { addRequest() {} }'],
  ['a method with a computed name', 'class A { [Symbol.iterator]() {} }'],
  ['a private method that is called', 'class A { b() { this.#a(); } #a() {} }; new A().b();'],
  ['an enum that is used', 'var E; (function (E) { E.A = 0; })(E || (E = {})); print(E.A);'],
  ['a function that is called', 'var a; (function (b) { c(b); })(a || d);'],
])('the build keeps %s', (_, code) => {
  expect(removeUnusedMembers(code)).toBe(code);
});

test('the build fails if HttpClient calls one of its methods that count as uncalled', () => {
  const code = 'class HttpClient { request() {} getJson() { this.request(); } } client.getJson();';
  expect(() => removeUnusedMembers(code)).toThrow('HttpClient calls its method request');
});
