import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyNode, parse } from 'acorn';
import { ROOT } from './root.ts';

/** The syntax nodes of the bundle, each before its parts. */
export function bundleNodes(): AnyNode[] {
  const code = readFileSync(join(ROOT, 'dist/index.js'), 'utf8');
  return [...nodesIn(parse(code, { ecmaVersion: 'latest' }))];
}

/** `node` and everything in it. */
export function* nodesIn(node: AnyNode): Generator<AnyNode> {
  yield node;
  for (const child of Object.values(node).flat()) {
    if (typeof child?.type === 'string') yield* nodesIn(child);
  }
}
