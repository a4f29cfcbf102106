import { LATE_POST_DELAYS_MS } from '../../creation/post-once.ts';
import { countKeys } from '../../lib/format.ts';
import { whileMissing } from '../../openrouter/deletion.ts';
import {
  findWorkspace,
  type Workspace,
  type WorkspaceRef,
} from '../../openrouter/resources/workspaces.ts';
import type { SeenKey } from '../../openrouter/settlement.ts';
import { runPostStep } from '../../runtime/post-step.ts';
import type { Context, IncompleteTask } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { wasCreatedWithin } from '../../shared/time-window.ts';
import { teardown } from '../../teardown/teardown.ts';
import { matchesDesired } from './diff.ts';
import { createdWorkspaceMissing, workspaceLeftAlone } from './failures.ts';
import { afterJobSummary } from './report.ts';
import { type CreateTask, createTask } from './request.ts';

/** The post step of `action.yml`: deletes the created workspace, if `delete-after-job` is set. */
export function createPost(): Promise<void> {
  return runPostStep({
    action: 'openrouter-workspace',
    schema: createTask(),
    run: (task, context, { report }) =>
      runCreateTask(task, {
        ...context,
        onDeleted: (workspace, keys) => report.summarize(afterJobSummary(workspace, keys)),
      }),
    describeLeftovers: (task) =>
      task ? describeWorkspaceLeft(task) : 'a workspace, if the step created one',
  });
}

interface TaskContext extends Context {
  /** Called with each workspace that was deleted, and the API keys that were deleted before. */
  onDeleted(workspace: WorkspaceRef, keys: readonly SeenKey[]): void;
}

/** Describes what may be left if `task` fails. */
export function describeWorkspaceLeft({ target: { created, pending } }: CreateTask): string {
  return `the workspace "${(created ?? pending?.desired)?.slug}"`;
}

/**
 * Deletes the workspace that the step created, then any that an ambiguous POST of it creates late. Deletes
 * no workspace that another job may have created. Returns the error and the task if a deletion failed.
 * @throws {ApiError} if the workspace cannot be looked up
 */
export async function runCreateTask(
  task: CreateTask,
  context: TaskContext,
): Promise<IncompleteTask<CreateTask> | undefined> {
  const { target } = task;
  const deletedIds = new Set<string>();
  let next: WorkspaceRef | undefined = target.created;
  for (let count = 0; count < MAX_CREATED; count += 1) {
    next ??= target.pending && (await findCreated(target.pending, { ...context, deletedIds }));
    if (!next) return undefined;
    const incomplete = await deleteCreated(next, task, context);
    if (incomplete) return incomplete;
    deletedIds.add(next.id);
    next = undefined;
  }
  return undefined;
}

/** The maximum number of workspaces that are deleted: each late POST can create one, once the slug is free. */
const MAX_CREATED = 5;

/**
 * Deletes the workspace. If OpenRouter reports that it is missing, tries again while time is left: it was
 * created before.
 */
async function deleteCreated(
  workspace: WorkspaceRef,
  task: CreateTask,
  context: TaskContext,
): Promise<IncompleteTask<CreateTask> | undefined> {
  const { slug, id } = workspace;
  const options = { deleteKeys: task.deleteKeys, relistKeys: false };
  const keys: SeenKey[] = [];
  for await (const _ of whileMissing(context)) {
    const { outcome, failure, ...deleted } = await teardown(workspace, options, context);
    if (failure) return { error: failure, left: task };
    keys.push(...deleted.keys);
    if (outcome !== 'deleted') continue;
    const others = keys.length > 0 ? ` and ${countKeys(keys.length)}` : '';
    context.log.info(
      `Deleted the workspace ${slug}, id ${id},${others} because of delete-after-job.`,
    );
    context.onDeleted(workspace, keys);
    return undefined;
  }
  return { error: new Failure(createdWorkspaceMissing, { workspace }), left: task };
}

/** Finds the workspace that the step created. Polls, because an ambiguous POST may be applied late. */
async function findCreated(
  pending: NonNullable<CreateTask['target']['pending']>,
  context: Context & { deletedIds: ReadonlySet<string> },
): Promise<Workspace | undefined> {
  const { client, log, warn, deletedIds } = context;
  const { desired, window } = pending;
  for (const delay of LATE_POST_DELAYS_MS) {
    await client.pause(delay);
    const { workspace } = await findWorkspace(client, desired.slug, { trusts404: true });
    if (!workspace || deletedIds.has(workspace.id)) continue;
    const isInTime = window !== undefined && wasCreatedWithin(workspace, window);
    if (isInTime && matchesDesired(workspace, desired)) return workspace;
    warn(workspaceLeftAlone, { workspace });
    return undefined;
  }
  log.info(describeUnfound(pending, deletedIds));
  return undefined;
}

function describeUnfound(
  { desired: { slug }, isThrottled }: NonNullable<CreateTask['target']['pending']>,
  deletedIds: ReadonlySet<string>,
): string {
  const missing = `The workspace "${slug}" does not exist`;
  if (deletedIds.size > 0) return `${missing}: no late request created it again.`;
  if (isThrottled) return `${missing}: nothing to delete.`;
  return `${missing}. A late request may still create it: then it stays until the action delete or sweep deletes it.`;
}
