import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { toUsd } from '../../lib/usd.ts';
import {
  describeKey,
  disableKey,
  isDisabled,
  type Key,
  type KeyIdentity,
} from '../../openrouter/resources/keys.ts';
import { findWorkspace, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import type { IncompleteTask } from '../../shared/context.ts';
import { Failure, type FailureKind } from '../../shared/failure.ts';
import { isSameKeyName } from '../../shared/key-name.ts';
import type { KeyTask } from '../key/create-key.ts';
import { deleteAllOrphans, describeKeysLeft } from '../key/end-key.ts';
import { keyReplaced } from '../key/failures.ts';
import { type ReplaceContext, replaceOlderKeys } from '../key/replace.ts';
import { reportSpend, type SpendContext } from '../key/spend.ts';
import { lowerAtEnd } from './cap-key.ts';
import { type CommentData, NO_DATA, observe } from './comment.ts';
import { commentOn, deletePreview, type PreviewDeletion } from './delete-preview.ts';
import { previewDeleted, previewNotChecked, previewNotOurs, previewReopened } from './failures.ts';
import { type GitHubContext, readStanding, type Standing } from './standing.ts';
import type { PreviewTask } from './task.ts';

export interface PreviewTaskContext
  extends GitHubContext,
    Pick<SpendContext, 'onSpend'>,
    Pick<ReplaceContext, 'readJobStatus'> {
  /** Called with what became of the workspace if its subject was closed during the job. */
  onEnd(deletion: PreviewDeletion): void;
}

/** What is left of the task of a preview. */
interface PreviewLeft extends PreviewTask {
  /** Whether the workspace is left although it is not to exist. */
  isWorkspaceLeft?: boolean;
}

/**
 * Describes what may be left if a task fails: `the workspace preview-42; the API key "CI"
 * (sk-or-v1-0e6...1c96), hash 1c96…, expires at 2026-01-01T06:00:00.417Z`.
 */
export function describePreviewLeft({
  identity,
  key,
  isWorkspaceLeft = true,
}: PreviewLeft): string {
  const workspace = isWorkspaceLeft ? `the workspace ${identity.slug}` : '';
  // A key that replaces others outlives the job.
  const keys = key ? describeKeysLeft({ ...key, revoke: key.replaced === undefined }) : '';
  return [workspace, keys].filter(Boolean).join('; ');
}

/**
 * Ends the API key of a preview, then looks once more whether its subject is open: deletes the workspace if
 * it was closed in the meantime. Returns the error if part of it failed, and what is left: `preview-deleted`,
 * `key-replaced`, `orphan-not-deleted`, those of `deletePreview`, or an `ApiError`.
 */
export async function runPreviewTask(
  task: PreviewTask,
  context: PreviewTaskContext,
): Promise<IncompleteTask<PreviewLeft | undefined> | undefined> {
  const ending = task.key && (await endKey(task.key, task, context));
  const keyError = ending?.error;
  const standing = await lookUpStanding(task, context);
  const { error } = await catching(
    checkPreview({ task, ended: ending?.ended, keyError, standing }, context),
    ApiError,
    Failure,
  );
  if (!error) return undefined;
  // A workspace that was deleted took the key along, and the keys of one that was not were disabled.
  if (isFailure(error, previewReopened)) return { error, left: undefined };
  const isUndeleted = standing?.isOpen === false && error !== keyError;
  const isWorkspaceLeft = isUndeleted && !isFailure(error, previewNotOurs);
  return { error, left: { ...task, key: ending?.left, isWorkspaceLeft } };
}

function isFailure(error: Error | undefined, kind: FailureKind): boolean {
  return error instanceof Failure && error.is(kind);
}

function isReplacement(error: Error | undefined): boolean {
  return isFailure(error, keyReplaced);
}

/** Looks up whether the subject of `task` is open. If that fails, it is a warning. */
async function lookUpStanding(
  { subject, since, identity }: PreviewTask,
  context: PreviewTaskContext,
): Promise<Standing | undefined> {
  const lookup = readStanding(subject, since, context);
  const { value, error } = await catching(lookup, ApiError, Failure);
  if (error) context.warn(previewNotChecked, { workspace: identity.slug, error });
  return value;
}

interface Check {
  task: PreviewTask;
  /** What is known of the API key, if this step has disabled it. */
  ended: CommentData | undefined;
  /** Why the API key could not be ended; thrown unless the key is gone or nothing matters more. */
  keyError: Error | undefined;
  standing: Standing | undefined;
}

/**
 * Deletes the workspace of a preview if its subject is closed, and checks that it exists otherwise.
 * @throws {Failure} `preview-deleted`, and those of `deletePreview`
 * @throws {ApiError}
 */
async function checkPreview(
  { task, ended, keyError, standing }: Check,
  context: PreviewTaskContext,
): Promise<void> {
  const { subject, identity, workspace } = task;
  if (standing?.isOpen === false) {
    const preview = { subject, since: standing.since, identity, ended };
    const deletion = await deletePreview(preview, { dryRun: false }, context);
    context.onEnd(deletion);
    if (deletion.kind === 'missing' && task.mayAppear) {
      context.log.info(
        `A late request may still create the workspace ${identity.slug}: then the next clean-up deletes it.`,
      );
    }
    // A deletion takes the key along. That another job has replaced it matters only while the preview is needed.
    if (keyError && !isReplacement(keyError) && deletion.kind !== 'deletion') throw keyError;
    return;
  }
  if (standing) {
    const known = workspace ? { kind: 'found' as const, workspace } : { kind: 'unknown' as const };
    const own = task.key?.created && { hash: task.key.created.hash, cap: task.cap ?? null };
    const found = await commentOn({ ...task, ended }, { seen: NO_DATA, known, own }, context);
    const isFound = found?.some((one) => one.workspace.id === workspace?.id);
    if (workspace && !(isFound ?? (await exists(workspace, keyError, context)))) {
      const wasClosed = !(await readStanding(subject, standing.since, context)).isOpen;
      if (!wasClosed) throw new Failure(previewDeleted, { workspace });
      if (isReplacement(keyError)) return;
    }
  }
  if (keyError) throw keyError;
}

/** @throws `keyError` if the lookup fails too: a key that may still work matters more */
async function exists(
  workspace: WorkspaceRef,
  keyError: Error | undefined,
  { client }: PreviewTaskContext,
): Promise<boolean> {
  const { value: found, error } = await catching(findWorkspace(client, workspace.id), ApiError);
  if (error) throw keyError ?? error;
  return found.workspace !== undefined;
}

/** What became of the API key of a job, and why a part of it failed. */
type Ending = Pick<Check, 'ended'> & Partial<IncompleteTask<KeyTask>>;

/**
 * Ends the key, reports what it has spent, and deletes its orphans. Returns what is left if part of it failed:
 * `key-replaced`, `orphan-not-deleted`, or an `ApiError`.
 */
async function endKey(
  saved: KeyTask,
  capped: CappedTask,
  context: PreviewTaskContext,
): Promise<Ending> {
  const ending = await catching(endCreated(saved, capped, context), ApiError, Failure);
  const deletion = await catching(deleteAllOrphans(saved, context), ApiError, Failure);
  const error = ending.error ?? deletion.error;
  const ended = ending.value;
  if (!error) return { ended };
  const lostPosts = deletion.error ? saved.search.lostPosts : 0;
  const left = { ...saved, search: { ...saved.search, lostPosts } };
  // A key that another job has replaced does not work any more.
  const mayWork = ending.error && !isReplacement(ending.error);
  return { ended, error, left: mayWork ? left : { ...left, created: undefined } };
}

type CappedTask = Pick<PreviewTask, 'cap' | 'limit'>;

/**
 * Returns what is known of the key if it is disabled now.
 * @throws {Failure} `key-replaced`, `key-not-capped`
 * @throws {ApiError}
 */
async function endCreated(
  saved: KeyTask,
  capped: CappedTask,
  context: PreviewTaskContext,
): Promise<CommentData | undefined> {
  const { created, search, replaced } = saved;
  if (!created) return undefined;
  const { workspace } = search;
  const key = { name: search.desired.name, ...created };
  const limitInputs = capped.cap && 'limit-usd or preview-limit-usd';
  if (!replaced) {
    // The other half is for the workspace.
    const client = context.client.withShare(context.client.timeLeft() / 2);
    const disabled = await disable(key, { ...context, client });
    reportSpend(key, { found: disabled, isSoFar: false }, { ...context, limitInputs });
    return disabled && observe({ workspace, keys: [disabled] });
  }
  const replacement = { key, workspace, replaced, isSameName: isSameKeyName };
  const disabled = new Map<string, Key>();
  const replacing = replaceOlderKeys(replacement, { ...context, limitInputs }, (older) =>
    disableEach(older, context, (one) => disabled.set(one.hash, one)),
  );
  const { error } = await catching(replacing, ApiError, Failure);
  // A key that another job has replaced cannot spend any more.
  const rule = isReplacement(error) ? undefined : ruleOf(saved, capped);
  const lowering = rule && lowerAtEnd({ key, workspace, disabled, ...rule }, context);
  const lowered = lowering && (await catching(lowering, ApiError, Failure));
  const failure = error ?? lowered?.error;
  if (failure) throw failure;
  return undefined;
}

/** What limits the key of a deployment after its job; undefined without a cap. */
function ruleOf({ search, replaced = [] }: KeyTask, { cap, limit }: CappedTask) {
  const [amount, known] = [toUsd(cap), toUsd(limit)];
  if (amount === undefined || known === undefined) return undefined;
  const withByok = search.desired.include_byok_in_limit === true;
  return { cap: { amount, withByok, replaced }, limit: known };
}

/** Returns the key as it is then, with its counter. */
async function disable(
  key: KeyIdentity,
  { client, log }: PreviewTaskContext,
): Promise<Key | undefined> {
  const disabled = await disableKey(client, key);
  log.info(
    disabled
      ? `Disabled the API key ${describeKey(key)}, hash ${key.hash}. What it has spent can still be read.`
      : `The API key ${describeKey(key)} does not exist any more.`,
  );
  return disabled;
}

/** Disables those API keys that still work. A failure does not stop the others. */
async function disableEach(
  keys: readonly Key[],
  context: PreviewTaskContext,
  onDisabled: (key: Key) => void,
): Promise<void> {
  const working = keys.filter((key) => !isDisabled(key));
  const outcomes = await Promise.all(
    working.map((key) => catching(disable(key, context), ApiError)),
  );
  for (const { value } of outcomes) if (value) onDisabled(value);
  const [first] = outcomes.flatMap(({ error }) => error ?? []);
  if (first) throw first;
}
