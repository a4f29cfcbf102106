import { postOnce } from '../../creation/post-once.ts';
import { ApiError } from '../../http/request.ts';
import { throwIfCancelled } from '../../lib/cancellation.ts';
import { catching } from '../../lib/catching.ts';
import { type Change, formatSeconds } from '../../lib/format.ts';
import {
  type CreatedKey,
  type CreateKeyRequest,
  deleteKey,
  describeKey,
  type Key,
  listKeys,
  sendKey,
} from '../../openrouter/resources/keys.ts';
import { findWorkspace, type Workspace } from '../../openrouter/resources/workspaces.ts';
import { readTime } from '../../openrouter/time.ts';
import type { Context, Journal } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { workspaceNotFound } from '../../shared/failures.ts';
import { currentTime } from '../../shared/time-window.ts';
import { describeExpiry, expiryOf, planExpiry, unexpectedLifetime } from './expiry.ts';
import {
  keyLooser,
  keyOwnerUnknown,
  keyOwnerUnknownWarning,
  keyStricter,
  unexpectedKey,
} from './failures.ts';
import { compareKey, type KeyDifferences } from './key-diff.ts';
import {
  countPossibleOrphans,
  deletedOrphans,
  deleteOrphans,
  type OrphanCriteria,
  preexistingHashes,
  reconcileKey,
  unknownOwner,
} from './orphans.ts';
import { deleteOlderKeys, hashesToReplace, type Replacement } from './replace.ts';
import { type KeyState, type KeyTask, saveState } from './task.ts';

/** What to create, as the author of the workflow requested it. */
export interface KeyRequest extends Pick<Replacement, 'isSameName'> {
  /** The id or the slug of the workspace. */
  workspace: string;
  desired: Omit<CreateKeyRequest, 'workspace_id' | 'expires_at'>;
  /** Whether the name is random, so that no other job requests the same. */
  nameIsRandom: boolean;
  /** The time until the key expires, in milliseconds; null for never. */
  expiresInMs: number | null;
  revokeAfterJob: boolean;
  /**
   * Whether to delete the existing keys with the same name, once the new key exists. With `after-job`, the
   * post step does, if the job has succeeded.
   */
  replace: boolean | 'after-job';
  /** The hashes of keys with that name that this step has created before, and disabled. */
  former?: readonly string[];
}

export interface KeyResult {
  workspace: Workspace;
  key: Key;
  secret: string;
  /** ISO 8601; null for never. */
  expiresAt: string | null;
}

/**
 * What a caller decides about a new key, once it exists. If it is not admitted, the caller has disabled the key, and
 * no one gets its secret.
 */
export type Admission = 'admitted' | 'gave-way' | 'closed';

/** What became of a key whose caller decides about it. */
export type KeyOutcome =
  | { kind: 'created'; result: KeyResult }
  | {
      kind: Exclude<Admission, 'admitted'>;
      hash: string;
      /** Whether a POST whose response was lost may have created another key. */
      hasOrphans: boolean;
    };

export interface KeyContext extends Context {
  journal: Journal<KeyTask>;
  /** Called with the secrets in each response before it is used or logged. */
  registerSecrets(secrets: readonly string[]): void;
  /** Called as soon as the key exists, so that its outputs are set even if the step fails later. */
  onCreated(result: KeyResult): void;
  /** A random number, at least 0 and below 1. */
  random(): number;
}

/**
 * Creates an API key in a workspace. The post step revokes it, unless the request keeps it.
 * @throws {ApiError}
 * @throws {Failure} `workspace-not-found`, `key-owner-unknown`, `unexpected-key`,
 *   `key-looser`, `orphan-not-deleted`, `replaced-keys-not-deleted`, `state-not-written`
 * @throws {Cancellation} if the run was cancelled before the response to the POST: the post step revokes the key
 */
export async function createKey(request: KeyRequest, context: KeyContext): Promise<KeyResult> {
  const { client, log } = context;
  const { workspace } = request;
  log.info(`Requested: an API key in the workspace ${JSON.stringify(workspace)}.`);
  const found = await findWorkspace(client, workspace);
  if (!found.workspace) throw new Failure(workspaceNotFound, { workspace });
  const created = await makeKey(found.workspace, request, context);
  const result = giveOut(created, request, context);
  await deleteLateOrphans(stateAfter(request), created, context);
  const { namesakes } = created.plan;
  if (request.replace === true) await deleteOlderKeys(namesakes, created.key, context);
  log.info(describeEnd(request));
  return result;
}

/** Says what becomes of the new key and the older ones when the job ends. */
function describeEnd({ revokeAfterJob, replace }: KeyRequest): string {
  if (revokeAfterJob) return 'The key is revoked when the job ends.';
  return replace === 'after-job'
    ? 'The key is not revoked after the job. If the job succeeds, older keys with that name are deleted.'
    : 'The key is not revoked after the job.';
}

/**
 * Creates an API key, as `createKey` does, in a workspace that was looked up already, and asks `admit` before it gives
 * the key out. The caller logs when the key ends.
 */
