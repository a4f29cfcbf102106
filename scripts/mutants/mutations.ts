import { stripTypeScriptTypes } from 'node:module';
import { type AnyNode, type Expression, parse } from 'acorn';
import { nodesIn } from '../nodes-in.ts';

/** A change to a source file: the text from `start` to `end` is replaced. */
export interface Mutation {
  start: number;
  end: number;
  replacement: string;
}

/** The opposite of an operator, and its boundary. */
const OPERATORS: Record<string, readonly string[]> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
};

/** Methods that are replaced by their opposite. */
const METHODS: Record<string, string> = { some: 'every', every: 'some', min: 'max', max: 'min' };

/** Methods whose call is replaced by the object that it is called on. `check` is zod's. */
const FILTERS = ['filter', 'slice', 'toSorted', 'toReversed', 'trim', 'toLowerCase', 'check'];

/** The source as JavaScript: types are replaced by spaces, so that positions stay as they are. */
export function toJavaScript(source: string): string {
  return stripTypeScriptTypes(source);
}

/**
 * The changes to make to `code`, in its order.
 *
 * Texts are not changed, nor calls of a log. Most are words of messages, which the tests of the bundle
 * compare; the others are names of the API, which the contract tests compare, or cases of a union,
 * which the types check. Numbers are not changed either: most are durations and sizes, which are a
 * choice, and limits that decide are tested by the change of their comparison. Regular expressions are
 * not changed, because most of their changes need a text that no author would write.
 */
export function mutationsOf(code: string): Mutation[] {
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  const all = [...nodesIn(program)].flatMap((node) => mutationsOfNode(node, code));
  const unique = new Map(all.map((each) => [JSON.stringify(each), each]));
  return [...unique.values()]
    .filter((mutation) => isValid(mutate(code, mutation)))
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

export function mutate(code: string, { start, end, replacement }: Mutation): string {
  return code.slice(0, start) + replacement + code.slice(end);
}

function isValid(code: string): boolean {
  try {
    parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
    return true;
  } catch {
    return false;
  }
}

function mutationsOfNode(node: AnyNode, code: string): Mutation[] {
  const textOf = ({ start, end }: AnyNode) => code.slice(start, end);
  const replace = ({ start, end }: AnyNode, ...replacements: string[]) =>
    replacements.map((replacement) => ({ start, end, replacement }));

  switch (node.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return replace(node.test, 'true', 'false');
    case 'WhileStatement':
      return replace(node.test, 'false');
    case 'LogicalExpression': {
      const [left, right] = [textOf(node.left), textOf(node.right)];
      if (node.operator === '??') return replace(node, `(${left})`, `(${right})`);
      const opposite = node.operator === '&&' ? '||' : '&&';
      return replace(node, `(${left})`, `(${right})`, `((${left}) ${opposite} (${right}))`);
    }
    case 'BinaryExpression': {
      if (node.operator === '+' && (isText(node.left) || isText(node.right))) return [];
      const [left, right] = [textOf(node.left), textOf(node.right)];
      const operators = OPERATORS[node.operator] ?? [];
      return replace(node, ...operators.map((operator) => `${left} ${operator} ${right}`));
    }
    case 'UnaryExpression':
      return ['!', '-'].includes(node.operator) ? replace(node, textOf(node.argument)) : [];
    case 'UpdateExpression':
      return replace(
        node,
        textOf(node).replace(/\+\+|--/, (it) => (it === '++' ? '--' : '++')),
      );
    case 'Literal':
      return typeof node.value === 'boolean' ? replace(node, String(!node.value)) : [];
    case 'ArrayExpression':
      return node.elements.length > 0 ? replace(node, '[]') : [];
    case 'ObjectExpression':
      return node.properties.length > 0 ? replace(node, '({})') : [];
    case 'MemberExpression':
      return node.optional && !node.computed
        ? replace(node, `${textOf(node.object)}.${textOf(node.property)}`)
        : [];
    case 'CallExpression': {
      const { callee } = node;
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return [];
      const { name } = callee.property;
      if (FILTERS.includes(name)) return replace(node, textOf(callee.object));
      const opposite = METHODS[name];
      return opposite ? replace(callee.property, opposite) : [];
    }
    case 'ExpressionStatement':
      return isLogCall(node.expression, code) ? [] : replace(node, ';');
    case 'ArrowFunctionExpression':
      if (node.body.type === 'BlockStatement' || isLogCall(node.body, code)) return [];
      return isConstant(node.body) ? [] : replace(node.body, 'undefined');
    case 'BlockStatement':
      return node.body.length > 1 ? replace(node, '{}') : [];
    case 'ReturnStatement':
      return node.argument && !isConstant(node.argument) ? replace(node.argument, 'undefined') : [];
    default:
      return [];
  }
}

function isText(node: AnyNode): boolean {
  return (
    node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string')
  );
}

/** A value whose replacement by undefined would be no change, or one that is not worth a run. */
function isConstant(node: AnyNode): boolean {
  if (node.type === 'Identifier') return node.name === 'undefined';
  return isText(node) || node.type === 'Literal';
}

function isLogCall(node: Expression, code: string): boolean {
  return (
    node.type === 'CallExpression' && /\blog\.\w+$/.test(code.slice(node.start, node.callee.end))
  );
}
