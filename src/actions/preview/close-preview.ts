/**
 * How a preview ends, although it can be reopened at any moment, a job can create a key in it at any moment, and
 * OpenRouter counts late what its keys have spent.
 *
 * OpenRouter forgets with a workspace what its keys have spent, and neither OpenRouter nor GitHub has a lock. So a
 * workspace is deleted when its bill is final, and no run can use it while the bill becomes final:
 *
 *     1. List the keys. Read whether the pull request or branch is open: then stop.
 *     2. Disable the keys that work.
 *     3. If a key has not settled, write the comment, and wait until all have. A clean-up reads again instead, and
 *        leaves the rest to the next one. It waits only if OpenRouter does not tell when a key ended: no later run
 *        would know that either.
 *     4. Read again. If it is open, stop. If a key was disabled, fail: preview-reopened.
 *     5. Close the workspace, with one PATCH: another slug, and a mark that says so. No run finds it under its slug any
 *        more, so a reopened pull request gets a new workspace at once.
 *     6. Read once more. If it is open, fail in the end: preview-reopened.
 *     7. List again. A job whose POST came before the closing can have created a key: it is disabled, and settles.
 *     8. Write the bill, and say so in the mark: no other run writes one of the keys that are left. Delete the keys and
 *        the workspace.
 *
 * The end, and a reopening at the worst moment:
 *
 *     the end                          workspace 1       a job of the reopened pull request
 *     reads: closed                    slug preview-42
 *                      someone reopens the pull request
 *                                                        finds workspace 1 under the slug
 *     PATCH --------------------------> closed
 *                                      key K <---------- POST: K
 *     reads: open                                        looks up workspace 1: it is closed
 *     lists: K works, disables it                        disables K, begins again
 *     waits until K has settled                          finds nothing: creates workspace 2, with the slug
 *     bill, deletes workspace 1        gone              gets a key in workspace 2
 *     fails: preview-reopened
 *
 * Why the bill is right: a job gives its key to the workflow only if the workspace, looked up after the POST, is not
 * closed. So a key that has spent was created before the closing, and the list after the closing has it.
 *
 * Why nothing else is touched: what is disabled or deleted is named by its id or hash. To disable, close or delete
 * twice is as good as once, so two runs can do this at the same time. The PATCH that closes is not repeated without
 * reading again: it could arrive after a reopening.
 */
import { forEachOf } from '../../http/client.ts';
import { ApiError, formatCause, rejectsResource, toApiError } from '../../http/request.ts';
import { FAILURE_CLASSES } from '../../http/retry-policy.ts';
import { isCancelled } from '../../lib/cancellation.ts';
import { catching } from '../../lib/catching.ts';
import { countDone } from '../../lib/log.ts';
import { disableKey, listKeys } from '../../openrouter/resources/keys.ts';
import {
  findWorkspace,
  isDefault,
  listWorkspaces,
  patchWorkspace,
  sendPatch,
} from '../../openrouter/resources/workspaces.ts';
import {
  allSettleIn,
  KeyWatch,
  SETTLE_MS,
  type SettlingKey,
  type Spent,
  spentBy,
  tellsEnds,
  toSettling,
} from '../../openrouter/settlement.ts';
import { formatMinute } from '../../openrouter/time.ts';
import { Failure } from '../../shared/failure.ts';
import { type Deletion, deletionLine } from '../../teardown/deletion.ts';
import { teardownIncomplete } from '../../teardown/failures.ts';
import { describeWorking, type KeysLeft } from '../../teardown/keys-left.ts';
import { isGone, teardown } from '../../teardown/teardown.ts';
import { RELIST_MS } from './cap-key.ts';
import { previewNotDeleted, previewReopened } from './failures.ts';
import {
  billedMark,
  closedMark,
  closedSlug,
  identify,
  isSame,
  type MarkedWorkspace,
  readMark,
} from './naming.ts';
import { assertOurs } from './open-preview.ts';
import { type GitHubContext, readSubject } from './read-subject.ts';
import type { Preview } from './request.ts';
import { spentIn, writeBill, writeComment } from './write-comment.ts';

interface CloseOptions {
  /** Whether to wait until what has been spent is counted. */
  waits: boolean;
}

