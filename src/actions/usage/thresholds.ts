import { exceeds, type Usd } from '../../lib/usd.ts';
import { type Key, limitOf } from '../../openrouter/resources/keys.ts';
import { unusableState } from '../../openrouter/unusable-key.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import {
  type Cost,
  figuresIncomplete,
  keyUnusable,
  remainingTooLow,
  remainingUnknown,
  spendingAboveLimit,
  spendingAboveWarning,
  usageIncomplete,
} from './failures.ts';
import type { UsageRequest, UsageResult } from './read-usage.ts';
import { concernsCost } from './usage-gap.ts';

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
  const { key, to } = result;
  const cost = toCost(result);
  if (isAbove(failAbove, result)) {
    return new Failure(spendingAboveLimit, { ...cost, limit: failAbove });
  }
  if (key && failBelowRemaining !== undefined) {
    const failure = remainingFailure(key, { minimum: failBelowRemaining, now: to });
    if (failure) return failure;
  }
  if (failIfIncomplete && result.gaps.length > 0) {
    return new Failure(figuresIncomplete, { ...cost, allGaps: result.gaps });
  }
  return undefined;
}

/**
 * The failure of the step if less than `minimum` can be spent with `key`, or if that is unknown. Any
 * amount can be spent without a limit, and none with a key that OpenRouter rejects.
 * @param now in milliseconds since 1970
 */
function remainingFailure(
  key: Key,
  { minimum, now }: { minimum: Usd; now: number },
): Failure | undefined {
  const state = unusableState(key, now);
  if (state) return new Failure(keyUnusable, { key, state });
  if (key['limit'] === null) return undefined;
  const limit = limitOf(key);
  if (limit?.remaining === undefined) return new Failure(remainingUnknown, { key, minimum });
  if (!exceeds(minimum, limit.remaining)) return undefined;
  return new Failure(remainingTooLow, { key, minimum, limit, remaining: limit.remaining });
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
  const cost = toCost(result);
  const fails = isAbove(failAbove, result);
  if (!fails && isAbove(warnAbove, result)) {
    warn(spendingAboveWarning, { ...cost, threshold: warnAbove });
  }
  const thresholds = { 'warn-above-usd': warnAbove, 'fail-above-usd': failAbove };
  const undecided = Object.entries(thresholds).flatMap(([input, threshold]) =>
    threshold !== undefined && !exceeds(result.cost, threshold) ? [input] : [],
  );
  if (!failIfIncomplete && undecided.length > 0 && cost.gaps.length > 0) {
    warn(usageIncomplete, { ...cost, undecided });
  }
}

/** Whether there is a threshold, and the cost is above it. */
export function isAbove(
  threshold: Usd | undefined,
  { cost }: Pick<UsageResult, 'cost'>,
): threshold is Usd {
  return threshold !== undefined && exceeds(cost, threshold);
}

function toCost(result: UsageResult): Cost {
  return { ...result, gaps: result.gaps.filter(concernsCost) };
}
