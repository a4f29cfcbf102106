import { FAILURE_CLASSES } from '../../openrouter/failure-class.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import type { Decision, Round } from '../shared/create-once.ts';
import { findOrphans, type OrphanSearch } from './orphans.ts';

/** What was known before the first POST. */
export interface KeyFacts {
  search: OrphanSearch;
  /** Whether a key did not exist before. */
  isNew(key: Key): boolean;
}

/** Keys of which some may be orphans of this step, and some another job's. */
export type Indistinguishable = readonly Key[];

/**
 * What follows after a `POST /keys` without a usable response. It may have created a key whose
 * secret is never shown again, so before the next POST such a key is found and deleted.
 */
export function reconcileKey(
  rounds: readonly Round<readonly Key[]>[],
  { search, isNew }: KeyFacts,
): Decision<Indistinguishable, Key> {
  const { failure, found, deleted } = rounds.at(-1) as Round<readonly Key[]>;
  const { retryable, ambiguous } = FAILURE_CLASSES[failure.kind];
  const maxOrphans = countPossibleOrphans(rounds);
  const goOn = { kind: retryable ? 'retry' : 'give-up', ambiguous: maxOrphans > 0 } as const;
  if (!ambiguous || failure.kind === 'aborted' || deleted !== undefined) return goOn;
  if (!found) return { kind: 'lookup', ambiguous: true };
  const orphans = findOrphans(found, { ...search, maxOrphans }, isNew);
  if (orphans.keys.length === 0) return goOn;
  return orphans.isConclusive
    ? { kind: 'delete', orphans: orphans.keys }
    : { kind: 'done', result: orphans.keys };
}

/** How many orphans may exist, or may still appear. */
export function countPossibleOrphans(rounds: readonly Round<unknown>[]): number {
  const ambiguous = rounds.filter(({ failure }) => FAILURE_CLASSES[failure.kind].ambiguous).length;
  const deleted = rounds.reduce((sum, round) => sum + (round.deleted ?? 0), 0);
  return ambiguous - deleted;
}
