/**
 * How the workspace of a preview is deleted in the night after its end, although OpenRouter forgets with a workspace what
 * its keys have spent, counts that late, and has no lock:
 *
 *     1. All keys have ended an hour ago, so their counters are exact. Otherwise, the next night goes on.
 *     2. Look the workspace up: it is still this preview's, and no run has locked it.
 *     3. Lock it, with one PATCH: another slug, and a mark that says so. No run uses it from then on.
 *     4. Wait two seconds, and list once more. If a key has ended less than an hour ago, the next night goes on.
 *     5. Write the bill. Delete the keys of that list, then the workspace.
 *
 * Why the bill is right: a job gives its key to the workflow only if a list has had the key before a lookup shows that the
 * workspace is not locked. So the list after the lock has each key that has spent.
 *
 * Why it says at least if this run has found the lock: the run that has locked can have deleted keys, of which this list
 * knows nothing.
 */
import { ApiError, rejectsResource } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { deleteEach, listKeys } from '../../openrouter/resources/keys.ts';
import {
  deleteWorkspace,
  findWorkspace,
  patchWorkspace,
} from '../../openrouter/resources/workspaces.ts';
import {
  isCounted,
  isWorking,
  type SeenKey,
  seenIn,
  spentBy,
} from '../../openrouter/settlement.ts';
import { Failure } from '../../shared/failure.ts';
import { workspaceStillExists } from '../../teardown/failures.ts';
import { type Deletion, deletionLine } from '../../teardown/outcome.ts';
import { incompleteTeardown, isGone } from '../../teardown/teardown.ts';
import type { WatchedWorkspace } from './close-preview.ts';
import { isInUse, isSame, lockOf, type MarkedWorkspace, readMark } from './naming.ts';
import type { GitHubContext } from './read-subject.ts';
import { type CommentOutcome, writeBill } from './write-comment.ts';

/** What a clean-up has done about a workspace, and why it was left, if it was. */
export type NightResult = Deletion & { reason?: string };

/** A workspace that is left to the next clean-up. */
export function left(reason: string): NightResult {
  return { outcome: 'left', keys: [], reason };
}

export const MAY_BE_USED = 'it is locked, and a job may use its API key';
export const NOT_COUNTED = 'an API key ended less than an hour ago';

/** How long a list of keys may lag behind a POST, in milliseconds. */
const LIST_LAG_MS = 2_000;

/**
 * Writes the bill of a workspace whose keys are all counted, and deletes both.
 * @param one `watch` has listed the keys
 */
export async function deletePreview(
  one: WatchedWorkspace,
  context: GitHubContext,
): Promise<NightResult> {
  const { workspace } = one;
  const { value, error } = await catching(lockAndDelete(one, context), ApiError, Failure);
  if (!error) return value;
  const isUnclear = error instanceof ApiError && rejectsResource(error.details);
  if (isUnclear && (await isGone(workspace, context)))
    return { outcome: 'already-deleted', keys: [] };
  return { outcome: 'failed', keys: [], failure: error };
}

async function lockAndDelete(
  { workspace, watch }: WatchedWorkspace,
  context: GitHubContext,
): Promise<NightResult> {
  const { client } = context;
  const before = watch.last ?? [];
  const reason = workspace.isLocked ? undefined : await lock(workspace, context);
  if (reason !== undefined) return left(reason);
  await client.pause(LIST_LAG_MS);
  const keys = watch.see(await listKeys(context, workspace));
  if (keys.some(isWorking)) return left(MAY_BE_USED);
  if (!keys.every(isCounted)) return left(NOT_COUNTED);
  const listed = new Set(keys.map(({ key }) => key.hash));
  const isComplete = !workspace.isLocked && before.every(({ key }) => listed.has(key.hash));
  return billAndDelete({ workspace, keys, isComplete }, context);
}

/** Locks a workspace. Returns why not, if another run or a person was first. */
async function lock(
  workspace: MarkedWorkspace,
  { client, repository, log }: GitHubContext,
): Promise<string | undefined> {
  const { workspace: now } = await findWorkspace(client, workspace.id);
  const mark = readMark(now?.['description'], repository);
  if (!now || !isInUse(now) || !mark || !isSame(mark.subject, workspace.subject)) {
    return 'another run or a person has changed the workspace';
  }
  const wanted = lockOf(workspace);
  const { slug, description } = await patchWorkspace(client, workspace, wanted);
  if (slug !== wanted.slug || description !== wanted.description) {
    return 'OpenRouter has not changed its slug and its description';
  }
  log.info(`Locked the preview ${JSON.stringify(workspace.name)}: no run uses it any more.`);
  return undefined;
}

/** A workspace that is locked, and its keys, all of which are counted. */
interface Locked {
  workspace: MarkedWorkspace;
  keys: readonly SeenKey[];
  /** Whether they are all keys that have spent. */
  isComplete: boolean;
}

