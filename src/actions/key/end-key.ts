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
import type { KeySpend } from './key-spend.ts';
import { deleteOrphans } from './orphans.ts';
import {
  deleteOlderKeys,
  type ReplaceContext,
  type Replacement,
  type ReplacementEnd,
  replaceOlderKeys,
} from './replace.ts';
import { disableAndRead, type Reading, readOnce, spendIn } from './spend.ts';
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
  const { desired, mayHaveOrphans, created, ends, isDisabled } = left;
  const { name, expires_at } = desired;
  const quoted = JSON.stringify(name);
  const lost = mayHaveOrphans
    ? `an API key named ${quoted} whose secret was lost, ${describeExpiry(expires_at, formatExpiry)}`
    : '';
  if (!created || !ends) return lost;
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

/** What a post step has done about a key. */
export interface KeyEnd {
  /** What the created key has spent; undefined if there is none, or if that is unknown. */
  spend: KeySpend | undefined;
  /** The older keys that this step has deleted. */
  replaced: readonly SettlingKey[];
  incomplete: IncompleteTask<KeyLeft> | undefined;
}

/**
 * Reads what the key has spent that the step created, deletes its orphans, and either deletes it or those that it
 * replaces, as the task requires. Touches no other key.
 */
export async function runKeyTask(task: KeyTask, context: ReplaceContext): Promise<KeyEnd> {
  const { workspace, created, ends, replaced } = task;
  const reading = await readFirst(task, context);
  const [deletion, orphanDeletion] = await Promise.all([
    catching(deleteCreated(task, context), ApiError, Failure),
    catching(deleteAllOrphans(task, context), ApiError, Failure),
  ]);
  // At the end, so that nothing follows the last lookup of the created key.
  const replacement =
    created && replaced
      ? await replaceKeys({ key: created, workspace, replaced }, context)
      : undefined;
  const last = replacement?.reading ?? reading;
  const end = {
    spend: created && last && spendIn(last, created, context),
    replaced: replacement?.deleted ?? [],
  };
  const error = deletion.error ?? replacement?.error ?? orphanDeletion.error;
  if (!error) return { ...end, incomplete: undefined };
  const left = {
    ...task,
    ends: deletion.error !== undefined,
    isDisabled: ends && reading?.found !== undefined,
    replaced: replacement?.error ? replaced : undefined,
    mayHaveOrphans: orphanDeletion.error !== undefined,
  };
  const advice = deletion.error && adviseOnKeyLeft(left, 'delete');
  return { ...end, incomplete: { error, left, advice } };
}

/** Reads the key before it is deleted, or if it stays. If it replaces others, lookups before and after that read it. */
async function readFirst(
  { created, ends, replaced }: KeyTask,
  context: Context,
): Promise<Reading | undefined> {
  if (!created || replaced) return undefined;
  return ends ? disableAndRead(created, context) : readOnce(created, context);
}

/** @throws {Failure} `created-key-missing` */
async function deleteCreated({ created: key, ends }: KeyTask, context: Context): Promise<void> {
  if (!key || !ends) return;
  const { client, log } = context;
  for await (const _ of whileMissing(context)) {
    const deletion = await deleteKey(client, key);
    if (deletion.kind === 'unclear') throw deletion.error;
    if (deletion.kind === 'missing') continue;
    log.info(`Revoked the API key ${describeKey(key)}, hash ${key.hash}.`);
    return;
  }
  throw new Failure(createdKeyMissing, { key });
}

function replaceKeys(replacement: Replacement, context: ReplaceContext): Promise<ReplacementEnd> {
  return replaceOlderKeys(replacement, context, async (older) => {
    const keys = older.map((one) => one.key);
    const { deleted, error } = await deleteOlderKeys(keys, replacement.key, context);
    return { deleted: older.filter((one) => deleted.includes(one.key)), error };
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
