import { ApiError, formatCause, rejectsResource } from '../http/request.ts';
import { catching } from '../lib/catching.ts';
import { countKeys, truncateList } from '../lib/format.ts';
import { countDone } from '../lib/log.ts';
import type { DeletionResult } from '../openrouter/deletion.ts';
import { deleteEach, describeKey, type Key, listKeys } from '../openrouter/resources/keys.ts';
import {
  deleteWorkspace,
  findWorkspace,
  type WorkspaceRef,
} from '../openrouter/resources/workspaces.ts';
import { type SeenKey, seenIn, spentBy } from '../openrouter/settlement.ts';
import type { Context } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import {
  keysKeepAppearing,
  teardownIncomplete,
  workspaceHasKeys,
  workspaceStillExists,
} from './failures.ts';
import { describeWorking, type KeysLeft } from './keys-left.ts';
import type { Deletion } from './outcome.ts';

interface TeardownOptions {
  /** Delete the API keys of the workspace, which block its deletion. If false, keys fail the teardown. */
  deleteKeys: boolean;
  /**
   * After deleting keys, list them again before deleting the workspace. If false, do so only after
   * OpenRouter rejects the deletion.
   */
  relistKeys: boolean;
}

/** What became of the workspace. */
type End = Pick<Deletion, 'outcome'> & { failure?: Failure };

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
): Promise<Deletion & End> {
  const keys: SeenKey[] = [];
  const listedHashes = new Set<string>();
  let last: Repeat = { newKeys: [], keysLeft: undefined };
  let mayBeDeleted = false;
  const resultOf = (end: End) => {
    // A lookup that confirms a deletion, or a list that lags behind it, can show more.
    const counted = keys.map((one) => ({ ...one, key: context.counters.see(one.key) }));
    return { ...end, keys: counted, ...(keys.length > 0 && { spent: spentBy(counted) }) };
  };
  for (const [index, delay] of ROUND_DELAYS_MS.entries()) {
    await context.client.pause(delay);
    const relistKeys = options.relistKeys && index < ROUND_DELAYS_MS.length - 1;
    const round = await runRound(workspace, { ...options, relistKeys, listedHashes }, context);
    keys.push(...round.deletedKeys);
    for (const { key } of round.newKeys) listedHashes.add(key.hash);
    mayBeDeleted ||= round.mayBeDeleted === true;
    if (round.kind === 'finished') return resultOf(endOf(round.deleted || mayBeDeleted));
    if (round.kind === 'blocked') return resultOf({ outcome: 'failed', failure: round.failure });
    if (round.kind === 'failed') {
      const facts = { ...round, rejection: last.rejection, deletedKeys: keys, mayBeDeleted };
      return resultOf(await failUnlessGone(workspace, facts, context));
    }
    last = round;
  }
  const { newKeys, rejection } = last;
  if (newKeys.length === 0 && rejection) {
    const facts = { ...last, errors: [rejection], deletedKeys: keys, mayBeDeleted };
    return resultOf(await failUnlessGone(workspace, facts, context));
  }
  const details = { workspace, rounds: ROUND_DELAYS_MS.length, deletedKeys: keys.length };
  const reason = 'new API keys keep appearing in it';
  return resultOf({
    outcome: 'failed',
    failure: new Failure(keysKeepAppearing, details, reason),
  });
}

/** What became of a workspace that does not exist. */
function endOf(isDeleted: boolean): End {
  return { outcome: isDeleted ? 'deleted' : 'already-deleted' };
}

/** What a round has found. */
interface FoundKeys {
  /** The keys that no earlier round had listed. */
  newKeys: readonly SeenKey[];
  /** Those that it did not delete. What is missing is not one of them. */
  keysLeft: KeysLeft;
}

/** Why a round has to be repeated. */
interface Repeat extends FoundKeys {
  /** How OpenRouter rejected the deletion of the workspace: probably because of a key. */
  rejection?: ApiError | undefined;
}

type Round = FoundKeys & {
  deletedKeys: readonly SeenKey[];
  /** Whether OpenRouter may have deleted the workspace, although the response does not say so. */
  mayBeDeleted?: boolean;
} & (
    | { kind: 'finished'; deleted: boolean }
    | ({ kind: 'repeat' } & Repeat)
    /** The workspace must not or cannot be deleted. */
    | { kind: 'blocked'; failure: Failure }
    | { kind: 'failed'; errors: readonly ApiError[] }
  );

interface RoundOptions extends TeardownOptions {
  /** The hashes of the keys that earlier rounds have listed. A list that lags still has what they deleted. */
  listedHashes: ReadonlySet<string>;
}

async function runRound(
  workspace: WorkspaceRef,
  options: RoundOptions,
  context: Context,
): Promise<Round> {
  const { deleteKeys, relistKeys } = options;
  const { errors, ...keys } = await deleteNewKeys(workspace, options, context);
  const { newKeys } = keys;
  if (errors.length > 0) return { kind: 'failed', ...keys, errors };
  if (newKeys.length > 0 && !deleteKeys) return blockedByKeys(workspace, keys);
  if (newKeys.length > 0 && relistKeys) return { kind: 'repeat', ...keys };

  const deletion = await catching(deleteWorkspace(context.client, workspace), ApiError);
  if (!deletion.error) return { ...keys, ...roundAfter(workspace, deletion.value) };
  const { error } = deletion;
  const facts = { ...keys, mayBeDeleted: error.details.ambiguous };
  return rejectsResource(error.details)
    ? { kind: 'repeat', ...facts, rejection: error }
    : { kind: 'failed', ...facts, errors: [error] };
}