async function billAndDelete(locked: Locked, context: GitHubContext): Promise<NightResult> {
  const { workspace, keys, isComplete } = locked;
  const bill = { workspace, keys, isComplete, leavesBill: workspace.isLocked };
  const outcome = await writeOrFail(bill, context);
  const deletion = await deleteAll(locked, context);
  if (deletion.outcome === 'left') {
    const all = [...keys, ...deletion.keys];
    const doubt = { workspace, keys: all, isComplete: false, leavesBill: false };
    await writeOrFail(doubt, context);
    return { ...deletion, keys: [] };
  }
  // A run that read the comment before the bill can have written over it.
  if (outcome.kind === 'written') await writeBill({ ...bill, leavesBill: true }, context);
  const isDoubted = outcome.kind === 'written' && outcome.data.isAtLeast;
  const { amount, isExact } = spentBy(keys);
  const spent = { amount, isExact: isExact && isComplete && !isDoubted };
  const result = { ...deletion, spent };
  context.log.info(deletionLine(`the preview ${JSON.stringify(workspace.name)}`, result));
  return result;
}

/**
 * Writes a bill, unless GitHub rejects it for good.
 * @throws {ApiError}
 */
async function writeOrFail(
  bill: Parameters<typeof writeBill>[0],
  context: GitHubContext,
): Promise<CommentOutcome> {
  const outcome = await writeBill(bill, context);
  if (outcome.kind === 'failed' && !isForGood(outcome.error)) throw outcome.error;
  return outcome;
}

/** Whether GitHub rejects any attempt like this: another token can be accepted. */
function isForGood({ details: { kind, status } }: ApiError): boolean {
  return kind === 'rejected' && status !== 401;
}

/**
 * Deletes exactly the keys of the bill, and the workspace. If that has other keys, it is left, with these.
 * @throws {Failure} `teardown-incomplete`, `workspace-still-exists`
 * @throws {ApiError}
 */
async function deleteAll(locked: Locked, context: GitHubContext): Promise<NightResult> {
  const { workspace, keys } = locked;
  const deleted = new Set<string>();
  const undeleted = await deleteEach(
    keys.map(({ key }) => key),
    context,
    ({ hash }) => deleted.add(hash),
  );
  const rest = new Set(undeleted.map(({ key }) => key.hash));
  const facts = { workspace, deletedKeys: deleted.size };
  if (undeleted.length > 0) {
    const keysLeft = keys.filter(({ key }) => rest.has(key.hash));
    const errors = undeleted.map(({ error }) => error);
    throw incompleteTeardown({ ...facts, errors, keysLeft });
  }
  const end = await deleteEmptied(locked, context);
  if (end.kind === 'rejected') {
    throw incompleteTeardown({ ...facts, errors: [end.error], keysLeft: undefined });
  }
  if (end.kind === 'has-keys') return { ...left(UNLISTED), keys: end.keys };
  return { outcome: end.kind, keys: keys.filter(({ key }) => deleted.has(key.hash)) };
}

const UNLISTED = 'it has an API key that no list has shown before';

type WorkspaceEnd =
  | { kind: 'deleted' | 'already-deleted' }
  /** It has keys that are not those of the bill: a list was behind, or something has created them. */
  | { kind: 'has-keys'; keys: readonly SeenKey[] }
  /** It has none that OpenRouter lists: it does not list those that were created through OAuth. */
  | { kind: 'rejected'; error: ApiError };

/** When to delete the workspace, in milliseconds after the attempt before: a deleted key may block it for a moment. */
const ATTEMPT_DELAYS_MS = [1_000, 2_000, 4_000];

/**
 * @throws {Failure} `workspace-still-exists`
 * @throws {ApiError}
 */
async function deleteEmptied(
  { workspace, keys }: Locked,
  context: GitHubContext,
): Promise<WorkspaceEnd> {
  const { client } = context;
  const billed = new Set(keys.map(({ key }) => key.hash));
  for (let attempt = 0; ; attempt += 1) {
    const { value: deletion, error } = await catching(deleteWorkspace(client, workspace), ApiError);
    if (deletion?.kind === 'unclear') throw new Failure(workspaceStillExists, { workspace });
    if (deletion) return { kind: deletion.kind === 'deleted' ? 'deleted' : 'already-deleted' };
    if (!rejectsResource(error.details)) throw error;
    const others = seenIn(await listKeys(context, workspace));
    const unlisted = others.filter(({ key }) => !billed.has(key.hash));
    if (unlisted.length > 0) return { kind: 'has-keys', keys: unlisted };
    const delay = ATTEMPT_DELAYS_MS[attempt];
    if (delay === undefined) return { kind: 'rejected', error };
    await client.pause(delay);
  }
}