export async function createKeyIf(
  admit: (key: Key) => Promise<Admission>,
  workspace: Workspace,
  request: KeyRequest,
  context: KeyContext,
): Promise<KeyOutcome> {
  const created = await makeKey(workspace, request, context);
  // Orphans would count, so they are deleted first.
  await deleteLateOrphans('created', created, context);
  const admission = await admit(created.key);
  if (admission === 'admitted')
    return { kind: 'created', result: giveOut(created, request, context) };
  const { key, search } = created;
  // It has the name of its orphans, and is none.
  const preexistingHashes = [...search.preexistingHashes, key.hash];
  saveState('ended', { search: { ...search, preexistingHashes } }, context);
  return { kind: admission, hash: key.hash, hasOrphans: search.lostPosts > 0 };
}

/** Creates a key that no one has yet: until it is given out, the post step ends it. */
async function makeKey(
  workspace: Workspace,
  request: KeyRequest,
  context: KeyContext,
): Promise<CreatedWithOrphans> {
  const { clock, log } = context;
  const plan = await planKey(workspace, request, context);
  const start = clock.now();
  const created = await createKeyOnce(plan, context);
  const { key } = created;
  saveCreated(created, context);
  const { looser, stricter } = compareWithRequest(key, plan, request);
  if (looser.length > 0) throw await revokeLooser(created, looser, context);
  const seconds = formatSeconds(clock.now() - start);
  const expiry = describeExpiry(expiresAtOf(created));
  log.info(`Created the API key ${describeKey(key)} in ${seconds}: hash ${key.hash}, ${expiry}.`);
  return { ...created, stricter };
}

/** Passes the key on to later steps. If this fails, the post step ends the key. */
function giveOut(created: CreatedWithOrphans, request: KeyRequest, context: KeyContext): KeyResult {
  const { key, stricter } = created;
  const result = outputKey(created, context);
  if (stricter.length > 0) context.warn(keyStricter, { key, changes: stricter });
  // While the post step is still to revoke the key: a cancelled job has no use for it.
  throwIfCancelled(context.signal);
  const state = stateAfter(request);
  // If this cannot be saved, the post step revokes the key, so the step must not succeed.
  if (state === 'given-out') saveState(state, created, context);
  return result;
}

/** The state of a key that later steps have. */
function stateAfter({ revokeAfterJob }: KeyRequest): KeyState {
  return revokeAfterJob ? 'created' : 'given-out';
}

function compareWithRequest(
  key: Key,
  { search: { desired } }: Plan,
  { expiresInMs }: KeyRequest,
): KeyDifferences {
  const { looser, stricter } = compareKey(key, desired);
  const lifetime = unexpectedLifetime(key, desired, expiresInMs);
  return { looser: [...looser, ...(lifetime ? [lifetime] : [])], stricter };
}

/** What is known before the first POST. */
interface Plan {
  workspace: Workspace;
  search: OrphanCriteria;
  /** The existing keys with the desired name. */
  namesakes: readonly Key[];
  /** The hashes of those that are replaced once the job has succeeded; undefined for none. */
  replaced: string[] | undefined;
  /** Whether `key` did not exist before the first POST. */
  isNew(key: Key): boolean;
}

/** Looks up what exists before the key is created. */
async function planKey(
  workspace: Workspace,
  request: KeyRequest,
  context: KeyContext,
): Promise<Plan> {
  const { client } = context;
  const {
    desired: { name },
    isSameName = Object.is,
    former = [],
  } = request;
  const { id, slug } = workspace;
  const list = await listKeys(client, workspace);
  const namesakes = list.keys.filter((key) => isSameName(key.name, name));
  const clocks = { server: list.serverTime, runner: context.timeOfDay() };
  const now = currentTime(clocks, list.keys);
  const { expiresInMs } = request;
  const expiresAt = planExpiry({ expiresInMs, now, random: context.random() });
  const replaced =
    request.replace === 'after-job' ? hashesToReplace(namesakes, now, context) : undefined;
  const desired = { ...request.desired, workspace_id: id, expires_at: expiresAt };
  // A list that lags may not have the former keys yet.
  const hashes = new Set([...list.keys.map(({ hash }) => hash), ...former]);
  return {
    workspace,
    search: {
      workspace: { id, slug },
      desired,
      nameIsRandom: request.nameIsRandom,
      isDistinguishable: request.nameIsRandom || desired.expires_at !== null,
      since: list.serverTime,
      preexistingHashes: [...preexistingHashes(list, name), ...former],
      lostPosts: 0,
    },
    namesakes,
    replaced,
    isNew: ({ hash }) => !hashes.has(hash),
  };
}

/** The new key, and the search for the keys that earlier POSTs may have created, or may still create. */
interface CreatedWithOrphans extends CreatedKey {
  plan: Plan;
  /** The values with which OpenRouter made it stricter than requested. */
  stricter: readonly Change[];
  search: OrphanCriteria;
  /** The hashes of the keys that a job that succeeds replaces; undefined for none. */
  replaced: string[] | undefined;
  /** Whether a key did not exist before this step, and is not one that it has deleted. */
  isNew(key: Key): boolean;
}

