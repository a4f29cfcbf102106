import {
  countAmbiguous,
  type Decision,
  type FailedAttempt,
  LATE_POST_DELAYS_MS,
} from '../../creation/post-once.ts';
import { ApiError } from '../../http/request.ts';
import { FAILURE_CLASSES } from '../../http/retry-policy.ts';
import { catching } from '../../lib/catching.ts';
import { deleteEach, describeKey, type Key, listKeys } from '../../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { describeExpiry } from './expiry.ts';
import { orphanNotDeleted } from './failures.ts';
import type { KeyProgress, KeyTask } from './task.ts';

/** The keys that a step has requested: all have one name, which no other key has. */
interface OwnKeys {
  workspace: WorkspaceRef;
  desired: Pick<Key, 'name'>;
  /** The key whose response has arrived: any other is an orphan, because its secret was lost. */
  created?: Pick<Key, 'hash'> | undefined;
}

/**
 * Deletes the orphans of a step, and returns their hashes. No one has the secret of an orphan, and it blocks the
 * deletion of its workspace.
 * @throws {ApiError} if the keys cannot be listed
 * @throws {Failure} `orphan-not-deleted`
 */
export async function deleteOrphans(
  { workspace, desired: { name }, created }: OwnKeys,
  context: Pick<Context, 'client' | 'counters' | 'log'>,
): Promise<string[]> {
  const { keys } = await listKeys(context, workspace);
  const orphans = keys.filter((key) => key.name === name && key.hash !== created?.hash);
  const deleted: string[] = [];
  const [failed] = await deleteEach(orphans, context, (key) => {
    deleted.push(key.hash);
    context.log.info(`Deleted the orphaned API key ${describeKey(key)}: no one has its secret.`);
  });
  if (failed) throw new Failure(orphanNotDeleted, failed);
  return deleted;
}

/** Deletes orphans that appeared after the lookup for their POST. The post step deletes those that appear even later. */
export async function deleteLateOrphans(own: KeyProgress, context: Context): Promise<void> {
  if (!own.mayHaveOrphans) return;
  const deletion = deleteOrphans({ ...own, created: own.key }, context);
  const { error } = await catching(deletion, ApiError);
  if (error) context.log.info(`${error.message}. It is looked for again when the key ends.`);
}

/**
 * Deletes the orphans of a step that has ended. Polls, because an ambiguous POST may be applied late.
 * @throws what `deleteOrphans` does
 */
export async function deleteAllOrphans(task: KeyTask, context: Context): Promise<void> {
  if (!task.mayHaveOrphans) return;
  let isFound = false;
  for (const delay of LATE_POST_DELAYS_MS) {
    await context.client.pause(delay);
    const deleted = await deleteOrphans(task, context);
    isFound ||= deleted.length > 0;
  }
  if (isFound) return;
  const {
    desired: { name, expires_at },
    workspace,
  } = task;
  context.log.info(
    `Found no API key whose secret was lost. A late request may still create ${JSON.stringify(name)} in the workspace "${workspace.slug}". That key ${describeExpiry(expires_at)}, unless someone deletes it.`,
  );
}

/** A failed `POST /keys`, and the hashes of the orphans that were deleted after it. */
type Attempts = readonly FailedAttempt<readonly string[]>[];

/** Whether an orphan may exist, or may still appear. */
export function mayHaveOrphans(attempts: Attempts): boolean {
  // A list that lags still has those that were deleted.
  const deleted = new Set(attempts.flatMap(({ found = [] }) => found));
  return countAmbiguous(attempts) > deleted.size;
}

/**
 * Decides what to do after a failed `POST /keys`. It may have created a key whose secret the API never
 * returns again. Such an orphan is deleted before the next POST.
 */
export function reconcileKey(attempts: Attempts): Decision<never> {
  const { failure, found } = attempts.at(-1) as Attempts[number];
  const { retryable, ambiguous } = FAILURE_CLASSES[failure.kind];
  if (ambiguous && failure.kind !== 'aborted' && !found) return { kind: 'check', ambiguous: true };
  return { kind: retryable ? 'retry' : 'give-up', ambiguous: mayHaveOrphans(attempts) };
}
