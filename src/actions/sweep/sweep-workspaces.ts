import { forEachOf } from '../../http/client.ts';
import { abortReason } from '../../lib/clock.ts';
import { countWorkspaces, formatAge } from '../../lib/format.ts';
import { matches } from '../../lib/glob.ts';
import {
  isDefault,
  type ListedWorkspace,
  listWorkspaces,
} from '../../openrouter/resources/workspaces.ts';
import { spentBy } from '../../openrouter/settlement.ts';
import { createdAt } from '../../openrouter/time.ts';
import type { Context } from '../../shared/context.ts';
import { earlierTime } from '../../shared/time-window.ts';
import { deletionLine } from '../../teardown/deletion-line.ts';
import { keysLeftAfter } from '../../teardown/failures.ts';
import { logEnd, logFailure } from '../../teardown/sweep-log.ts';
import {
  type FoundWorkspace,
  KEYS_NOT_CHECKED,
  outcomeOfNone,
  type SweepResult,
  type SweptWorkspace,
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
}

/**
 * Deletes the stale workspaces: those that match the pattern, are old enough, and match nothing in
 * `keep`. A failure does not stop the other deletions.
 * @throws {ApiError} if the workspaces cannot be listed; then none is deleted
 */
export async function sweep(request: SweepRequest, context: Context): Promise<SweepResult> {
  const { log, clock } = context;
  const start = clock.now();
  const { stale, kept } = await findStale(request, context);
  log.info(
    `Stale: ${countWorkspaces(stale.length)}. Kept, although the slug matches slug-pattern: ${countWorkspaces(kept.length)}.`,
  );
  const outcome = outcomeOfNone(stale, request);
  if (outcome === 'would-delete' && !request.deleteKeys) log.info(KEYS_NOT_CHECKED);
  const ended = outcome
    ? stale.map((entry) => ({ ...entry, outcome }))
    : await deleteAll(stale, request, context);
  const result = [...ended, ...kept];
  logEnd(result, { dryRun: request.dryRun, start }, context);
  return result;
}

async function findStale(
  request: SweepRequest,
  { client, timeOfDay, log }: Context,
): Promise<{ stale: FoundWorkspace[]; kept: SweptWorkspace[] }> {
  log.info(
    `Looking for workspaces with a slug that matches ${request.slugPattern}, older than ${formatAge(request.olderThanMs)}.`,
  );
  const [stale, kept]: [FoundWorkspace[], SweptWorkspace[]] = [[], []];
  const { items, serverTime } = await listWorkspaces(client);
  const now = earlierTime({ server: serverTime, runner: timeOfDay() });
  for (const workspace of items.filter(({ slug }) => matches(request.slugPattern, slug))) {
    const age = ageOf(workspace, now);
    const { id, slug, created_at = null } = workspace;
    const found = { id, slug, created_at, age };
    const reason = reasonToKeep(workspace, age, request);
    if (reason === undefined) stale.push({ ...found, reason: `${formatAge(age ?? 0)} old` });
    else kept.push({ ...found, reason, outcome: 'kept' });
  }
  return { stale, kept };
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
  stale: readonly FoundWorkspace[],
  request: SweepRequest,
  context: Context,
): Promise<SweptWorkspace[]> {
  const ended: SweptWorkspace[] = [];
  await forEachOf(stale, async (workspace) => {
    const entry = await deleteStale(workspace, request, context);
    logFailure(entry, context);
    ended.push(entry);
  });
  return ended;
}

async function deleteStale(
  workspace: FoundWorkspace,
  { deleteKeys }: SweepRequest,
  context: Context,
): Promise<SweptWorkspace> {
  const { log, signal, toLine } = context;
  const { id, slug, reason } = workspace;
  if (signal.aborted) {
    const why = `not attempted: ${abortReason(signal)}`;
    return { ...workspace, outcome: 'failed', reason: toLine(why) };
  }
  // So that a slow one leaves time for the others.
  const client = context.client.within(context.client.timeLeft() / 2);
  const options = { deleteKeys, relistKeys: false };
  const result = await teardown({ id, slug }, options, { ...context, client });
  const { deletedKeys, deleted, listedKeys, problem: error } = result;
  const { length: count } = deletedKeys;
  if (!error) {
    const spent = spentBy(deletedKeys);
    const what = `${JSON.stringify(slug)}, ${reason}`;
    log.info(deletionLine(what, { deleted, keyCount: count, spent }));
    const outcome = deleted ? 'deleted' : 'already-deleted';
    return { ...workspace, outcome, ...(count > 0 && { spent }) };
  }
  const why = `${error.message}${count > 0 ? `; API keys deleted: ${count}` : ''}`;
  const keysLeft = keysLeftAfter(error);
  const isKnown = Array.isArray(keysLeft);
  const { amount, isExact } = spentBy(listedKeys);
  return {
    ...workspace,
    outcome: 'failed',
    reason: toLine(why),
    error,
    ...(keysLeft && { keysLeft }),
    ...((isKnown || listedKeys.length > 0) && { spent: { amount, isExact: isExact && isKnown } }),
  };
}
