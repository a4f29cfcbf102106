import { LATE_POST_DELAYS_MS } from '../../creation/post-once.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { whileMissing } from '../../openrouter/deletion.ts';
import { deleteKey, describeKey } from '../../openrouter/resources/keys.ts';
import type { SettlingKey } from '../../openrouter/settlement.ts';
import type { Context, IncompleteTask } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { describeExpiry, describeLife, formatExpiry } from './expiry.ts';
import { adviseOnKey, createdKeyMissing } from './failures.ts';
import { deleteOrphans } from './orphans.ts';
import { deleteOlderKeys, type ReplaceContext, replaceOlderKeys } from './replace.ts';
import { disableAndReport, readAndReport } from './spend.ts';
import type { KeyTask } from './task.ts';

/** What is left of the task of a key. */
interface KeyLeft extends KeyTask {
  /** Whether the created key is disabled. */
  isDisabled?: boolean;
}

/**
 * Describes what may be left if a task fails: `the API key "CI" (sk-or-v1-0e6...1c96), hash 1c96…, may work until
 * 1 Jan 2026 06:00 UTC`. Empty if the task only reports what a key has spent.
 */
export function describeKeysLeft(left: KeyLeft): string {
  const { desired, mayHaveOrphans, created, revoke, isDisabled } = left;
  const { name, expires_at } = desired;
  const quoted = JSON.stringify(name);
  const lost = mayHaveOrphans
    ? `an API key named ${quoted} whose secret was lost, ${describeExpiry(expires_at, formatExpiry)}`
    : '';
  if (!created || !revoke) return lost;
  const state = isDisabled ? 'disabled; it cannot spend' : describeLife(created.expiresAt);
  const found = `the API key ${quoted} (${created.label}), hash ${created.hash}, ${state}`;
  return [lost, found].filter(Boolean).join('; ');
}

/**
 * What to do about the created key if it could not be ended.
 * @param verb how a person ends it
 */
export function adviseOnKeyLeft(left: KeyLeft, verb: 'delete' | 'disable') {
  const { created, isDisabled = false } = left;
  if (!created) return undefined;
  const others = describeKeysLeft({ ...left, created: undefined });
  return adviseOnKey({ ...left, created, isDisabled, others }, verb);
}

export interface KeyTaskContext extends ReplaceContext {
  /** Called with the older keys that this step has deleted. */
  onReplaced(deleted: readonly SettlingKey[]): void;
}

/**
 * Reports what the key has spent that the step created, deletes its orphans, and either revokes it or deletes
 * those that it replaces, as the task requires. Touches no other key. Returns what is left of the task if
 * part of it failed.
 */
export async function runKeyTask(
  task: KeyTask,
  context: KeyTaskContext,
): Promise<IncompleteTask<KeyLeft> | undefined> {
  const { desired, created, revoke, replaced } = task;
  const key = created && { name: desired.name, ...created };
  const isDisabled = key !== undefined && revoke && (await disableAndReport(key, context));
  // If it replaces others, its lookups before and after that report it.
  if (key && !revoke && !replaced) await readAndReport(key, context);
  const [revocation, orphanDeletion] = await Promise.all([
    catching(revokeCreated(task, context), ApiError, Failure),
    catching(deleteAllOrphans(task, context), ApiError, Failure),
  ]);
  // At the end, so that nothing follows the last lookup of the created key.
  const replacement = await catching(replaceKeys(task, context), ApiError, Failure);
  const error = revocation.error ?? replacement.error ?? orphanDeletion.error;
  if (!error) return undefined;
  const left = {
    ...task,
    revoke: revocation.error !== undefined,
    isDisabled,
    replaced: replacement.error ? replaced : undefined,
    mayHaveOrphans: orphanDeletion.error !== undefined,
  };
  return { error, left, advice: revocation.error && adviseOnKeyLeft(left, 'delete') };
}

/** @throws {Failure} `created-key-missing` */
async function revokeCreated(
  { desired, created, revoke }: KeyTask,
  context: Context,
): Promise<void> {
  if (!created || !revoke) return;
  const { client, log } = context;
  const key = { name: desired.name, ...created };
  for await (const _ of whileMissing(context)) {
    const deletion = await deleteKey(client, key);
    if (deletion.kind === 'unclear') throw deletion.error;
    if (deletion.kind === 'missing') continue;
    log.info(`Revoked the API key ${describeKey(key)}, hash ${key.hash}.`);
    return;
  }
  throw new Failure(createdKeyMissing, { key });
}

/** @throws {Failure} `key-replaced`, `replaced-keys-not-deleted` */
async function replaceKeys(
  { workspace, desired, created, replaced }: KeyTask,
  context: KeyTaskContext,
): Promise<void> {
  if (!created || !replaced) return;
  const key = { name: desired.name, ...created };
  await replaceOlderKeys({ key, workspace, replaced }, context, async (older) => {
    const keys = older.map((one) => one.key);
    await deleteOlderKeys(keys, key, context, (deleted) =>
      context.onReplaced(older.filter((one) => deleted.includes(one.key))),
    );
  });
}

/** Deletes the orphans of the step. Polls, because an ambiguous POST may be applied late. */
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
