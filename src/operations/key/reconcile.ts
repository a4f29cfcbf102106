import { FAILURE_CLASSES } from '../../http/retry-policy.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import { countAmbiguous, type Decision, type Round } from '../shared/create-once.ts';
import { findOrphans, type OrphanSearch } from './orphans.ts';

/** What was known before the first POST. */
export interface KeyFacts {
  search: OrphanSearch;
  /** Whether a key did not exist before. */
  isNew(key: Key): boolean;
}

/** API keys that may be orphans of this step or keys of another job. */
type Indistinguishable = readonly Key[];

/**
 * Decides what to do after a failed `POST /keys`. It may have created a key whose secret the API never
 * returns again. Such an orphan is deleted before the next POST.
 */
export function reconcileKey(
  rounds: readonly Round<readonly Key[]>[],
  { search, isNew }: KeyFacts,
): Decision<Indistinguishable, Key> {
  const { failure, found, deleted } = rounds.at(-1) as Round<readonly Key[]>;
  const { retryable, ambiguous } = FAILURE_CLASSES[failure.kind];
  const maxOrphans = countPossibleOrphans(rounds);
  const conclusion = { kind: retryable ? 'retry' : 'give-up', ambiguous: maxOrphans > 0 } as const;
  if (!ambiguous || failure.kind === 'aborted' || deleted !== undefined) return conclusion;
  if (!found) return { kind: 'lookup', ambiguous: true };
  const orphans = findOrphans(found, { ...search, maxOrphans }, isNew);
  if (orphans.keys.length === 0) return conclusion;
  return orphans.isConclusive
    ? { kind: 'delete', orphans: orphans.keys }
    : { kind: 'done', result: orphans.keys };
}

/** Counts the orphans that may exist or may still appear. */
export function countPossibleOrphans(rounds: readonly Round<unknown>[]): number {
  const deleted = rounds.reduce((sum, round) => sum + (round.deleted ?? 0), 0);
  return countAmbiguous(rounds) - deleted;
}
