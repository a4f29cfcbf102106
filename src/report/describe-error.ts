import { ApiError } from '../openrouter/api-error.ts';
import { Failure } from '../operations/shared/failure.ts';
import { describeApiError } from './describe-api-error.ts';
import { describeFailure } from './describe-failure.ts';
import type { Description } from './description.ts';

/** The code of an error that no one expected. */
export const INTERNAL_ERROR = 'internal-error';

/** Describes any error, for the person who has to act on it. */
export function describeError(error: unknown): Description {
  if (error instanceof Failure) return describeFailure(error);
  if (error instanceof ApiError) return describeApiError(error.details);
  return {
    code: INTERNAL_ERROR,
    title: 'Internal error in this action',
    lines: [
      error instanceof Error ? (error.stack ?? error.message) : String(error),
      'This is a defect of the action and not of the workflow. Please report it, with this log.',
    ],
  };
}