/** Sends the POST, and deletes the orphans of lost responses. Saves a task for each attempt. */
async function createKeyOnce(plan: Plan, context: KeyContext): Promise<CreatedWithOrphans> {
  const { client, registerSecrets } = context;
  const { search } = plan;
  const { value: created, error } = await catching(
    postOnce(
      {
        send(attempts) {
          const lostPosts = countPossibleOrphans(attempts) + 1;
          const state = lostPosts > 1 ? 'posted' : 'planned';
          saveState(state, { search: { ...search, lostPosts } }, context);
          return sendKey(client, search.desired, registerSecrets);
        },
        reconcile: reconcileKey,
        question: 'whether it created a key whose secret was lost',
        settle: (attempts) =>
          deleteOrphans(
            { ...search, lostPosts: countPossibleOrphans(attempts) },
            newSince(plan, attempts),
            context,
          ),
      },
      context,
    ),
    ApiError,
  );
  if (error) {
    if (!error.details.ambiguous) saveState('ended', { search }, context);
    throw error;
  }
  if (created.kind === 'reconciled') {
    saveState('ended', { search }, context);
    throw new Failure(keyOwnerUnknown, unknownOwner(search, created.result));
  }
  const { attempts, response } = created;
  const lostPosts = countPossibleOrphans(attempts);
  return {
    ...response.data,
    plan,
    stricter: [],
    search: { ...search, lostPosts },
    replaced: plan.replaced,
    isNew: newSince(plan, attempts),
  };
}

/** Whether a key is neither older than the step nor one of the orphans that it has deleted. */
function newSince(
  plan: Plan,
  attempts: Parameters<typeof deletedOrphans>[0],
): (key: Key) => boolean {
  const deletedHashes = new Set(deletedOrphans(attempts).map(({ hash }) => hash));
  return (key) => plan.isNew(key) && !deletedHashes.has(key.hash);
}

/**
 * Saves for the post step that it revokes the new key.
 * @throws {Failure} `unexpected-key` if another key than requested was returned
 */
function saveCreated(created: CreatedWithOrphans, context: KeyContext): void {
  const { key, search, plan } = created;
  const { workspace } = plan;
  const { name } = search.desired;
  const isNew = key.workspace_id === workspace.id && plan.isNew(key);
  const isExpected = isNew && key.name === name;
  // A shortened name is still that of the new key. Any other key may be another job's.
  const revoked = isNew && key.name !== '' && name.startsWith(key.name);
  saveState(isExpected || revoked ? 'created' : 'ended', created, context);
  if (!isExpected) throw new Failure(unexpectedKey, { key, workspace, name, revoked });
}

/**
 * Revokes a key that may spend more or live longer than requested, and returns the failure of the step. If
 * it cannot be revoked, the post step tries again.
 */
async function revokeLooser(
  created: CreatedWithOrphans,
  changes: readonly Change[],
  context: KeyContext,
): Promise<Failure> {
  const { client, log } = context;
  const { key } = created;
  const { value: deletion, error } = await catching(deleteKey(client, key), ApiError);
  const revoked = deletion?.kind === 'deleted';
  if (revoked) {
    log.info(`Revoked the API key ${describeKey(key)}, hash ${key.hash}.`);
    saveState('ended', created, context);
  }
  const problem = deletion?.kind === 'unclear' ? deletion.error : error;
  return new Failure(keyLooser, { key, changes, revoked, error: problem });
}

/** Passes the key on to later steps, as outputs. If this fails, the post step revokes it. */
function outputKey(
  created: CreatedWithOrphans,
  { onCreated }: Pick<KeyContext, 'onCreated'>,
): KeyResult {
  const { key, secret, plan } = created;
  const result = { workspace: plan.workspace, key, secret, expiresAt: expiresAtOf(created) };
  onCreated(result);
  return result;
}

/** ISO 8601; null for never. */
function expiresAtOf({ key, search }: CreatedWithOrphans): string | null {
  const expiry = expiryOf(key, search.desired);
  return readTime(expiry) === undefined ? null : expiry;
}

/**
 * Deletes orphans that appeared after the lookup for their POST. The post step deletes those that
 * appear even later, and all of them if the lookup here fails.
 */
async function deleteLateOrphans(
  state: KeyState,
  created: CreatedWithOrphans,
  context: KeyContext,
): Promise<void> {
  const { key, search } = created;
  const { lostPosts } = search;
  if (lostPosts === 0) return;
  const { log, journal, warn } = context;
  const isLate = (other: Key) => created.isNew(other) && other.hash !== key.hash;
  const { value: orphans, error } = await catching(
    deleteOrphans(search, isLate, context),
    ApiError,
  );
  if (error) {
    log.info(`${error.message}. The post step, if it runs, checks again.`);
    return;
  }
  const { deleted, undecided } = orphans;
  if (deleted.length === 0 && undecided.length === 0) return;
  if (undecided.length > 0) warn(keyOwnerUnknownWarning, unknownOwner(search, undecided));
  const left = undecided.length > 0 ? 0 : lostPosts - deleted.length;
  const facts = { ...created, search: { ...search, lostPosts: left } };
  saveState(state, facts, { journal, fewerOrphans: true });
}
