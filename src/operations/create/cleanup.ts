import * as z from 'zod/mini';
import { countKeys } from '../../lib/format.ts';
import {
  createWorkspaceRequest,
  lookUpWorkspace,
  type Workspace,
  type WorkspaceRef,
} from '../../openrouter/resources/workspaces.ts';
import type { Context, IncompleteCleanup } from '../shared/context.ts';
import { matchesDesired } from '../shared/diff.ts';
import { Failure } from '../shared/failure.ts';
import { deletionAttempts, LATE_CREATION_DELAYS_MS, pollDelays } from '../shared/poll-delays.ts';
import { wasCreatedWithin } from '../shared/time-window.ts';
import { teardown } from '../teardown/teardown.ts';

/** The schema of the task that a step with `delete-after-job` saves for its post step. */
export const createCleanupTask = () =>
  z.object({
    /** Whether the post step also deletes the API keys of the workspace. */
    deleteKeys: z.boolean(),
    target: z.union([
      z.object({
        created: z.object({ id: z.guid(), slug: z.string() }),
        /** Present if an earlier POST may still be applied, once the workspace is deleted. */
        pending: z.optional(pendingWorkspace()),
      }),
      z.object({ pending: pendingWorkspace() }),
    ]),
  });

/** A workspace that a POST may have created or may still create. */
const pendingWorkspace = () =>
  z.object({
    desired: createWorkspaceRequest,
    /** When the step may create it, by the server's time; absent if that is unknown. */
    window: z.optional(z.object({ from: z.number(), to: z.number() })),
  });

export type CreateCleanupTask = z.infer<ReturnType<typeof createCleanupTask>>;
type PendingWorkspace = z.infer<ReturnType<typeof pendingWorkspace>>;

/** Describes what may be left if `task` fails. */
export function describeWorkspaceLeft({ target }: CreateCleanupTask): string {
  return `the workspace ${'created' in target ? target.created.slug : target.pending.desired.slug}`;
}

/**
 * Deletes the workspace that the step created, then one that an ambiguous POST of it creates late. Deletes
 * no workspace that another job may have created. Returns the error and the task if a deletion failed.
 * @throws {ApiError} if the workspace cannot be looked up
 */
export async function runCreateCleanup(
  task: CreateCleanupTask,
  context: Context,
): Promise<IncompleteCleanup<CreateCleanupTask> | undefined> {
  const { target } = task;
  const created = 'created' in target ? target.created : undefined;
  const incomplete = created && (await deleteCreated(created, task, context));
  if (incomplete || !target.pending) return incomplete;
  const late = await findCreated(target.pending, { ...context, deletedId: created?.id });
  return late && deleteCreated(late, task, context);
}

/**
 * Deletes the workspace. If OpenRouter reports that it is missing, tries again while time is left: it was
 * created before.
 */
async function deleteCreated(
  workspace: WorkspaceRef,
  task: CreateCleanupTask,
  context: Context,
): Promise<IncompleteCleanup<CreateCleanupTask> | undefined> {
  const { slug, id } = workspace;
  const options = { deleteKeys: task.deleteKeys, relistKeys: false };
  let keyCount = 0;
  for await (const _ of deletionAttempts(context)) {
    const { deletedKeys, deleted, problem } = await teardown(workspace, options, context);
    if (problem) return { error: problem.failure, left: task };
    keyCount += deletedKeys.length;
    if (!deleted) continue;
    const keys = keyCount > 0 ? ` and ${countKeys(keyCount)}` : '';
    context.log.info(
      `Deleted the workspace ${slug}, id ${id},${keys} because of delete-after-job.`,
    );
    return undefined;
  }
  return { error: new Failure('created-workspace-missing', { workspace }), left: task };
}

/** Finds the workspace that the step created. Polls, because an ambiguous POST may be applied late. */
async function findCreated(
  { desired, window }: PendingWorkspace,
  context: Context & { deletedId: string | undefined },
): Promise<Workspace | undefined> {
  const { client, log, warn, deletedId } = context;
  for await (const _ of pollDelays(LATE_CREATION_DELAYS_MS, context)) {
    const { workspace } = await lookUpWorkspace(client, desired.slug);
    if (!workspace || workspace.id === deletedId) continue;
    const isInTime = window !== undefined && wasCreatedWithin(workspace, window);
    if (isInTime && matchesDesired(workspace, desired)) return workspace;
    warn('workspace-left-alone', { workspace });
    return undefined;
  }
  const what = deletedId === undefined ? 'nothing to clean up' : 'no late request created it again';
  log.info(`The workspace ${desired.slug} does not exist: ${what}.`);
  return undefined;
}
