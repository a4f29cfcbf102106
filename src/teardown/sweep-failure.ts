import { Failure } from '../shared/failure.ts';
import type { SweepResult } from '../shared/sweep-result.ts';

/**
 * The failure of the step after a sweep, if it fails.
 * @param check what to check before more are deleted
 */
export function sweepFailure(
  result: SweepResult,
  { maxDeletions, check }: { maxDeletions: number; check: string },
): Failure | undefined {
  if (result.tooMany.length > 0) {
    return new Failure('too-many-stale', { result, maxDeletions, check });
  }
  return result.failed.length > 0 ? new Failure('sweep-incomplete', { result }) : undefined;
}
