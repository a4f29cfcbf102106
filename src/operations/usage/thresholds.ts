import { exceeds } from '../../lib/usd.ts';
import type { Context } from '../shared/context.ts';
import { type Cost, Failure } from '../shared/failure.ts';
import { concernsCost } from '../shared/usage-gap.ts';
import type { UsageRequest, UsageResult } from './usage.ts';

type Thresholds = Pick<UsageRequest, 'warnAbove' | 'failAbove'>;

/** The failure of the step if the cost is above `failAbove`. A cost that equals it does not fail. */
export function spendingFailure(
  result: UsageResult,
  { failAbove }: Thresholds,
): Failure | undefined {
  if (failAbove === undefined || !exceeds(result.cost, failAbove)) return undefined;
  return new Failure('spending-above-limit', { ...toCost(result), limit: failAbove });
}

/**
 * Warns if the cost is above `warnAbove`, and if an incomplete cost is not above a threshold: the
 * true cost may be.
 */
export function warnOnCost(
  result: UsageResult,
  { warnAbove, failAbove }: Thresholds,
  { warn }: Pick<Context, 'warn'>,
): void {
  const cost = toCost(result);
  if (warnAbove !== undefined && exceeds(result.cost, warnAbove)) {
    warn('spending-above-warning', { ...cost, threshold: warnAbove });
  }
  const thresholds = { 'warn-above-usd': warnAbove, 'fail-above-usd': failAbove };
  const undecided = Object.entries(thresholds).flatMap(([input, threshold]) =>
    threshold !== undefined && !exceeds(result.cost, threshold) ? [input] : [],
  );
  if (undecided.length > 0 && cost.gaps.length > 0) {
    warn('usage-incomplete', { ...cost, undecided });
  }
}

function toCost(result: UsageResult): Cost {
  return { ...result, gaps: result.gaps.filter(concernsCost) };
}