/** What the run knows of one workspace that it closes. */
interface Target extends CloseOptions {
  workspace: MarkedWorkspace;
  watch: KeyWatch;
  /** When its subject is known to have changed, in milliseconds since 1970: an older response is outdated. */
  since: number | undefined;
  /** The keys that were listed before any run had closed it; undefined if others may have deleted some before. */
  firstListed?: readonly SettlingKey[] | undefined;
}

/**
 * Ends a preview whose pull request or branch is closed: see above. It is kept if that is open again before anything was
 * changed. The amount is what all keys have spent; it is unknown if neither a bill nor a complete list tells.
 * @throws {Failure} `preview-not-deleted`, `preview-reopened`, `stale-response`
 */
export async function closePreview(
  workspace: MarkedWorkspace,
  options: CloseOptions,
  context: GitHubContext,
): Promise<Deletion> {
  const watch = new KeyWatch(context.clock);
  const closing = closeFound({ ...options, workspace, watch, since: workspace.since }, context);
  const { value, error } = await catching(closing, ApiError);
  if (!error) return value;
  // The error only shows then that another job has deleted the workspace.
  if (rejectsResource(error.details) && (await isGone(workspace, context))) {
    context.log.info(`Another job had deleted the preview ${JSON.stringify(workspace.name)}.`);
    return { outcome: 'already-deleted', keys: [] };
  }
  throw notDeleted(workspace, [error], watch.last);
}

async function closeFound(target: Target, context: GitHubContext): Promise<Deletion> {
  const { workspace } = target;
  if (workspace.state !== 'open') return finish(target, context);
  const settled = await settle(target, context);
  if (settled.outcome !== 'settled') return settled;
  const { since } = settled;
  const closed = await closeWorkspace({ ...target, since }, context);
  if (!closed && settled.hasDisabled) throw reopened(workspace);
  if (!closed) return { outcome: 'kept', keys: [] };
  const { isOpen } = await readSubject(workspace.subject, since, context);
  const firstListed = closed.wasOpen ? settled.keys : undefined;
  const end = await finish({ ...target, workspace: closed.workspace, firstListed }, context);
  if (isOpen) throw reopened(workspace);
  return end;
}

type Settled =
  | {
      outcome: 'settled';
      keys: readonly SettlingKey[];
      /** Whether this run has disabled one of them. */
      hasDisabled: boolean;
      since: number | undefined;
    }
  | Deletion;

/** How often the state is read at least while a run waits, in milliseconds. */
const REREAD_MS = 60_000;

/** Ends the spending, and waits until what has been spent is counted. An open workspace may be reopened until then. */
async function settle(target: Target, context: GitHubContext): Promise<Settled> {
  const { workspace, watch } = target;
  const { clock, signal } = context;
  let { since } = target;
  let readAt = Number.NEGATIVE_INFINITY;
  let hasDisabled = false;
  for (let isFirst = true; ; isFirst = false) {
    const list = await listKeys(context, workspace);
    const keys = watch.see(list);
    const ms = allSettleIn(keys);
    if (workspace.state === 'open' && (!ms || clock.now() - readAt >= REREAD_MS)) {
      const state = await readSubject(workspace.subject, since, context);
      [since, readAt] = [state.since, clock.now()];
      if (state.isOpen && hasDisabled) throw reopened(workspace);
      if (state.isOpen) return { outcome: 'kept', keys: [] };
    }
    if (ms === 0) return { outcome: 'settled', keys, hasDisabled, since };
    if (ms === undefined) {
      hasDisabled = true;
      await disableAll(target, context);
    }
    const rest = Math.min(allSettleIn(watch.last ?? []) ?? 0, SETTLE_MS);
    const waits = target.waits || !tellsEnds(list);
    if (isFirst || ms === undefined) await announce({ ...target, waits }, rest, context);
    if (!waits) {
      const isOpen = hasDisabled && (await isReopened(target, since, context));
      if (isOpen) throw reopened(workspace);
      return { outcome: 'settling', keys: [] };
    }
    await context.rest(Math.min(rest, RELIST_MS));
    if (isCancelled(signal)) throw notDeleted(workspace, [], watch.last);
  }
}

/** Whether a workspace that is not closed yet has a subject that is open. */
async function isReopened(
  { workspace: { state, subject } }: Target,
  since: number | undefined,
  context: GitHubContext,
): Promise<boolean> {
  if (state !== 'open') return false;
  const { isOpen } = await readSubject(subject, since, context);
  return isOpen;
}

