import { forEachOf } from '../../http/client.ts';
import { abortReason } from '../../lib/clock.ts';
import { countWorkspaces, formatAge } from '../../lib/format.ts';
import { matches } from '../../lib/glob.ts';
import { totalSpent } from '../../openrouter/resources/keys.ts';
import {
  isDefault,
  type ListedWorkspace,
  listWorkspaces,
} from '../../openrouter/resources/workspaces.ts';
import { createdAt } from '../../openrouter/time.ts';
import type { Context } from '../../shared/context.ts';
import { clocksDiffer } from '../../shared/failures.ts';
import { type DifferingClocks, differingClocks } from '../../shared/time-window.ts';
import { workspaceHasKeys } from '../../teardown/failures.ts';
import { logEnd } from '../../teardown/sweep-log.ts';
import {
  KEYS_NOT_CHECKED,
  type SweepEntry,
  type SweepResult,
  TOO_MANY,
  withSafeReasons,
} from '../../teardown/sweep-result.ts';
import { teardown } from '../../teardown/teardown.ts';

/** What to sweep, as the author of the workflow requested it. */
export interface SweepRequest {
  /** The glob that the slug must match. */
  slugPattern: string;
  /** The minimum age in milliseconds. */
  olderThanMs: number;
  /** Globs of slugs that are never deleted. */
  keep: readonly string[];
  deleteKeys: boolean;
  /** If more workspaces are stale, none is deleted. */
  maxDeletions: number;
  /** List what would be deleted, but delete nothing. */
  dryRun: boolean;
  timeoutMs: number;
}

/** The maximum number of kept workspaces in the result. */
const MAX_SHOWN = 1_000;

/** The share of the step's timeout for one workspace, so that a slow one leaves time for the others. */
const TIMEOUT_SHARE = 1 / 5;

/**
 * Deletes the stale workspaces: those that match the pattern, are old enough, and match nothing in
 * `keep`. A failure does not stop the other deletions.
 * @throws {ApiError} if the workspaces cannot be listed; then none is deleted
 */
export async function sweep(request: SweepRequest, context: Context): Promise<SweepResult> {
  const { log, clock } = context;
  const start = clock.now();
  const found = await findStale(request, context);
  const { stale, staleCount, kept, keptCount } = found;
  log.info(
    `Stale: ${countWorkspaces(staleCount)}. Kept, although the slug matches slug-pattern: ${countWorkspaces(keptCount)}.`,
  );
  const nothing = { deleted: [], failed: [], alreadyDeleted: [], wouldDelete: [], tooMany: [] };
  const result: SweepResult = { ...nothing, kept, staleCount, keptCount };

  const ending = { dryRun: request.dryRun, start };
  if (staleCount > request.maxDeletions) {
    logEnd({ ...result, tooMany: stale }, ending, context);
    return { ...result, tooMany: stale.map((entry) => ({ ...entry, reason: TOO_MANY })) };
  }
  if (request.dryRun && !request.deleteKeys) log.info(KEYS_NOT_CHECKED);
  const outcomes = request.dryRun
    ? { wouldDelete: stale }
    : await deleteAll(stale, request, context);
  const ended = { ...result, ...outcomes };
  logEnd(ended, ending, context);
  return ended;
}

interface Found {
  /** The stale workspaces. The list is cut if there are more than may be deleted. */
  stale: SweepEntry[];
  staleCount: number;
  kept: SweepEntry[];
  keptCount: number;
}

