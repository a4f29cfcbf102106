/**
 * How the spending of a preview ends, although its pull request can be reopened, and a job can create a key, at any
 * moment. Nothing is deleted, so a reopened pull request goes on with the same workspace, comment and cap:
 *
 *     1. List the keys. If none works, there is nothing to end.
 *     2. Read whether the pull request or branch is open: then stop.
 *     3. Disable the keys that work.
 *     4. Read again. If it is open now, fail: preview-reopened, because a job may need what was disabled.
 *
 * Why no key is missed: a job gives its key to the workflow only if it reads, after a list has had the key, that the pull
 * request is open. So the list of a close has each key that was given out before. What a close misses, because it died or
 * because GitHub started no run, a clean-up ends.
 */
import { forEachOf } from '../../http/client.ts';
import { ApiError, formatCause } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { countKeys } from '../../lib/format.ts';
import { countDone } from '../../lib/log.ts';
import { untilFound } from '../../openrouter/deletion.ts';
import { disableKey, listKeys } from '../../openrouter/resources/keys.ts';
import { findWorkspace } from '../../openrouter/resources/workspaces.ts';
import { isWorking, KeyWatch, type SeenKey } from '../../openrouter/settlement.ts';
import { Failure } from '../../shared/failure.ts';
import { describeWorking, type KeysLeft } from '../../teardown/keys-left.ts';
import { previewNotEnded, previewReopened } from './failures.ts';
import { findMarked, markedIn } from './find-previews.ts';
import { isSame, type MarkedWorkspace } from './naming.ts';
import { assertOurs } from './open-preview.ts';
import { type GitHubContext, readSubject } from './read-subject.ts';
import type { Preview } from './request.ts';
import { writeComment } from './write-comment.ts';

/** A workspace of a preview, and what a run knows of its keys. */
export interface WatchedWorkspace {
  workspace: MarkedWorkspace;
  watch: KeyWatch;
}

/** What a close has done in a workspace. */
export interface ClosedWorkspace {
  workspace: MarkedWorkspace;
  /** `open`: the pull request or branch was open again before anything was changed. */
  outcome: 'ended' | 'would-end' | 'open';
  /** Its API keys, as they are then. */
  keys: readonly SeenKey[];
  /** How many of them this run has disabled or, in a dry run, would disable. */
  disabled: number;
}

/**
 * Ends the spending in all workspaces of a preview whose pull request or branch is closed, locked ones too, and brings its
 * comment up to date. Waits for nothing.
 * @param since when the pull request is known to have changed, in milliseconds since 1970
 * @throws {Failure} `preview-not-ended`, `preview-reopened`, `preview-not-ours`
 * @throws {ApiError} in a dry run
 */
export async function closePreview(
  preview: Preview,
  { dryRun, since }: { dryRun: boolean; since: number | undefined },
  context: GitHubContext,
): Promise<ClosedWorkspace[]> {
  const { value: own, error: unlisted } = await catching(watchOwn(preview, context), ApiError);
  if (unlisted) throw dryRun ? unlisted : notEnded(preview.identity, [unlisted], undefined);
  const closed: ClosedWorkspace[] = [];
  const failures: (ApiError | Failure)[] = [];
  await forEachOf(own, async (one) => {
    const closing = dryRun ? planClose(one, context) : closeOne({ ...one, since }, context);
    const { value, error } = await catching(closing, ApiError, Failure);
    if (error) failures.push(error);
    else closed.push(value);
  });
  const [first] = failures;
  if (dryRun && first) throw first;
  const errors = failures.filter((error) => !isReopened(error));
  if (errors.length > 0) throw notEnded(preview.identity, errors, keysIn(own));
  if (first) throw first;
  return closed;
}

/**
 * The failure of a close that cannot read whether the pull request or branch is closed: it says what can spend.
 * @param error why
 */
export async function closeUnread(
  preview: Preview,
  error: ApiError | Failure,
  context: GitHubContext,
): Promise<Failure> {
  const { value: own } = await catching(watchOwn(preview, context), ApiError, Failure);
  for (const one of own ?? []) await catching(listIn(one, context), ApiError);
  return notEnded(preview.identity, [error], own && keysIn(own));
}

/**
 * The workspaces that bear the mark of a preview: also one under a former name or prefix.
 * @throws {ApiError}
 * @throws {Failure} `preview-not-ours`
 */
async function watchOwn(preview: Preview, context: GitHubContext): Promise<WatchedWorkspace[]> {
  const marked = await findMarked(context);
  const own = marked.filter((one) => isSame(one.subject, preview.subject));
  const found = own.length > 0 ? own : await findUnlisted(preview, context);
  return found.map((workspace) => ({ workspace, watch: new KeyWatch(context.clock) }));
}

