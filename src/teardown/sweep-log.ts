import { formatSeconds } from '../lib/format.ts';
import type { Context } from '../shared/context.ts';
import { type SweepResult, TOO_MANY } from './sweep-result.ts';

/**
 * Logs how a sweep, or a clean-up of previews, ends.
 * @param start when it began, by the clock of the step
 */
export function logEnd(
  { deleted, wouldDelete, tooMany, staleCount }: SweepResult,
  { dryRun, start }: { dryRun: boolean; start: number },
  { log, clock }: Pick<Context, 'log' | 'clock'>,
): void {
  if (tooMany.length > 0) {
    log.info(`Nothing was deleted: ${TOO_MANY}.`);
    for (const { slug, reason } of tooMany) log.info(`  ${slug}, ${reason}`);
  } else if (dryRun) {
    for (const { slug, reason } of wouldDelete) log.info(`  ${slug}, ${reason}: would be deleted.`);
    log.info('Dry run: nothing was deleted.');
  } else {
    const seconds = formatSeconds(clock.now() - start);
    log.info(`Deleted ${deleted.length} of ${staleCount}, in ${seconds}.`);
  }
}