async function findStale(
  request: SweepRequest,
  { client, timeOfDay, log, warn }: Context,
): Promise<Found> {
  log.info(
    `Looking for workspaces with a slug that matches ${request.slugPattern}, older than ${formatAge(request.olderThanMs)}.`,
  );
  const found: Found = { stale: [], staleCount: 0, kept: [], keptCount: 0 };
  const maxStale = Math.max(request.maxDeletions, MAX_SHOWN);
  let differing: DifferingClocks | undefined;
  for await (const { items, serverTime } of listWorkspaces(client)) {
    const clocks = differingClocks({ server: serverTime, runner: timeOfDay() });
    differing ??= clocks;
    // The younger age is the safer one.
    const now = clocks ? Math.min(clocks.server, clocks.runner) : serverTime;
    for (const workspace of items.filter(({ slug }) => matches(request.slugPattern, slug))) {
      const age = ageOf(workspace, now);
      const { id, slug, created_at = null } = workspace;
      const toEntry = (reason: string) => ({ id, slug, created_at, age, reason });
      const reason = reasonToKeep(workspace, age, request);
      if (reason === undefined) {
        if (found.staleCount < maxStale) found.stale.push(toEntry(`${formatAge(age ?? 0)} old`));
        found.staleCount += 1;
      } else {
        if (found.keptCount < MAX_SHOWN) found.kept.push(toEntry(reason));
        found.keptCount += 1;
      }
    }
  }
  if (differing) warn(clocksDiffer, { ...differing, purpose: 'age' });
  return found;
}

function ageOf(workspace: ListedWorkspace, now: number | undefined): number | undefined {
  const created = createdAt(workspace);
  return now === undefined || created === undefined ? undefined : now - created;
}

/** Why a workspace that matches the pattern is not stale; undefined if it is stale. */
function reasonToKeep(
  workspace: ListedWorkspace,
  age: number | undefined,
  { keep, olderThanMs }: SweepRequest,
): string | undefined {
  if (isDefault(workspace)) return 'the default workspace';
  const glob = keep.find((pattern) => matches(pattern, workspace.slug));
  if (glob !== undefined) return `matches ${glob} in keep`;
  if (age === undefined) return 'its age is unknown';
  return age > olderThanMs ? undefined : `only ${formatAge(age)} old`;
}

/** Deletes stale workspaces, a few at once. */
async function deleteAll(
  stale: readonly SweepEntry[],
  request: SweepRequest,
  context: Context,
): Promise<Pick<SweepResult, DeletionOutcome>> {
  const outcomes: Record<DeletionOutcome, SweepEntry[]> = {
    deleted: [],
    alreadyDeleted: [],
    failed: [],
  };
  await forEachOf(stale, async (entry) => {
    const { outcome, ...changes } = await deleteStale(entry, request, context);
    outcomes[outcome].push({ ...entry, ...changes });
  });
  return { ...outcomes, failed: withSafeReasons(outcomes.failed, context) };
}

/** The list of the result that a stale workspace goes to. */
type DeletionOutcome = 'deleted' | 'alreadyDeleted' | 'failed';

/** Deletes a stale workspace. Returns the outcome, and what changes in its entry. */
async function deleteStale(
  { id, slug, reason }: SweepEntry,
  { deleteKeys, timeoutMs }: SweepRequest,
  context: Context,
): Promise<
  { outcome: DeletionOutcome } & Partial<
    Pick<SweepEntry, 'reason' | 'error' | 'hasKeys' | 'keysSpent'>
  >
> {
  const { log, signal } = context;
  if (signal.aborted) {
    return { outcome: 'failed', reason: `not attempted: ${abortReason(signal)}` };
  }
  const client = context.client.withShare(timeoutMs * TIMEOUT_SHARE);
  const options = { deleteKeys, relistKeys: false };
  const result = await teardown({ id, slug }, options, { ...context, client });
  const keys = `API keys deleted: ${result.deletedKeys.length}`;
  const spent = result.deletedKeys.length > 0 ? { keysSpent: totalSpent(result.deletedKeys) } : {};
  if (!result.problem) {
    const done = result.deleted ? 'Deleted' : 'Another job had deleted';
    log.info(`${done} ${slug}, id ${id}, ${reason}. ${keys}.`);
    return { outcome: result.deleted ? 'deleted' : 'alreadyDeleted', ...spent };
  }
  const why = `${result.problem.message}${result.deletedKeys.length > 0 ? `; ${keys}` : ''}`;
  // The failure of the step says why.
  log.info(`Could not delete ${slug}, id ${id}.`);
  const hasKeys = result.problem.is(workspaceHasKeys);
  return { outcome: 'failed', reason: why, error: result.problem, hasKeys, ...spent };
}
