import { FAILURE_CLASSES } from '../../http/retry-policy.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import { countAmbiguous, type Decision, type Round } from '../shared/create-once.ts';
import type { OrphanDeletion } from './orphans.ts';

/** API keys that may be orphans of this step or keys of another job. */
type Undecided = readonly Key[];

/**
 * Decides what to do after a failed `POST /keys`. It may have created a key whose secret the API never
 * returns again. Such an orphan is deleted before the next POST.
 */
export function reconcileKey(rounds: readonly Round<OrphanDeletion>[]): Decision<Undecided> {
  const { failure, found } = rounds.at(-1) as Round<OrphanDeletion>;
  const { retryable, ambiguous } = FAILURE_CLASSES[failure.kind];
  if (ambiguous && failure.kind !== 'aborted' && !found) return { kind: 'lookup', ambiguous: true };
  if (found && found.undecided.length > 0) return { kind: 'done', result: found.undecided };
  return { kind: retryable ? 'retry' : 'give-up', ambiguous: countPossibleOrphans(rounds) > 0 };
}

/** Counts the orphans that may exist or may still appear. */
export function countPossibleOrphans(rounds: readonly Round<OrphanDeletion>[]): number {
  const deleted = rounds.reduce((sum, { found }) => sum + (found?.deleted ?? 0), 0);
  return countAmbiguous(rounds) - deleted;
}
