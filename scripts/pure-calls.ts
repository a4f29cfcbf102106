import { isBuiltin } from 'node:module';
import { type AnyNode, type CallExpression, parse } from 'acorn';
import { nodesIn } from './nodes-in.ts';

/**
 * Marks the calls in a bundle of ncc that can be left out where nothing uses their result, with the
 * annotation that terser reads (https://terser.org/docs/miscellaneous/#annotations):
 *
 * - `require` of a module of Node.js, directly or through a module of ncc that does nothing else:
 *   loading it has no effect but the time that it takes. Any other module may be imported for its
 *   side effects, and is kept.
 * - `__nccwpck_require__.t`, with which ncc makes a namespace of a module that is loaded already.
 * - `new Summary()`: `@actions/core` creates one whenever it is loaded, and the constructor only
 *   sets a field.
 */
export function markPureCalls(bundle: string): string {
  const nodes = [...nodesIn(parse(bundle, { ecmaVersion: 'latest' }))];
  const aliases = new Set(nodes.flatMap((node) => aliasesIn(node, bundle)));
  const starts = nodes.filter((node) => isPure(node, aliases)).map(({ start }) => start);
  return starts
    .sort((a, b) => b - a)
    .reduce((code, at) => `${code.slice(0, at)}/*#__PURE__*/ ${code.slice(at)}`, bundle);
}

function isPure(node: AnyNode, aliases: ReadonlySet<unknown>): boolean {
  if (node.type === 'NewExpression') return calleeOf(node) === 'Summary';
  if (node.type !== 'CallExpression') return false;
  if (isNamespace(node)) return true;
  const [argument] = node.arguments;
  if (argument?.type !== 'Literal') return false;
  const { value } = argument;
  switch (calleeOf(node)) {
    case 'require':
      return typeof value === 'string' && isBuiltin(value);
    case '__nccwpck_require__':
      return aliases.has(value);
    default:
      return false;
  }
}

function isNamespace({ callee }: CallExpression): boolean {
  return (
    callee.type === 'MemberExpression' &&
    callee.object.type === 'Identifier' &&
    callee.object.name === '__nccwpck_require__' &&
    callee.property.type === 'Identifier' &&
    callee.property.name === 't'
  );
}

function calleeOf({ callee }: Pick<CallExpression, 'callee'>): string | undefined {
  return callee.type === 'Identifier' ? callee.name : undefined;
}

const ALIAS = /^\{\s*"use strict";\s*module\.exports = require\("([^"]+)"\);[\s/*]*\}$/;

/** The number of a module of ncc, if that only hands on a module of Node.js. */
function aliasesIn(node: AnyNode, bundle: string): unknown[] {
  if (node.type !== 'Property' || node.key.type !== 'Literal') return [];
  const { key, value } = node;
  if (value.type !== 'ArrowFunctionExpression') return [];
  const [, name = ''] = ALIAS.exec(bundle.slice(value.body.start, value.body.end)) ?? [];
  return isBuiltin(name) ? [key.value] : [];
}
