import { types } from 'node:util';
import type { Effect } from '../http/effect.ts';
import { ApiError } from '../http/request.ts';
import { Failure } from '../shared/failure.ts';
import { apiErrorCodes, describeApiError } from './describe-api-error.ts';
import { describeFailure, failureCodes } from './describe-failure.ts';
import { warningCodes } from './describe-warning.ts';
import { type Description, describeEffect } from './description.ts';

/** The code of an error that no one expected. */
export const INTERNAL_ERROR = 'internal-error';

/**
 * Describes any error, for the person who has to act on it.
 * @param effect what the step may have changed at OpenRouter
 */
export function describeError(error: unknown, effect: Effect): Description {
  if (error instanceof Failure) return describeFailure(error, effect);
  if (error instanceof ApiError) return describeApiError(error.details, effect);
  return {
    code: INTERNAL_ERROR,
    title: 'Internal error in this action',
    lines: [
      types.isNativeError(error) ? (error.stack ?? error.message) : String(error),
      'This is a defect of the action and not of the workflow. Please report it, with this log.',
      describeEffect(effect),
    ],
  };
}

/** Every code that an annotation can have. Each has a section of `docs/troubleshooting.md`. */
export function allCodes(): ReadonlySet<string> {
  return new Set([...failureCodes(), ...warningCodes(), ...apiErrorCodes(), INTERNAL_ERROR]);
}