interface NewKeysRound extends FoundKeys {
  deletedKeys: readonly SeenKey[];
  errors: readonly ApiError[];
}

/** Lists the API keys that no earlier round had, and deletes them if they are to be deleted. */
async function deleteNewKeys(
  workspace: WorkspaceRef,
  { deleteKeys, listedHashes }: RoundOptions,
  context: Context,
): Promise<NewKeysRound> {
  const { value: list, error } = await catching(listKeys(context, workspace), ApiError);
  if (error) return { newKeys: [], deletedKeys: [], errors: [error], keysLeft: undefined };
  const newKeys = seenIn(list).filter(({ key }) => !listedHashes.has(key.hash));
  if (!deleteKeys) return { newKeys, deletedKeys: [], errors: [], keysLeft: newKeys };
  const { deleted, left, errors } = await deleteAndLog(workspace, newKeys, context);
  return { newKeys, deletedKeys: deleted, errors, keysLeft: left };
}

/** Deletes API keys. Logs how many, and a few names: a workspace can have thousands. Folded: the end of the deletion says how many. */
async function deleteAndLog(
  { slug }: WorkspaceRef,
  all: readonly SeenKey[],
  context: Pick<Context, 'client' | 'counters' | 'log'>,
) {
  const keys = all.map(({ key }) => key);
  const deletedKeys = new Set<Key>();
  const onDone = countDone(context.log, `API keys of the workspace ${slug} deleted`, keys.length);
  const undeleted = await deleteEach(keys, context, (key) => {
    deletedKeys.add(key);
    onDone();
  });
  const undeletedKeys = new Set(undeleted.map(({ key }) => key));
  const deleted = all.filter(({ key }) => deletedKeys.has(key));
  if (deleted.length > 0) {
    context.log.request(
      `Deleted ${countKeys(deleted.length)} of the workspace ${slug}: ${nameSome(deleted)}.`,
    );
  }
  return {
    deleted,
    left: all.filter(({ key }) => undeletedKeys.has(key)),
    errors: undeleted.map(({ error }) => error),
  };
}

function nameSome(keys: readonly SeenKey[]): string {
  const names = keys.map(({ key }) => describeKey(key));
  return truncateList(names, MAX_NAMED).join(', ');
}

function blockedByKeys(workspace: WorkspaceRef, { newKeys: keys, keysLeft }: FoundKeys): Round {
  const reason = `it has ${countKeys(keys.length)}, and delete-keys is false. ${describeWorking(keys)}`;
  const failure = new Failure(workspaceHasKeys, { workspace, keys }, reason);
  return { kind: 'blocked', newKeys: keys, deletedKeys: [], keysLeft, failure };
}

/** What follows from how OpenRouter processed the deletion of the workspace. */
function roundAfter(workspace: WorkspaceRef, deletion: DeletionResult) {
  if (deletion.kind !== 'unclear') {
    return { kind: 'finished' as const, deleted: deletion.kind === 'deleted' };
  }
  const reason = 'OpenRouter reported that it does not exist, but still returns it';
  const failure = new Failure(workspaceStillExists, { workspace }, reason);
  return { kind: 'blocked' as const, failure };
}

interface Conclusion extends Repeat {
  errors: readonly ApiError[];
  deletedKeys: readonly SeenKey[];
  mayBeDeleted: boolean;
}

/** Concludes a failed round. It still succeeds if the workspace no longer exists. */
async function failUnlessGone(
  workspace: WorkspaceRef,
  { errors, newKeys, rejection, deletedKeys, mayBeDeleted, ...found }: Conclusion,
  context: Context,
): Promise<End> {
  const isUndecided = ({ details }: ApiError) => rejectsResource(details) || details.ambiguous;
  if (errors.every(isUndecided) && (await isGone(workspace, context))) {
    return endOf(mayBeDeleted);
  }
  const keysLeft = rejection && newKeys.length === 0 ? undefined : found.keysLeft;
  const details = { workspace, errors, deletedKeys: deletedKeys.length, keysLeft };
  return { outcome: 'failed', failure: incompleteTeardown(details) };
}

/** The failure of a teardown. Its reason is that of the first of `errors`, and whether anything can spend. */
export function incompleteTeardown(
  details: Parameters<(typeof teardownIncomplete)['describe']>[0],
): Failure {
  const [first] = details.errors as readonly [ApiError];
  const reason = `${formatCause(first.details)}. ${describeWorking(details.keysLeft)}`;
  return new Failure(teardownIncomplete, details, reason);
}

/** Whether a lookup finds that another job, or a request that seemed to fail, has deleted the workspace. */
export async function isGone(
  { id }: WorkspaceRef,
  { client }: Pick<Context, 'client'>,
): Promise<boolean> {
  const { value: lookup, error } = await catching(findWorkspace(client, id), ApiError);
  return !error && !lookup.workspace;
}
