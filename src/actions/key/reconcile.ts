import type { Decision, FailedAttempt } from '../../creation/post-once.ts';
import { FAILURE_CLASSES } from '../../http/retry-policy.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import { countPossibleOrphans, type OrphanDeletion } from './orphans.ts';

/** API keys that may be orphans of this step or keys of another job. */
type Undecided = readonly Key[];

/**
 * Decides what to do after a failed `POST /keys`. It may have created a key whose secret the API never
 * returns again. Such an orphan is deleted before the next POST.
 */
export function reconcileKey(
  attempts: readonly FailedAttempt<OrphanDeletion>[],
): Decision<Undecided> {
  const { failure, found } = attempts.at(-1) as FailedAttempt<OrphanDeletion>;
  const { retryable, ambiguous } = FAILURE_CLASSES[failure.kind];
  if (ambiguous && failure.kind !== 'aborted' && !found) return { kind: 'settle', ambiguous: true };
  if (found && found.undecided.length > 0) return { kind: 'done', result: found.undecided };
  return { kind: retryable ? 'retry' : 'give-up', ambiguous: countPossibleOrphans(attempts) > 0 };
}
