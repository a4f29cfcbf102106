import { forOneOfMany } from '../../http/client.ts';
import { countWorkspaces, formatAge } from '../../lib/format.ts';
import { matches } from '../../lib/glob.ts';
import {
  isDefault,
  type ListedWorkspace,
  listWorkspaces,
} from '../../openrouter/resources/workspaces.ts';
import { createdAt } from '../../openrouter/time.ts';
import type { Context } from '../../shared/context.ts';
import { earlierTime } from '../../shared/time-window.ts';
import { deleteStale } from '../../teardown/delete-stale.ts';
import {
  deletionLine,
  type FoundWorkspace,
  type SweepResult,
  type SweptWorkspace,
} from '../../teardown/outcome.ts';
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
  const { client, log } = context;
  const { stale, kept } = await findStale(request, context);
  log.info(
    `Stale: ${countWorkspaces(stale.length)}. Kept, although the slug matches slug-pattern: ${countWorkspaces(kept.length)}.`,
  );
  const options = { deleteKeys: request.deleteKeys, relistKeys: false };
  const deleteOne = async ({ id, slug, reason }: FoundWorkspace) => {
    const brief = { ...context, ...(await forOneOfMany({ client })) };
    const deletion = await teardown({ id, slug }, options, brief);
    if (!deletion.failure) log.info(deletionLine(`${JSON.stringify(slug)}, ${reason}`, deletion));
    return deletion;
  };
  const ended = await deleteStale(stale, { ...request, deleteOne }, context);
  return [...ended, ...kept];
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
    const { id, slug, created_at } = workspace;
    const found = { id, slug, created_at, age };
    const reason = reasonToKeep(workspace, age, request);
    if (reason === undefined) stale.push({ ...found, reason: `${formatAge(age ?? 0)} old` });
    else kept.push({ ...found, reason, outcome: 'kept', keys: [] });
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
