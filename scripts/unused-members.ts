import { type AnyNode, type Class, parse } from 'acorn';
import { nodesIn } from './nodes-in.ts';

/**
 * Methods that nothing calls, although their names are in use elsewhere, by class. `HttpClient` is
 * used by `src/openrouter/transport.ts` alone, which sends each request with `requestRawWithCallback`.
 */
const UNCALLED: Readonly<Record<string, readonly string[]>> = {
  HttpClient: ['request', 'options', 'get', 'patch', 'head'],
};

/** Methods that JavaScript itself calls. */
const IMPLICIT = ['constructor', 'toString', 'valueOf', 'toJSON', 'then'];

/**
 * Removes from a bundle what terser keeps although nothing uses it: methods and enums of TypeScript
 * whose name nothing else mentions, and the methods in `UNCALLED`. A class that extends another is
 * left as it is, because the other may call its methods.
 * @throws {Error} if a method in `UNCALLED` is called by its own class
 */
export function removeUnusedMembers(bundle: string): string {
  const nodes = [...nodesIn(parse(bundle, { ecmaVersion: 'latest' }))];
  const mentions = countMentions(nodes);
  const unused = nodes.flatMap((node) => {
    if (node.type === 'ClassDeclaration') return unusedMethods(node, mentions);
    return isUnusedEnum(node, mentions) ? [node] : [];
  });
  if (unused.length === 0) {
    for (const node of nodes) if (node.type === 'ClassDeclaration') assertUncalled(node);
    return bundle;
  }
  // Without these, others may be unused too.
  return removeUnusedMembers(
    unused
      .sort((a, b) => b.start - a.start)
      .reduce((code, { start, end }) => code.slice(0, start) + code.slice(end), bundle),
  );
}

type Mentions = ReadonlyMap<unknown, number>;

/** How often each name occurs, as an identifier or as a text. */
function countMentions(nodes: Iterable<AnyNode>): Mentions {
  const mentions = new Map<unknown, number>();
  for (const node of nodes) {
    const name = mentionedBy(node);
    mentions.set(name, (mentions.get(name) ?? 0) + 1);
  }
  return mentions;
}

function mentionedBy(node: AnyNode): unknown {
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') return node.name;
  return node.type === 'Literal' ? node.value : undefined;
}

function unusedMethods(node: Class, mentions: Mentions): AnyNode[] {
  if (node.superClass) return [];
  const uncalled = uncalledOf(node);
  return node.body.body.filter((member) => {
    if (member.type !== 'MethodDefinition' || member.computed) return false;
    const name = String(mentionedBy(member.key));
    return uncalled.includes(name) || (mentions.get(name) === 1 && !IMPLICIT.includes(name));
  });
}

/** The methods in `UNCALLED` of a class. ncc may have prefixed its name: `lib_HttpClient`. */
function uncalledOf({ id }: Class): readonly string[] {
  return UNCALLED[id?.name.replace(/^.*_/, '') ?? ''] ?? [];
}

function assertUncalled(node: Class): void {
  const uncalled = uncalledOf(node);
  for (const other of nodesIn(node.body)) {
    if (other.type !== 'MemberExpression' || other.object.type !== 'ThisExpression') continue;
    const name = String(mentionedBy(other.property));
    if (uncalled.includes(name)) throw new Error(`${node.id?.name} calls its method ${name}`);
  }
}

/** Whether `node` is `(function (Name) { … })(Name || (Name = {}))`, and only a `var` has the name too. */
function isUnusedEnum(node: AnyNode, mentions: Mentions): boolean {
  if (node.type !== 'ExpressionStatement' || node.expression.type !== 'CallExpression')
    return false;
  const { callee, arguments: values } = node.expression;
  const [value] = values;
  if (callee.type !== 'FunctionExpression' || value?.type !== 'LogicalExpression') return false;
  if (value.right.type !== 'AssignmentExpression') return false;
  const name = mentionedBy(value.left);
  return mentions.get(name) === (countMentions(nodesIn(node)).get(name) ?? 0) + 1;
}
