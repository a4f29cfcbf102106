import { Failure } from '../shared/failure.ts';
import { sweepIncomplete, tooManyStale } from './failures.ts';
import { meaningOf, type SweepKind, type SweepResult } from './sweep-result.ts';

/** The failure of the step after a sweep, if it fails. */
export function sweepFailure(
  result: SweepResult,
  { kind, maxDeletions }: { kind: SweepKind; maxDeletions: number },
): Failure | undefined {
  const meaning = meaningOf(result);
  if (meaning === 'too-many') return new Failure(tooManyStale, { result, kind, maxDeletions });
  return meaning === 'incomplete' ? new Failure(sweepIncomplete, { result, kind }) : undefined;
}
