import { types } from 'node:util';
import type { Effect } from '../http/effect.ts';
import { ApiError } from '../http/request.ts';
import { Cancellation } from '../lib/cancellation.ts';
import { Failure, type WarningKind } from '../shared/failure.ts';
import { type ApiErrorCode, describeApiError } from './describe-api-error.ts';
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
  if (error instanceof Cancellation) return describeCancellation(error);
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

/** Describes the end of a step that no request has failed. */
function describeCancellation({ received }: Cancellation): Description {
  return {
    code: 'cancelled' satisfies ApiErrorCode,
    title: `The run was cancelled (${received})`,
    lines: [
      'The step ended with the response to its last request. What that has created or changed is in the log and in the outputs. What had to follow was not done.',
    ],
  };
}

function describeFailure({ kind, details, code }: Failure, effect: Effect): Description {
  const { lines, effect: known, ...text } = kind.describe(details, effect);
  return { code, ...text, lines: [...lines, ...(known ?? [describeEffect(effect)])] };
}

/** Describes a warning. */
export function describeWarning<Facts>(
  kind: WarningKind<Facts>,
  facts: NoInfer<Facts>,
): Description {
  return { code: kind.code, ...kind.describe(facts) };
}
