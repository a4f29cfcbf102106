import { formatSeconds, truncateList } from '../lib/format.ts';
import type { Context } from '../shared/context.ts';
import {
  meaningOf,
  type SweepResult,
  type SweptWorkspace,
  TOO_MANY,
  withOutcome,
} from './sweep-result.ts';

/** The most workspaces that the log lists. */
const MAX_LOGGED = 1_000;

/** Logs why a workspace could not be deleted, or could not be read. */
export function logFailure(
  { slug, outcome, reason }: SweptWorkspace,
  { log }: Pick<Context, 'log'>,
): void {
  if (outcome === 'failed') log.info(`Could not delete ${JSON.stringify(slug)}: ${reason}.`);
  if (outcome === 'unread') log.info(`Kept ${JSON.stringify(slug)}: ${reason}.`);
}

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
    const lines = withOutcome(result, 'too-many').map(
      ({ slug, reason }) => `${JSON.stringify(slug)}, ${reason}`,
    );
    for (const line of truncateList(lines, MAX_LOGGED)) log.info(`  ${line}`);
  } else if (dryRun) {
    for (const { slug, reason } of withOutcome(result, 'would-delete')) {
      log.info(`  ${JSON.stringify(slug)}, ${reason}: would be deleted.`);
    }
    log.info('Dry run: nothing was deleted.');
  } else {
    const deleted = withOutcome(result, 'deleted').length;
    const others = withOutcome(result, 'kept', 'unread').length;
    const seconds = formatSeconds(clock.now() - start);
    log.info(`Deleted ${deleted} of ${result.length - others}, in ${seconds}.`);
  }
}
