import { postOnce } from '../../creation/post-once.ts';
import { ApiError } from '../../http/request.ts';
import { throwIfCancelled } from '../../lib/cancellation.ts';
import { catching } from '../../lib/catching.ts';
import { formatSeconds } from '../../lib/format.ts';
import {
  type CreateKeyRequest,
  deleteKey,
  describeKey,
  type Key,
  listKeys,
  sendKey,
} from '../../openrouter/resources/keys.ts';
import { findWorkspace, type Workspace } from '../../openrouter/resources/workspaces.ts';
import { readTime } from '../../openrouter/time.ts';
import type { Context, SaveTask } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { workspaceNotFound } from '../../shared/failures.ts';
import { isSameKeyName, uniqueKeyName } from '../../shared/key-name.ts';
import { currentTime } from '../../shared/time-window.ts';
import { describeExpiry, expiryOf, planExpiry, unexpectedLifetime } from './expiry.ts';
import { keyLooser, keyStricter, unexpectedKey } from './failures.ts';
import { compareKey, type KeyDifferences } from './key-diff.ts';
import { deleteLateOrphans, deleteOrphans, mayHaveOrphans, reconcileKey } from './orphans.ts';
import { deleteOlderKeys, hashesToReplace, type Replacement } from './replace.ts';
import {
  endOf,
  type KeyProgress,
  type KeyTask,
  SEALED,
  saveEnded,
  saveGivenOut,
  saveUnused,
} from './task.ts';

/** What to create, as the author of the workflow requested it. */
export interface KeyRequest extends Pick<Replacement, 'isSameName'> {
  /** The id or the slug of the workspace. */
  workspace: string;
  /** The name is without the ending that each key gets. */
  desired: Omit<CreateKeyRequest, 'workspace_id' | 'expires_at'>;
  /** The time until the key expires, in milliseconds; null for never. */
  expiresInMs: number | null;
  endsAfterJob: boolean;
  /**
   * Whether to delete the existing keys with the same name, once the new key exists. With `after-job`, the
   * post step does, if the job has succeeded.
   */
  replace: boolean | 'after-job';
  /** Whether the key is sealed for other jobs. */
  isSealed: boolean;
}

/** What to create in a workspace that was looked up. */
type RequestInWorkspace = Omit<KeyRequest, 'workspace'>;

/** What creates API keys. */
export interface KeyCreator extends Context {
  saveTask: SaveTask<KeyTask>;
  /** Called with the secrets in each response before it is used or logged. */
  registerSecrets(secrets: readonly string[]): void;
  /**
   * Called as soon as a key is given out, so that its outputs are set even if the step fails later.
   * @param end what ends the key once its jobs have ended
   */
  onKey(key: NewKey, end: KeyTask): void;
  /** A random number, at least 0 and below 1. */
  random(): number;
}

/** A new key. A lost response of an earlier POST may have created another one. */
export interface NewKey extends KeyProgress {
  key: Key;
  secret: string;
  /** ISO 8601; null for never. */
  expiresAt: string | null;
  /** The keys with the desired name that existed before. */
  namesakes: readonly Key[];
}

/** What was planned before the first POST. */
type Plan = Pick<NewKey, 'workspace' | 'desired' | 'replaced' | 'namesakes'>;

/**
 * Creates an API key in a workspace. The post step deletes it, unless the request keeps it.
 * @throws {ApiError}
 * @throws {Failure} `workspace-not-found`, `unexpected-key`, `key-looser`, `orphan-not-deleted`,
 *   `replaced-keys-not-deleted`, `state-not-written`
 * @throws {Cancellation} if the run was cancelled before the response to the POST: the post step deletes the key
 */
export async function createKey(request: KeyRequest, context: KeyCreator): Promise<NewKey> {
  const { client, log } = context;
  const { workspace } = request;
  log.info(`Requested: an API key in the workspace ${JSON.stringify(workspace)}.`);
  const found = await findWorkspace(client, workspace);
  if (!found.workspace) throw new Failure(workspaceNotFound, { workspace });
  const created = await makeKey(found.workspace, request, context);
  giveOut(created, request, context);
  await deleteLateOrphans(created, context);
  if (request.replace === true) {
    const { error } = await deleteOlderKeys(created.namesakes, created.key, context);
    if (error) throw error;
  }
  log.info(describeEnd(request));
  return created;
}

/** Says what becomes of the new key and the older ones when the job ends. */
function describeEnd({ endsAfterJob, replace, isSealed }: KeyRequest): string {
  if (isSealed) return SEALED;
  if (endsAfterJob) return 'The key is revoked when the job ends.';
  return replace === 'after-job'
    ? 'The key is not revoked after the job. If the job succeeds, older keys with that name are deleted.'
    : 'The key is not revoked after the job.';
}

/**
 * Creates a key that no one has yet: until it is given out, the post step ends it.
 * @throws what `createKey` does
 */
