import type { Usd } from '../../lib/usd.ts';
import { keyState, limitOf } from '../../openrouter/resources/keys.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import {
  figuresIncomplete,
  keyUnusable,
  remainingTooLow,
  remainingUnknown,
  spendingAboveLimit,
  spendingAboveWarning,
  usageIncomplete,
} from './failures.ts';
import type { UsageRequest } from './read-usage.ts';
import { isAbove, isLowerBound, type UsageResult } from './result.ts';

type Thresholds = Pick<
  UsageRequest,
  'warnAbove' | 'failAbove' | 'failBelowRemaining' | 'failIfIncomplete'
>;

/**
 * The failure of the step if the cost is above `failAbove`, if less than `failBelowRemaining` can be spent
 * with the key, or if any figure is incomplete and must not be. An amount that equals its threshold does
 * not fail. What is incomplete comes last: the others say more.
 */
export function usageFailure(
  result: UsageResult,
  { failAbove, failBelowRemaining, failIfIncomplete }: Thresholds,
): Failure | undefined {
  if (isAbove(failAbove, result)) {
    return new Failure(spendingAboveLimit, { result, limit: failAbove });
  }
  if (failBelowRemaining !== undefined) {
    const failure = remainingFailure(result, failBelowRemaining);
    if (failure) return failure;
  }
  if (failIfIncomplete && result.gaps.length > 0) {
    return new Failure(figuresIncomplete, { result });
  }
  return undefined;
}

/**
 * The failure of the step if less than `minimum` can be spent with its key, or if that is unknown. Any amount can be
 * spent without a limit, and none with a key that OpenRouter rejects or that was deleted.
 */
function remainingFailure(result: UsageResult, minimum: Usd): Failure | undefined {
  const { spender, serverTime } = result;
  if (spender.kind === 'workspace') return undefined;
  if (spender.kind === 'deleted-key') {
    const { hash } = spender;
    return new Failure(keyUnusable, { result, hash, state: 'deleted', minimum });
  }
  const { key } = spender;
  const facts = { result, key, minimum };
  const state = keyState(key, serverTime);
  if (state !== 'works') {
    return new Failure(keyUnusable, { result, hash: key.hash, state, minimum });
  }
  if (key.limit === null) return undefined;
  const limit = limitOf(key);
  if (limit?.remaining === undefined) return new Failure(remainingUnknown, facts);
  if (minimum <= limit.remaining) return undefined;
  return new Failure(remainingTooLow, { ...facts, limit, remaining: limit.remaining });
}

/**
 * Warns if the cost is above `warnAbove`, and if an incomplete cost is not above a threshold: the
 * true cost may be. Does not warn of what fails the step.
 */
export function warnOnCost(
  result: UsageResult,
  { warnAbove, failAbove, failIfIncomplete }: Thresholds,
  { warn }: Pick<Context, 'warn'>,
): void {
  const fails = isAbove(failAbove, result);
  if (!fails && isAbove(warnAbove, result)) {
    warn(spendingAboveWarning, { result, threshold: warnAbove });
  }
  const thresholds = { 'warn-above-usd': warnAbove, 'fail-above-usd': failAbove };
  const undecided = Object.entries(thresholds).flatMap(([input, threshold]) =>
    threshold !== undefined && result.cost <= threshold ? [input] : [],
  );
  if (!failIfIncomplete && undecided.length > 0 && isLowerBound(result)) {
    warn(usageIncomplete, { result, undecided });
  }
}
