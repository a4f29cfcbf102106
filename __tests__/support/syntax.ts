import type { AnyNode, CallExpression } from 'acorn';

/** `node` and all that is in it, each before what it holds. */
export function* nodesIn(node: AnyNode): Generator<AnyNode> {
  yield node;
  for (const child of Object.values(node).flat()) {
    if (typeof child?.type === 'string') yield* nodesIn(child);
  }
}

/** `warning`, of `log.warning(…)`. */
export function calledBy({ callee }: CallExpression): string | undefined {
  return nameOf(callee.type === 'MemberExpression' ? callee.property : callee);
}

export function nameOf(node: AnyNode): string | undefined {
  return node.type === 'Identifier' ? node.name : undefined;
}
