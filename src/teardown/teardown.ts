import type { Client } from '../http/client.ts';
import { ApiError, type ApiResponse, formatAttempt } from '../http/request.ts';
import { catching } from '../lib/catching.ts';
import { countKeys, truncateList } from '../lib/format.ts';
import { countDone } from '../lib/log.ts';
import type { DeletionResult } from '../openrouter/deletion.ts';
import { deleteEach, describeKey, type Key, listKeyPages } from '../openrouter/resources/keys.ts';
import {
  deleteWorkspace,
  findWorkspace,
  type WorkspaceRef,
} from '../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import {
  keysKeepAppearing,
  teardownIncomplete,
  workspaceHasKeys,
  workspaceStillExists,
} from './failures.ts';
import { BLOCKED_BUT_NONE_LISTED, type KeysLeft, NOT_LISTED } from './keys-left.ts';

/** API keys as they are before their deletion, with whatever else was found out then. */
interface PreparedKeys {
  keys: readonly Key[];
}

interface TeardownOptions<Prepared extends PreparedKeys> {
  /** Delete the API keys of the workspace, which block its deletion. If false, keys fail the teardown. */
  deleteKeys: boolean;
  /**
   * After deleting keys, list them again before deleting the workspace. If false, do so only after
   * OpenRouter rejects the deletion.
   */
  relistKeys: boolean;
  /** The first list of API keys, if that was just read. */
  list?: NewKeys | undefined;
  /** Called with the API keys of any other list before they are deleted, and with what it returned last. */
  prepare?(keys: readonly Key[], last: Prepared | undefined): Promise<Prepared>;
}

/** What a teardown did, whether or not it finished. */
interface TeardownResult<Prepared> extends End {
  deletedKeys: readonly Key[];
  /** All API keys that were listed: another job has deleted those that this one has not. */
  listedKeys: readonly Key[];
  /** What `prepare` returned last. */
  prepared: Prepared | undefined;
}

/** What became of the workspace. */
interface End {
  /** Whether it deleted the workspace; false also if another job had deleted that. */
  deleted: boolean;
  /** Why the workspace still exists or may still exist. */
  problem?: Failure;
}

/**
 * How long to wait before each list of the keys, in milliseconds. A list can lag behind a deletion, and a
 * key that another job has just created blocks the deletion of the workspace.
 */
const ROUND_DELAYS_MS = [0, 0, 1_000, 2_000, 4_000];

/** Keys in one line of a list. */
const MAX_NAMED = 3;

/** Deletes a workspace and what blocks its deletion. Deleting what is already deleted succeeds. */
export async function teardown<Prepared extends PreparedKeys>(
  workspace: WorkspaceRef,
  options: TeardownOptions<Prepared>,
  context: Context,
): Promise<TeardownResult<Prepared>> {
  const deletedKeys: Key[] = [];
  const listedKeys: Key[] = [];
  const knownHashes = new Set<string>();
  let last: Repeat = { newKeys: [], keysLeft: NOT_LISTED };
  let mayBeDeleted = false;
  let prepared: Prepared | undefined;
  const resultOf = (end: End): TeardownResult<Prepared> => {
    return { deletedKeys, listedKeys, prepared, ...end };
  };
  for (const [index, delay] of ROUND_DELAYS_MS.entries()) {
    await context.client.pause(delay);
    const relistKeys = options.relistKeys && index < ROUND_DELAYS_MS.length - 1;
    const list = index === 0 ? options.list : undefined;
    const facts = { relistKeys, list, knownHashes, prepared };
    const round = await runRound(workspace, { ...options, ...facts }, context);
    deletedKeys.push(...round.deletedKeys);
    listedKeys.push(...round.newKeys);
    prepared = round.prepared;
    for (const { hash } of round.newKeys) knownHashes.add(hash);
    mayBeDeleted ||= round.mayBeDeleted === true;
    if (round.kind === 'finished') return resultOf({ deleted: round.deleted || mayBeDeleted });
    if (round.kind === 'blocked') return resultOf({ deleted: false, problem: round.problem });
    if (round.kind === 'failed') {
      const facts = { ...round, rejection: last.rejection, deletedKeys, mayBeDeleted };
      return resultOf(await failUnlessGone(workspace, facts, context));
    }
    last = round;
  }
  const { newKeys, rejection } = last;
  if (newKeys.length === 0 && rejection) {
    const facts = { ...last, errors: [rejection], deletedKeys, mayBeDeleted };
    return resultOf(await failUnlessGone(workspace, facts, context));
  }
  const details = { workspace, rounds: ROUND_DELAYS_MS.length, deletedKeys: deletedKeys.length };
  const reason = 'new API keys keep appearing in it';
  return resultOf({ deleted: false, problem: new Failure(keysKeepAppearing, details, reason) });
}