/** Disables the API keys that work. A failure does not stop the others. */
async function disableAll({ watch }: Target, context: GitHubContext): Promise<void> {
  const working = (watch.last ?? []).filter(({ settlesIn }) => settlesIn === undefined);
  const onDone = countDone(context.log, 'API keys disabled', working.length);
  const errors: ApiError[] = [];
  await forEachOf(working, async ({ key }) => {
    const { value: disabled, error } = await catching(disableKey(context, key), ApiError);
    onDone();
    if (disabled) watch.seeDisabled(disabled);
    if (error) errors.push(error);
  });
  const [first] = errors;
  if (first) throw first;
}

/** Says that the keys are disabled, and until when the bill is not final. */
async function announce(
  { workspace, waits }: Target,
  ms: number,
  context: GitHubContext,
): Promise<void> {
  const until = formatMinute(context.timeOfDay() + ms, { withYear: false });
  const then = waits ? `Waiting for that until ${until}.` : 'The next clean-up deletes it.';
  context.log.info(
    `No API key of the preview ${JSON.stringify(workspace.name)} works any more. OpenRouter counts late what the keys have spent. ${then}`,
  );
  await writeComment({ workspace }, context);
}

interface Closed {
  workspace: MarkedWorkspace;
  /** Whether no other run had closed it before. */
  wasOpen: boolean;
}

/** Closes a workspace. Returns it as it is then; undefined if its subject is open again before that. */
async function closeWorkspace(
  { workspace, since }: Target,
  context: GitHubContext,
): Promise<Closed | undefined> {
  const { client } = context;
  const slug = closedSlug(workspace);
  const description = closedMark(workspace.description);
  const closed = { ...workspace, slug, description, state: 'closed' } as const;
  for (let attempt = 1; ; attempt += 1) {
    const { workspace: now } = await findWorkspace(client, workspace.id);
    // An attempt before, or another run, has closed it.
    if (now?.slug === slug) return { workspace: closed, wasOpen: attempt > 1 };
    if (attempt > 1) {
      const { isOpen } = await readSubject(workspace.subject, since, context);
      if (isOpen) return undefined;
    }
    const outcome = await sendPatch(client, workspace, { slug, description });
    if (outcome.kind === 'succeeded') break;
    const { retryable, ambiguous } = FAILURE_CLASSES[outcome.kind];
    const stop = retryable ? await client.waitForRetry(outcome.failure, attempt) : undefined;
    if (!retryable || stop) throw toApiError([outcome.failure], { ambiguous, ...stop });
  }
  context.log.info(
    `Closed the preview ${JSON.stringify(workspace.name)}: no run uses it any more.`,
  );
  return { workspace: closed, wasOpen: true };
}

/** How long a list of keys may lag behind a POST, in milliseconds. */
const LIST_LAG_MS = 2_000;

/** Writes the bill of a workspace that is closed, then deletes it. */
async function finish(target: Target, context: GitHubContext): Promise<Deletion> {
  // Any run may have closed it just now.
  await context.client.pause(LIST_LAG_MS);
  const settled = await settle(target, context);
  if (settled.outcome !== 'settled') return settled;
  const { workspace } = target;
  const billed = await bill(workspace, settled.keys, context);
  const spent = billed ?? spentInAll(settled.keys, target);
  const options = { deleteKeys: true, relistKeys: false };
  const { failure, outcome, ...deleted } = await teardown(workspace, options, context);
  if (failure?.is(teardownIncomplete)) {
    const { errors, keysLeft } = failure.details;
    throw notDeleted(workspace, errors, keysLeft);
  }
  if (failure) throw failure;
  const hashes = new Set(deleted.keys.map(({ key }) => key.hash));
  const keys = settled.keys.filter(({ key }) => hashes.has(key.hash));
  const deletion = { outcome, keys, spent };
  context.log.info(deletionLine(`the preview ${JSON.stringify(workspace.name)}`, deletion));
  // A run that read the comment before the bill can have written over it.
  if (billed) await writeComment({ workspace, keys: settled.keys }, context);
  return deletion;
}

/** What the last list shows; undefined if another run may have deleted keys before that. */
function spentInAll(keys: readonly SettlingKey[], { firstListed }: Target): Spent | undefined {
  const hashes = new Set(keys.map(({ key }) => key.hash));
  return firstListed?.every(({ key }) => hashes.has(key.hash)) ? spentBy(keys) : undefined;
}

