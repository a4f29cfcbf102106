import { exceeds } from '../../lib/usd.ts';
import type { Context } from '../shared/context.ts';
import { type Cost, Failure } from '../shared/failure.ts';
import { concernsCost } from '../shared/usage-gap.ts';
import type { UsageRequest, UsageResult } from './usage.ts';

type Thresholds = Pick<UsageRequest, 'warnAbove' | 'failAbove' | 'failIfIncomplete'>;

/**
 * The failure of the step if the cost is above `failAbove`, or if any figure is incomplete and must not
 * be. A cost that equals `failAbove` does not fail. An incomplete one can be above it, which says more.
 */
export function usageFailure(
  result: UsageResult,
  { failAbove, failIfIncomplete }: Thresholds,
): Failure | undefined {
  const cost = toCost(result);
  if (failAbove !== undefined && exceeds(result.cost, failAbove)) {
    return new Failure('spending-above-limit', { ...cost, limit: failAbove });
  }
  if (failIfIncomplete && result.gaps.length > 0) {
    return new Failure('figures-incomplete', { ...cost, allGaps: result.gaps });
  }
  return undefined;
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
  const fails = failAbove !== undefined && exceeds(result.cost, failAbove);
  if (!fails && warnAbove !== undefined && exceeds(result.cost, warnAbove)) {
    warn('spending-above-warning', { ...cost, threshold: warnAbove });
  }
  const thresholds = { 'warn-above-usd': warnAbove, 'fail-above-usd': failAbove };
  const undecided = Object.entries(thresholds).flatMap(([input, threshold]) =>
    threshold !== undefined && !exceeds(result.cost, threshold) ? [input] : [],
  );
  if (!failIfIncomplete && undecided.length > 0 && cost.gaps.length > 0) {
    warn('usage-incomplete', { ...cost, undecided });
  }
}

function toCost(result: UsageResult): Cost {
  return { ...result, gaps: result.gaps.filter(concernsCost) };
}