/** API keys that no earlier list had, and the server's time when the last page was listed. */
export interface NewKeys extends Pick<ApiResponse<unknown>, 'serverTime'> {
  newKeys: readonly Key[];
  /** Whether there are no others. */
  isComplete: boolean;
}

/** How many API keys are listed before they are deleted, because several lists can be in memory at once. */
const MAX_LISTED = 2_000;

/**
 * Lists the API keys of a workspace that are not in `known`: `max` and the rest of a page at most.
 * @throws {ApiError}
 */
export async function listNewKeys(
  client: Client,
  workspace: WorkspaceRef,
  { known = new Set(), max = MAX_LISTED }: { known?: ReadonlySet<string>; max?: number } = {},
): Promise<NewKeys> {
  const newKeys: Key[] = [];
  let now: number | undefined;
  for await (const { items, serverTime } of listKeyPages(client, workspace)) {
    now = serverTime;
    newKeys.push(...items.filter(({ hash }) => !known.has(hash)));
    if (newKeys.length >= max) return { newKeys, isComplete: false, serverTime };
  }
  return { newKeys, isComplete: true, serverTime: now };
}

/** What a round has found. */
interface FoundKeys {
  /** The keys that no earlier round had listed. */
  newKeys: readonly Key[];
  /** Those that it could not delete. What is missing is not one of them. */
  keysLeft: KeysLeft;
}

/** Why a round has to be repeated. */
interface Repeat extends FoundKeys {
  /** How OpenRouter rejected the deletion of the workspace: probably because of a key. */
  rejection?: ApiError | undefined;
}

type Round<Prepared> = FoundKeys & {
  deletedKeys: readonly Key[];
  /** What `prepare` returned last, in this round or before. */
  prepared?: Prepared | undefined;
  /** Whether OpenRouter may have deleted the workspace, although the response does not say so. */
  mayBeDeleted?: boolean;
} & (
    | { kind: 'finished'; deleted: boolean }
    | ({ kind: 'repeat' } & Repeat)
    /** The workspace must not or cannot be deleted. */
    | { kind: 'blocked'; problem: Failure }
    | { kind: 'failed'; errors: readonly ApiError[] }
  );

interface RoundOptions<Prepared extends PreparedKeys> extends TeardownOptions<Prepared> {
  /** The hashes of the keys that earlier rounds have deleted. A list that lags still has them. */
  knownHashes: ReadonlySet<string>;
  /** What `prepare` returned last, in the rounds before. */
  prepared: Prepared | undefined;
}

async function runRound<Prepared extends PreparedKeys>(
  workspace: WorkspaceRef,
  options: RoundOptions<Prepared>,
  context: Context,
): Promise<Round<Prepared>> {
  const { deleteKeys, relistKeys } = options;
  const { errors, ...keys } = await deleteNewKeys(workspace, options, context);
  const { newKeys } = keys;
  if (errors.length > 0) return { kind: 'failed', ...keys, errors };
  if (newKeys.length > 0 && !deleteKeys) return blockedByKeys(workspace, keys);
  if (newKeys.length > 0 && relistKeys) return { kind: 'repeat', ...keys };

  const deletion = await catching(deleteWorkspace(context.client, workspace), ApiError);
  if (!deletion.error) return { ...keys, ...endOf(workspace, deletion.value) };
  const { error } = deletion;
  const facts = { ...keys, mayBeDeleted: error.details.ambiguous };
  return isRejection(error)
    ? { kind: 'repeat', ...facts, rejection: error }
    : { kind: 'failed', ...facts, errors: [error] };
}

interface NewKeysRound<Prepared> extends FoundKeys {
  deletedKeys: readonly Key[];
  prepared: Prepared | undefined;
  errors: readonly ApiError[];
}

