import { types } from 'node:util';
import type { Effect } from '../http/effect.ts';
import { ApiError } from '../http/request.ts';
import { Cancellation } from '../lib/cancellation.ts';
import { Failure, type WarningKind } from '../shared/failure.ts';
import { type ApiErrorCode, describeApiError, describePart } from './describe-api-error.ts';
import {
  type Description,
  describeEffect,
  type EffectFacts,
  effectLines,
  formatLeftovers,
} from './description.ts';

/** The code of an error that no one expected. */
export const INTERNAL_ERROR = 'internal-error';

/**
 * Describes any error, for the person who has to act on it.
 * @param effect what the step may have changed at OpenRouter
 */
export function describeError(
  error: unknown,
  effect: Effect,
  context: EffectFacts = {},
): Description {
  const description = describeAlone(error, effect, context);
  const { leftovers = '', advice } = context;
  if (advice && error instanceof ApiError) {
    const { code, title, details } = description;
    const { lines } = describePart(error);
    return {
      code,
      title,
      // Nothing but a rejection needs more than that.
      lines: [...advice.lines, ...(error.details.kind === 'rejected' ? lines : [])],
      details: [...(details ?? []), ...advice.details],
    };
  }
  if (leftovers === '') return description;
  return { ...description, lines: [...description.lines, formatLeftovers(leftovers)] };
}

function describeAlone(error: unknown, effect: Effect, context: EffectFacts): Description {
  if (error instanceof Failure) return describeFailure(error, effect, context);
  if (error instanceof ApiError) return describeApiError(error.details, effect, context);
  if (error instanceof Cancellation) return describeCancellation(error);
  return {
    code: INTERNAL_ERROR,
    title: 'Internal error in this action',
    lines: [
      types.isNativeError(error) ? (error.stack ?? error.message) : String(error),
      'This is a defect of the action and not of the workflow. Please report it, with this log.',
      ...effectLines([describeEffect(effect)], context),
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

function describeFailure(
  { kind, details, code }: Failure,
  effect: Effect,
  context: EffectFacts,
): Description {
  const {
    lines,
    effect: ownEffect = [describeEffect(effect)],
    ...text
  } = kind.describe(details, effect);
  return { code, ...text, lines: [...lines, ...effectLines(ownEffect, context)] };
}

/** Describes a warning. */
export function describeWarning<Facts>(
  kind: WarningKind<Facts>,
  facts: NoInfer<Facts>,
): Description {
  return { code: kind.code, ...kind.describe(facts) };
}