export async function makeKey(
  workspace: Workspace,
  request: RequestInWorkspace,
  context: KeyCreator,
): Promise<NewKey> {
  const { clock, log } = context;
  const plan = await planKey(workspace, request, context);
  const start = clock.now();
  const created = await createKeyOnce(plan, context);
  const { key } = created;
  saveCreated(created, context);
  const { looser } = compareWithRequest(created, request);
  if (looser.length > 0) throw await deleteLooser(created, looser, context);
  const seconds = formatSeconds(clock.now() - start);
  const expiry = describeExpiry(created.expiresAt);
  log.info(`Created the API key ${describeKey(key)} in ${seconds}: hash ${key.hash}, ${expiry}.`);
  return created;
}

/**
 * Passes the key on to later steps. If this fails, the post step ends the key.
 * @throws {Failure} those of `onKey`, and `state-not-written`
 * @throws {Cancellation}
 */
export function giveOut(created: NewKey, request: RequestInWorkspace, context: KeyCreator): void {
  const afterJob = afterJobOf(request);
  context.onKey(created, endOf(created, afterJob));
  const { stricter } = compareWithRequest(created, request);
  if (stricter.length > 0) context.warn(keyStricter, { key: created.key, changes: stricter });
  // While the post step is still to end the key: a cancelled job has no use for it.
  throwIfCancelled(context.signal);
  // If this cannot be saved, the post step ends the key, so the step must not succeed.
  saveGivenOut(created, { afterJob, isSealed: request.isSealed }, context);
}

function afterJobOf({ endsAfterJob, replace }: RequestInWorkspace): KeyTask['afterJob'] {
  if (replace === 'after-job') return 'replaces';
  return endsAfterJob ? 'ends' : 'stays';
}

/** Looks up what exists before the key is created. */
async function planKey(
  workspace: Workspace,
  request: RequestInWorkspace,
  context: KeyCreator,
): Promise<Plan> {
  const { expiresInMs, isSameName = isSameKeyName } = request;
  const name = uniqueKeyName(request.desired.name, context.random());
  const list = await listKeys(context, workspace);
  const namesakes = list.keys.filter((key) => isSameName(key.name, name));
  const clocks = { server: list.serverTime, runner: context.timeOfDay() };
  const now = currentTime(clocks, list.keys);
  const expiresAt = planExpiry(expiresInMs, now);
  return {
    workspace,
    desired: { ...request.desired, name, workspace_id: workspace.id, expires_at: expiresAt },
    namesakes,
    replaced: request.replace === 'after-job' ? hashesToReplace(namesakes, now, context) : [],
  };
}

/** Sends the POST, and deletes the orphans of lost responses. */
async function createKeyOnce(plan: Plan, context: KeyCreator): Promise<NewKey> {
  const { client, registerSecrets, saveTask } = context;
  saveUnused({ ...plan, mayHaveOrphans: true }, context);
  const { value: posted, error } = await catching(
    postOnce(
      {
        send: () => sendKey(client, plan.desired, registerSecrets),
        reconcile: reconcileKey,
        question: 'whether it created a key whose secret was lost',
        check: () => deleteOrphans(plan, context),
      },
      context,
    ),
    ApiError,
  );
  if (error) {
    if (!error.details.ambiguous) saveTask(null, { orWarn: true });
    throw error;
  }
  // Only a response has the secret.
  const data = posted.kind === 'succeeded' ? posted.data : posted.result;
  return {
    ...plan,
    ...data,
    mayHaveOrphans: mayHaveOrphans(posted.attempts),
    expiresAt: readableExpiry(data.key, plan),
  };
}

function compareWithRequest(
  { key, desired }: NewKey,
  { expiresInMs }: RequestInWorkspace,
): KeyDifferences {
  const { looser, stricter } = compareKey(key, desired);
  const lifetime = unexpectedLifetime(key, desired, expiresInMs);
  return { looser: [...looser, ...(lifetime ? [lifetime] : [])], stricter };
}

/** ISO 8601; null for never. */
function readableExpiry(key: Key, { desired }: Plan): string | null {
  const expiry = expiryOf(key, desired);
  return readTime(expiry) === undefined ? null : expiry;
}

/**
 * Saves for the post step that it ends the new key.
 * @throws {Failure} `unexpected-key` if another key than requested was returned
 */
function saveCreated(created: NewKey, context: KeyCreator): void {
  const { key, workspace, desired } = created;
  const { name } = desired;
  // A shortened name is still that of the new key. Any other key may be another job's.
  const isOwn = key.workspace_id === workspace.id && key.name !== '' && name.startsWith(key.name);
  const save = isOwn ? saveUnused : saveEnded;
  save(created, context);
  if (isOwn && key.name === name) return;
  throw new Failure(unexpectedKey, { key, workspace, name, isOwn });
}

/**
 * Deletes a key that may spend more or live longer than requested, and returns the failure of the step. If
 * it cannot be deleted, the post step tries again.
 */
async function deleteLooser(
  created: NewKey,
  changes: KeyDifferences['looser'],
  context: KeyCreator,
): Promise<Failure> {
  const { log } = context;
  const { key } = created;
  const { value: deletion, error } = await catching(deleteKey(context, key), ApiError);
  const deleted = deletion?.kind === 'deleted';
  if (deleted) {
    log.info(`Revoked the API key ${describeKey(key)}, hash ${key.hash}.`);
    saveEnded(created, context);
  }
  const problem = deletion?.kind === 'unclear' ? deletion.error : error;
  return new Failure(keyLooser, { key, changes, deleted, error: problem });
}