/** Lists the API keys that no earlier round had, and deletes them if they are to be deleted. */
async function deleteNewKeys<Prepared extends PreparedKeys>(
  workspace: WorkspaceRef,
  { deleteKeys, list: first, knownHashes, prepare, prepared }: RoundOptions<Prepared>,
  { client, log }: Context,
): Promise<NewKeysRound<Prepared>> {
  const known = new Set(knownHashes);
  const [newKeys, deletedKeys]: [Key[], Key[]] = [[], []];
  const max = deleteKeys ? MAX_LISTED : Number.POSITIVE_INFINITY;
  let last = prepared;
  for (let given = first; ; given = undefined) {
    const listing = given ? Promise.resolve(given) : listNewKeys(client, workspace, { known, max });
    const { value: list, error: listError } = await catching(listing, ApiError);
    if (listError) {
      const errors = [listError];
      return { newKeys, deletedKeys, prepared: last, errors, keysLeft: NOT_LISTED };
    }
    const isNew = !given && list.newKeys.length > 0;
    const next = isNew && prepare ? await prepare(list.newKeys, last) : undefined;
    last = next ?? last;
    const { keys } = next ?? { keys: list.newKeys };
    newKeys.push(...keys);
    for (const { hash } of keys) known.add(hash);
    const deletion = deleteKeys && (await deleteAndLog(workspace, keys, { client, log }));
    const { deleted, undeleted } = deletion || { deleted: [], undeleted: [] };
    deletedKeys.push(...deleted);
    const { isComplete, serverTime: now } = list;
    if (isComplete || undeleted.length > 0) {
      const errors = undeleted.map(({ error }) => error);
      const left = undeleted.map(({ key }) => key);
      const keysLeft = { keys: left, isComplete, now };
      return { newKeys, deletedKeys, prepared: last, errors, keysLeft };
    }
  }
}

/** Deletes API keys. Logs how many, and a few names: a workspace can have thousands. Folded: the end of the deletion says how many. */
async function deleteAndLog(
  { slug }: WorkspaceRef,
  keys: readonly Key[],
  { client, log }: Pick<Context, 'client' | 'log'>,
) {
  const deleted: Key[] = [];
  const onDone = countDone(log, `API keys of the workspace ${slug} deleted`, keys.length);
  const undeleted = await deleteEach(keys, client, (key) => {
    deleted.push(key);
    onDone();
  });
  if (deleted.length > 0) {
    log.request(
      `Deleted ${countKeys(deleted.length)} of the workspace ${slug}: ${nameSome(deleted)}.`,
    );
  }
  return { deleted, undeleted };
}

function nameSome(keys: readonly Key[]): string {
  return truncateList(keys.map(describeKey), MAX_NAMED).join(', ');
}

function blockedByKeys(
  workspace: WorkspaceRef,
  { newKeys: keys, keysLeft }: FoundKeys,
): Round<never> {
  const reason = `it has ${countKeys(keys.length)}, and delete-keys is false: ${nameSome(keys)}`;
  const problem = new Failure(workspaceHasKeys, { workspace, keys, now: keysLeft.now }, reason);
  return { kind: 'blocked', newKeys: keys, deletedKeys: [], keysLeft, problem };
}

/** What follows from how OpenRouter processed the deletion of the workspace. */
function endOf(workspace: WorkspaceRef, deletion: DeletionResult) {
  if (deletion.kind !== 'unclear') {
    return { kind: 'finished' as const, deleted: deletion.kind === 'deleted' };
  }
  const reason = 'OpenRouter reported that it does not exist, but still returns it';
  const problem = new Failure(workspaceStillExists, { workspace }, reason);
  return { kind: 'blocked' as const, problem };
}

interface Conclusion extends Repeat {
  errors: readonly ApiError[];
  deletedKeys: readonly Key[];
  mayBeDeleted: boolean;
}

/** Concludes a failed round. It still succeeds if the workspace no longer exists. */
async function failUnlessGone(
  workspace: WorkspaceRef,
  { errors, newKeys, rejection, deletedKeys, mayBeDeleted, ...found }: Conclusion,
  context: Context,
): Promise<End> {
  const isUndecided = (error: ApiError) => isRejection(error) || error.details.ambiguous;
  if (errors.every(isUndecided) && (await isGone(workspace, context))) {
    return { deleted: mayBeDeleted };
  }
  const isBlocked = rejection !== undefined && newKeys.length === 0 && found.keysLeft.isComplete;
  const keysLeft = isBlocked ? BLOCKED_BUT_NONE_LISTED : found.keysLeft;
  const details = { workspace, errors, deletedKeys: deletedKeys.length, keysLeft };
  const [first] = errors as readonly [ApiError];
  const orMore = keysLeft.isComplete ? '' : ' or more';
  const left = errors.length > 1 ? `${errors.length}${orMore} API keys left: ` : '';
  const reason = left + formatAttempt(first.details);
  return { deleted: false, problem: new Failure(teardownIncomplete, details, reason) };
}

/** Whether OpenRouter rejected the request because of this workspace, not because of the key. */
function isRejection({ details: { kind, status = 0 } }: ApiError): boolean {
  return kind === 'rejected' && status !== 401 && status !== 403;
}

async function isGone({ id }: WorkspaceRef, { client }: Context): Promise<boolean> {
  const { value: lookup, error } = await catching(findWorkspace(client, id), ApiError);
  return !error && !lookup.workspace;
}
