import type { Names } from './description.ts';

/** A name that only one side has. */
export interface Difference {
  kind: 'new' | 'removed';
  /** Where the name is: `the body of PATCH /workspaces/:id`. */
  place: string;
  name: string;
}

const PARTS = [
  { part: 'parameters', name: 'query' },
  { part: 'body', name: 'body' },
  { part: 'response', name: 'response' },
] as const;

/**
 * Compares what is known of the API with its descriptions, which can be of different ages. A name is
 * new if one of them has it, and removed if none of them has it.
 */
export function compareNames(known: Names, descriptions: readonly Names[]): Difference[] {
  return Object.entries(known).flatMap(([call, parts]) =>
    PARTS.flatMap(({ part, name: partName }) => {
      const place = `the ${partName} of ${call}`;
      const ours = new Set(parts[part]);
      const theirs = new Set(descriptions.flatMap((described) => described[call]?.[part] ?? []));
      const without = (names: Set<string>, others: Set<string>) =>
        [...names].filter((name) => !others.has(name)).sort();
      return [
        ...without(theirs, ours).map((name) => ({ kind: 'new' as const, place, name })),
        ...without(ours, theirs).map((name) => ({ kind: 'removed' as const, place, name })),
      ];
    }),
  );
}

/** `New in the query of GET /keys: "include_expired"` */
export function formatDifference({ kind, place, name }: Difference): string {
  return `${kind === 'new' ? 'New in' : 'Not described in'} ${place}: ${JSON.stringify(name)}`;
}
