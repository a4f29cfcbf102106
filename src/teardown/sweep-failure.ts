import { Failure } from '../shared/failure.ts';
import { sweepIncomplete, tooManyStale } from './failures.ts';
import { meaningOf, type SweepResult } from './sweep-result.ts';

/**
 * The failure of the step after a sweep, if it fails.
 * @param check what to check before more are deleted
 */
export function sweepFailure(
  result: SweepResult,
  { maxDeletions, check }: { maxDeletions: number; check: string },
): Failure | undefined {
  const meaning = meaningOf(result);
  if (meaning === 'too-many') return new Failure(tooManyStale, { result, maxDeletions, check });
  return meaning === 'incomplete' ? new Failure(sweepIncomplete, { result }) : undefined;
}
