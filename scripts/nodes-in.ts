import type { AnyNode } from 'acorn';

/** `node` and every node in it. */
export function* nodesIn(node: AnyNode): Generator<AnyNode> {
  yield node;
  for (const child of Object.values(node).flat()) {
    if (typeof child?.type === 'string') yield* nodesIn(child);
  }
}