/**
 * Writes the bill into the comment, and returns what it says; undefined if there is none. Then the mark says that no run
 * writes one later: from there on, keys are deleted, and a list lacks what these have spent.
 * @throws {ApiError} if it fails for a moment: the next clean-up finishes
 */
async function bill(
  workspace: MarkedWorkspace,
  keys: readonly SettlingKey[],
  context: GitHubContext,
): Promise<Spent | undefined> {
  if (workspace.subject.kind === 'branch') return undefined;
  // Another run may have deleted keys before they were listed.
  const { workspace: now } = await findWorkspace(context.client, workspace.id);
  const isWritten = readMark(now?.['description'], context.repository)?.state !== 'closed';
  const outcome = await writeBill({ workspace, keys, isWritten }, context);
  const isForNow = outcome.kind === 'failed' && !isForGood(outcome.error);
  if (isForNow && !isWritten) throw outcome.error;
  if (outcome.kind !== 'nothing' && !isWritten) {
    const description = billedMark(workspace.description);
    await patchWorkspace(context.client, workspace, { description });
  }
  return outcome.kind === 'written' ? spentIn(outcome.data) : undefined;
}

/** Whether GitHub rejects any attempt like this: another token can be accepted. */
function isForGood({ details: { kind, status } }: ApiError): boolean {
  return kind === 'rejected' && status !== 401;
}

/** What became of one of the workspaces of a preview. */
export interface Ending extends Deletion {
  workspace: MarkedWorkspace;
}

/**
 * Ends all workspaces of a preview whose pull request or branch is closed: also one that an earlier run has closed and
 * not deleted, and one under a former name or prefix. All of them at once.
 * @throws {ApiError} in a dry run
 * @throws {Failure} those of `closePreview`
 */
export async function closeAll(
  preview: Preview,
  { dryRun, since }: { dryRun: boolean; since: number | undefined },
  context: GitHubContext,
): Promise<Ending[]> {
  const { subject, identity } = preview;
  const { value: marked, error } = await catching(findMarked(context), ApiError);
  if (error && dryRun) throw error;
  if (error) throw notDeleted({ slug: identity.slug, name: identity.slug }, [error], undefined);
  const own = marked.filter((one) => isSame(one.subject, subject));
  if (own.length === 0) {
    const { workspace } = await findWorkspace(context.client, identity.slug);
    if (workspace) assertOurs(workspace, preview, context);
    context.log.info(`There is no workspace ${JSON.stringify(identity.slug)}: nothing to delete.`);
  }
  const endings: Ending[] = [];
  await forEachOf(own, async (workspace) => {
    if (dryRun) {
      const keys = toSettling(await listKeys(context, workspace));
      context.log.info(
        `Dry run: the preview ${JSON.stringify(workspace.name)} and its API keys would be deleted.`,
      );
      endings.push({ workspace, outcome: 'would-delete', keys });
    } else {
      const deletion = await closePreview({ ...workspace, since }, { waits: true }, context);
      endings.push({ workspace, ...deletion });
    }
  });
  return endings;
}

/**
 * Lists the workspaces that bear the mark of this repository.
 * @throws {ApiError}
 */
export async function findMarked({
  client,
  repository,
}: GitHubContext): Promise<MarkedWorkspace[]> {
  const { items } = await listWorkspaces(client);
  return items.flatMap(({ id, slug, description = '', created_at }) => {
    const mark = readMark(description, repository);
    if (!mark || isDefault({ slug })) return [];
    const { name } = identify(mark.subject, repository, undefined);
    return [
      { id, slug, description, created_at, ...mark, name: mark.state === 'open' ? slug : name },
    ];
  });
}

function notDeleted(
  workspace: Pick<MarkedWorkspace, 'slug' | 'name'>,
  errors: readonly ApiError[],
  keysLeft: KeysLeft,
): Failure {
  const [first] = errors;
  const cause = first ? formatCause(first.details) : 'the run was cancelled';
  const reason = `${cause}. ${describeWorking(keysLeft)}`;
  return new Failure(previewNotDeleted, { workspace, errors, keysLeft }, reason);
}

function reopened(workspace: MarkedWorkspace): Failure {
  const reason = 'its API keys were disabled, and it is open again: run its workflow again';
  return new Failure(previewReopened, { workspace }, reason);
}
