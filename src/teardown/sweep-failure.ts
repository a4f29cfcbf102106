import { Failure } from '../shared/failure.ts';
import { sweepIncomplete, tooManyStale } from './failures.ts';
import type { SweepResult } from './sweep-result.ts';

/**
 * The failure of the step after a sweep, if it fails.
 * @param check what to check before more are deleted
 */
export function sweepFailure(
  result: SweepResult,
  { maxDeletions, check }: { maxDeletions: number; check: string },
): Failure | undefined {
  if (result.tooMany.length > 0) {
    return new Failure(tooManyStale, { result, maxDeletions, check });
  }
  return result.failed.length > 0 ? new Failure(sweepIncomplete, { result }) : undefined;
}