/** The workspace that has the slug of a preview, although no list has it: a list can be behind. */
async function findUnlisted(preview: Preview, context: GitHubContext): Promise<MarkedWorkspace[]> {
  const { slug } = preview.identity;
  const { workspace } = await findWorkspace(context.client, slug);
  if (!workspace) {
    context.log.info(`There is no workspace ${JSON.stringify(slug)}: nothing to end.`);
    return [];
  }
  assertOurs(workspace, preview, context);
  return markedIn([{ ...workspace, description: String(workspace['description']) }], context);
}

async function planClose(one: WatchedWorkspace, context: GitHubContext): Promise<ClosedWorkspace> {
  const { workspace } = one;
  const keys = await listIn(one, context);
  const { length: disabled } = keys.filter(isWorking);
  context.log.info(
    `Dry run: ${countKeys(disabled)} of the preview ${JSON.stringify(workspace.name)} would be disabled.`,
  );
  return { workspace, outcome: 'would-end', keys, disabled };
}

async function closeOne(
  one: WatchedWorkspace & { since: number | undefined },
  context: GitHubContext,
): Promise<ClosedWorkspace> {
  const { workspace, watch } = one;
  const { isOpen, disabled } = await endSpending(one, context);
  const keys = watch.last ?? [];
  if (isOpen) return { workspace, outcome: 'open', keys, disabled };
  context.log.info(
    `Closed the preview ${JSON.stringify(workspace.name)}: ${countKeys(disabled)} disabled. A clean-up deletes it, an hour after its last key has ended at the earliest.`,
  );
  if (!workspace.isLocked) await writeComment({ workspace }, context);
  return { workspace, outcome: 'ended', keys, disabled };
}

/**
 * Disables the API keys of a workspace that work, unless its pull request or branch is open. Returns whether it is open,
 * and how many keys this run has disabled. What is known of the keys then, `watch` has.
 * @throws {ApiError}
 * @throws {Failure} `preview-reopened`, `stale-response`
 */
export async function endSpending(
  one: WatchedWorkspace & { since?: number | undefined },
  context: GitHubContext,
): Promise<{ isOpen: boolean; disabled: number }> {
  const { workspace, since } = one;
  const keys = await listIn(one, context);
  if (!keys.some(isWorking)) return { isOpen: false, disabled: 0 };
  const before = await readSubject(workspace.subject, since, context);
  if (before.isOpen) return { isOpen: true, disabled: 0 };
  const disabled = await disableWorking(one, context);
  const after = await readSubject(workspace.subject, before.since, context);
  if (after.isOpen) throw new Failure(previewReopened, { workspace }, REOPENED);
  return { isOpen: false, disabled };
}

const REOPENED = 'its API keys were disabled, and it is open again: run its workflow again';

async function listIn(
  { workspace, watch }: WatchedWorkspace,
  context: GitHubContext,
): Promise<readonly SeenKey[]> {
  return watch.see(await listKeys(context, workspace));
}

/**
 * Disables the API keys that work, and returns how many. A failure does not stop the others.
 * @throws {ApiError}
 */
async function disableWorking(
  { watch }: WatchedWorkspace,
  context: GitHubContext,
): Promise<number> {
  const working = (watch.last ?? []).filter(isWorking);
  const onDone = countDone(context.log, 'API keys disabled', working.length);
  const errors: ApiError[] = [];
  let count = 0;
  await forEachOf(working, async ({ key }) => {
    // If OpenRouter does not find a listed key for so long, someone has deleted it.
    const disabling = untilFound(context, async () => (await disableKey(context, key)).key);
    const { value: disabled, error } = await catching(disabling, ApiError);
    onDone();
    if (disabled) {
      count += 1;
      watch.seeDisabled(disabled);
    }
    if (error) errors.push(error);
  });
  const [first] = errors;
  if (first) throw first;
  return count;
}

/** The keys of all of `watched`; undefined if those of one could not be listed. */
function keysIn(watched: readonly WatchedWorkspace[]): KeysLeft {
  const lists = watched.flatMap(({ watch }) => (watch.last ? [watch.last] : []));
  return lists.length === watched.length ? lists.flat() : undefined;
}

/** Whether an error is that a preview is open again. */
export function isReopened(error: ApiError | Failure): boolean {
  return error instanceof Failure && error.is(previewReopened);
}

/** The failure of a run that has not ended all keys of a preview. */
export function notEnded(
  { slug }: { slug: string },
  errors: readonly (ApiError | Failure)[],
  keysLeft: KeysLeft,
): Failure {
  const [first] = errors;
  const cause = first instanceof ApiError ? formatCause(first.details) : first?.message;
  const reason = `${cause}. ${describeWorking(keysLeft)}`;
  return new Failure(previewNotEnded, { slug, errors, keysLeft }, reason);
}
