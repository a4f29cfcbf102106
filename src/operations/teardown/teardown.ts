import { ApiError, formatAttempt } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { countKeys, truncateList } from '../../lib/format.ts';
import type { Deletion } from '../../openrouter/deletion.ts';
import { describeKey, type Key, listKeys } from '../../openrouter/resources/keys.ts';
import {
  deleteWorkspace,
  findWorkspace,
  type WorkspaceRef,
} from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { deleteEach } from '../shared/delete-keys.ts';
import { Failure } from '../shared/failure.ts';

interface TeardownOptions {
  /** Delete the API keys of the workspace, which block its deletion. If false, keys fail the teardown. */
  deleteKeys: boolean;
  /**
   * After deleting keys, list them again before deleting the workspace. If false, do so only after
   * OpenRouter rejects the deletion.
   */
  relistKeys: boolean;
  /** The API keys of the workspace, if they were just listed. */
  listed?: readonly Key[] | undefined;
}

/** What a teardown did, whether or not it finished. */
interface TeardownResult {
  deletedKeys: readonly Key[];
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
export async function teardown(
  workspace: WorkspaceRef,
  options: TeardownOptions,
  context: Context,
): Promise<TeardownResult> {
  const deletedKeys: Key[] = [];
  const knownHashes = new Set<string>();
  let last: Repeat = { newKeys: [] };
  let mayBeDeleted = false;
  for (const [index, delay] of ROUND_DELAYS_MS.entries()) {
    await context.client.pause(delay);
    const relistKeys = options.relistKeys && index < ROUND_DELAYS_MS.length - 1;
    const listed = index === 0 ? options.listed : undefined;
    const facts = { relistKeys, listed, knownHashes, rejection: last.rejection };
    const round = await runRound(workspace, { ...options, ...facts }, context);
    deletedKeys.push(...round.deletedKeys);
    mayBeDeleted ||= round.mayBeDeleted === true;
    if (round.kind === 'finished') return { deletedKeys, deleted: round.deleted || mayBeDeleted };
    if (round.kind === 'blocked') return { deletedKeys, deleted: false, problem: round.problem };
    if (round.kind === 'failed') {
      return failUnlessGone(workspace, { ...round, deletedKeys, mayBeDeleted }, context);
    }
    for (const { hash } of round.newKeys) knownHashes.add(hash);
    last = round;
  }
  const { newKeys, rejection } = last;
  if (newKeys.length === 0 && rejection) {
    return failUnlessGone(workspace, { errors: [rejection], deletedKeys, mayBeDeleted }, context);
  }
  const details = { workspace, rounds: ROUND_DELAYS_MS.length, deletedKeys: deletedKeys.length };
  const reason = 'new API keys keep appearing in it';
  const problem = new Failure('keys-keep-appearing', details, reason);
  return { deletedKeys, deleted: false, problem };
}

/** Why a round has to be repeated. */
interface Repeat {
  /** The keys that no earlier round had listed, which were deleted. */
  newKeys: readonly Key[];
  /** How OpenRouter rejected the deletion of the workspace: probably because of a key. */
  rejection?: ApiError;
}

type Round = {
  deletedKeys: readonly Key[];
  /** Whether OpenRouter may have deleted the workspace, although the response does not say so. */
  mayBeDeleted?: boolean;
} & (
  | { kind: 'finished'; deleted: boolean }
  | ({ kind: 'repeat' } & Repeat)
  /** The workspace must not or cannot be deleted. */
  | { kind: 'blocked'; problem: Failure }
  | { kind: 'failed'; errors: readonly ApiError[] }
);

interface RoundOptions extends TeardownOptions {
  /** How OpenRouter rejected the deletion of the workspace in the round before. */
  rejection: ApiError | undefined;
  /** The hashes of the keys that earlier rounds have deleted. A list that lags still has them. */
  knownHashes: ReadonlySet<string>;
}

async function runRound(
  workspace: WorkspaceRef,
  options: RoundOptions,
  { client, log }: Context,
): Promise<Round> {
  const { deleteKeys, relistKeys, listed, rejection, knownHashes } = options;
  const deletedKeys: Key[] = [];
  const listing = listed ? Promise.resolve({ keys: listed }) : listKeys(client, workspace);
  const list = await catching<{ keys: readonly Key[] }, [typeof ApiError]>(listing, ApiError);
  if (list.error) return { kind: 'failed', deletedKeys, errors: [list.error] };
  const newKeys = list.value.keys.filter(({ hash }) => !knownHashes.has(hash));
  if (newKeys.length > 0 && !deleteKeys) return blockedByKeys(workspace, newKeys);
  const hadKeys = newKeys.length > 0 || knownHashes.size > 0;
  if (rejection && !hadKeys) return { kind: 'failed', deletedKeys, errors: [rejection] };

  const undeleted = await deleteEach(newKeys, client, (key) => {
    deletedKeys.push(key);
    log.info(`Deleted the API key ${describeKey(key)} of the workspace ${workspace.slug}.`);
  });
  if (undeleted.length > 0) {
    return { kind: 'failed', deletedKeys, errors: undeleted.map(({ error }) => error) };
  }
  if (newKeys.length > 0 && relistKeys) return { kind: 'repeat', deletedKeys, newKeys };

  const deletion = await catching(deleteWorkspace(client, workspace), ApiError);
  if (!deletion.error) return endOf(workspace, { deletion: deletion.value, deletedKeys });
  const { error } = deletion;
  const facts = { deletedKeys, mayBeDeleted: error.details.ambiguous };
  return isRejection(error)
    ? { kind: 'repeat', ...facts, newKeys, rejection: error }
    : { kind: 'failed', ...facts, errors: [error] };
}

function blockedByKeys(workspace: WorkspaceRef, keys: readonly Key[]): Round {
  const names = truncateList(keys.map(describeKey), MAX_NAMED).join(', ');
  const reason = `it has ${countKeys(keys.length)}, and delete-keys is false: ${names}`;
  const problem = new Failure('workspace-has-keys', { workspace, keys }, reason);
  return { kind: 'blocked', deletedKeys: [], problem };
}

/** The round in which OpenRouter processed the deletion of the workspace. */
function endOf(
  workspace: WorkspaceRef,
  { deletion, deletedKeys }: { deletion: Deletion; deletedKeys: readonly Key[] },
): Round {
  if (deletion.kind !== 'unclear') {
    return { kind: 'finished', deletedKeys, deleted: deletion.kind === 'deleted' };
  }
  const reason = 'OpenRouter reported that it does not exist, but still returns it';
  const problem = new Failure('workspace-still-exists', { workspace }, reason);
  return { kind: 'blocked', deletedKeys, problem };
}

interface Conclusion {
  errors: readonly ApiError[];
  deletedKeys: readonly Key[];
  mayBeDeleted: boolean;
}

/** Concludes a failed round. It still succeeds if the workspace no longer exists. */
async function failUnlessGone(
  workspace: WorkspaceRef,
  { errors, deletedKeys, mayBeDeleted }: Conclusion,
  context: Context,
): Promise<TeardownResult> {
  const isUndecided = (error: ApiError) => isRejection(error) || error.details.ambiguous;
  if (errors.every(isUndecided) && (await isGone(workspace, context))) {
    return { deletedKeys, deleted: mayBeDeleted };
  }
  const details = { workspace, errors, deletedKeys: deletedKeys.length };
  const [first] = errors as readonly [ApiError];
  const left = errors.length > 1 ? `${countKeys(errors.length)} left: ` : '';
  const reason = left + formatAttempt(first.details);
  const problem = new Failure('teardown-incomplete', details, reason);
  return { deletedKeys, deleted: false, problem };
}

/** Whether OpenRouter rejected the request because of this workspace, not because of the key. */
function isRejection({ details: { kind, status = 0 } }: ApiError): boolean {
  return kind === 'rejected' && status !== 401 && status !== 403;
}

async function isGone({ id }: WorkspaceRef, { client }: Context): Promise<boolean> {
  const { value: lookup, error } = await catching(findWorkspace(client, id), ApiError);
  return !error && !lookup.workspace;
}
