import { forEachOf } from '../http/client.ts';
import { ApiError, formatCause } from '../http/request.ts';
import { abortReason } from '../lib/clock.ts';
import { formatSeconds, truncateList } from '../lib/format.ts';
import type { Context } from '../shared/context.ts';
import type { Failure } from '../shared/failure.ts';
import { type Deletion, type FoundWorkspace, type SweptWorkspace, withOutcome } from './outcome.ts';

interface StaleOptions<Stale> {
  /** If more workspaces are stale, none is deleted. */
  maxDeletions: number;
  /** List what would be deleted, but delete nothing. */
  dryRun: boolean;
  /** Deletes one. What it returns as `reason` replaces why the workspace is stale. */
  deleteOne(workspace: Stale): Promise<Deletion & { reason?: string }>;
}

const TOO_MANY = 'more workspaces are stale than max-deletions allows';

/** The most workspaces that the log lists. */
const MAX_LOGGED = 1_000;

/** Deletes stale workspaces, a few at once, unless they are too many. A failure does not stop the other deletions. */
export async function deleteStale<Stale extends FoundWorkspace>(
  stale: readonly Stale[],
  { maxDeletions, dryRun, deleteOne }: StaleOptions<Stale>,
  context: Context,
): Promise<SweptWorkspace[]> {
  const { log, clock, signal } = context;
  const isTooMany = stale.length > maxDeletions;
  if (isTooMany || dryRun) {
    log.info(isTooMany ? `Nothing was deleted: ${TOO_MANY}.` : 'Dry run: nothing was deleted.');
    const lines = stale.map(({ slug, reason }) => `  ${JSON.stringify(slug)}, ${reason}`);
    for (const line of truncateList(lines, MAX_LOGGED)) log.info(line);
    const planned = isTooMany
      ? { outcome: 'too-many' as const, keys: [], reason: TOO_MANY }
      : { outcome: 'would-delete' as const, keys: [] };
    return stale.map((workspace) => ({ ...workspace, ...planned }));
  }
  const start = clock.now();
  const ended: SweptWorkspace[] = [];
  await forEachOf(stale, async (workspace) => {
    const deletion = signal.aborted ? notAttempted(signal) : await deleteOne(workspace);
    const entry = { ...workspace, ...deletion };
    ended.push(entry.outcome === 'failed' ? failed(entry, entry.failure, context) : entry);
  });
  const { length: count } = withOutcome(ended, 'deleted');
  log.info(`Deleted ${count} of ${stale.length}, in ${formatSeconds(clock.now() - start)}.`);
  return ended;
}

function notAttempted(signal: AbortSignal): Deletion & { reason: string } {
  return { outcome: 'failed', keys: [], reason: `not attempted: ${abortReason(signal)}` };
}

/** Logs why a workspace could not be deleted or checked, and returns it with that reason. */
export function failed(
  workspace: FoundWorkspace & Partial<Deletion>,
  failure: ApiError | Failure | undefined,
  { log, toLine }: Pick<Context, 'log' | 'toLine'>,
): SweptWorkspace {
  const cause = failure instanceof ApiError ? formatCause(failure.details) : failure?.message;
  const reason = toLine(cause ?? workspace.reason);
  log.info(`Could not delete ${JSON.stringify(workspace.slug)}: ${reason}`);
  return { keys: [], ...workspace, outcome: 'failed', reason, ...(failure && { failure }) };
}
