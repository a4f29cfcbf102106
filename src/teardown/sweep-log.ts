import { formatSeconds, truncateList } from '../lib/format.ts';
import type { Context } from '../shared/context.ts';
import { meaningOf, type SweepResult, TOO_MANY, withOutcome } from './sweep-result.ts';

/** The most workspaces that the log lists. */
const MAX_LOGGED = 1_000;

/**
 * Logs how a sweep, or a clean-up of previews, ends.
 * @param start when it began, by the clock of the step
 */
export function logEnd(
  result: SweepResult,
  { dryRun, start }: { dryRun: boolean; start: number },
  { log, clock }: Pick<Context, 'log' | 'clock'>,
): void {
  if (meaningOf(result) === 'too-many') {
    log.info(`Nothing was deleted: ${TOO_MANY}.`);
    const lines = withOutcome(result, 'too-many').map(({ slug, reason }) => `${slug}, ${reason}`);
    for (const line of truncateList(lines, MAX_LOGGED)) log.info(`  ${line}`);
  } else if (dryRun) {
    for (const { slug, reason } of withOutcome(result, 'would-delete')) {
      log.info(`  ${slug}, ${reason}: would be deleted.`);
    }
    log.info('Dry run: nothing was deleted.');
  } else {
    const deleted = withOutcome(result, 'deleted').length;
    const others = withOutcome(result, 'kept', 'unread').length;
    const seconds = formatSeconds(clock.now() - start);
    log.info(`Deleted ${deleted} of ${result.length - others}, in ${seconds}.`);
  }
}
