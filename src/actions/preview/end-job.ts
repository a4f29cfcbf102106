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
import { findWorkspace } from '../../openrouter/resources/workspaces.ts';
import type { IncompleteTask } from '../../shared/context.ts';
import { Failure, type FailureKind } from '../../shared/failure.ts';
import { isSameKeyName } from '../../shared/key-name.ts';
import { countWorking } from '../../teardown/keys-left.ts';
import { adviseOnKeyLeft, deleteAllOrphans, describeKeysLeft } from '../key/end-key.ts';
import { keyReplaced } from '../key/failures.ts';
import { type ReplaceContext, replaceOlderKeys } from '../key/replace.ts';
import { reportSpend, type SpendContext } from '../key/spend.ts';
import type { KeyTask } from '../key/task.ts';
import { lowerAtEnd } from './cap-key.ts';
import { type CommentData, NO_DATA, toCommentData } from './comment.ts';
import { commentOn, deleteOnly, type PreviewDeletion } from './delete-preview.ts';
import {
  describeUndeleted,
  previewDeleted,
  previewNotChecked,
  previewNotDeleted,
  previewReopened,
} from './failures.ts';
import { type GitHubContext, readSubject, type SubjectFacts } from './read-subject.ts';
import type { PreviewTask } from './task.ts';
import { describeComment } from './write-comment.ts';

export interface PreviewTaskContext
  extends GitHubContext,
    Pick<SpendContext, 'onSpend'>,
    Pick<ReplaceContext, 'readJobStatus'> {
  /** Whether the main step has failed for the cause of `error`, and reported it. */
  isReported(error: Error): boolean;
  /** Whether two errors are known to have one cause. */
  isSameCause(one: Error, other: Error): boolean;
  /** Called with what became of the workspace if its subject is closed. */
  onEnd(deletion: PreviewDeletion): void;
}

/** What is left of the task of a preview. */
interface PreviewLeft extends PreviewTask {
  /** Whether the workspace may be left although it is not to exist, and no error says so. */
  isWorkspaceLeft?: boolean;
}

/**
 * Describes what may be left if a task fails: `the workspace "preview-42"; the API key "CI"
 * (sk-or-v1-0e6...1c96), hash 1c96…, may work until 1 Jan 2026 06:00 UTC`.
 */
export function describePreviewLeft({
  identity,
  key,
  isWorkspaceLeft = true,
}: PreviewLeft): string {
  const workspace = isWorkspaceLeft ? `the workspace "${identity.slug}"` : '';
  // A key that replaces others outlives the job.
  const keys = key ? describeKeysLeft({ ...key, revoke: !isDeployed(key) }) : '';
  return [workspace, keys].filter(Boolean).join('; ');
}

/** Whether the key is that of a deployment. The first of these replaces none: its list is empty. */
function isDeployed({ replaced }: KeyTask): boolean {
  return replaced !== undefined;
}

/**
 * Ends the API key of a preview, then looks once more whether its subject is open: deletes the workspace if the
 * subject is closed. If the key cannot be ended, the rest is done anyway. If the subject cannot be looked up, that
 * is a warning, and the workspace stays as it is. Returns the error that matters most, if any, and what is left:
 * `preview-deleted`, `key-replaced`, `key-not-capped`, `orphan-not-deleted`, `invalid-inputs`, those of
 * `deleteOnly`, or an `ApiError`.
 */
export async function runPreviewTask(
  task: PreviewTask,
  context: PreviewTaskContext,
): Promise<IncompleteTask<PreviewLeft | undefined> | undefined> {
  const key = task.key && (await endKey(task.key, task, context));
  const facts = await lookUpSubject(task, context);
  const checking = checkWorkspace(
    { task, endedKey: key?.endedKey, facts },
    withoutNoticesOf(key?.error, context),
  );
  const workspace = await catching(checking, ApiError, Failure);
  const fate = workspace.value;
  const [error] = errorsOf([
    // The workspace could not be deleted, or is missing: then its keys matter less.
    workspace,
    // The key could not be ended. Its own error comes before that of its limit, and that of its orphans.
    key && fate && matters(key, fate) ? key : undefined,
    // Whether an open preview still has its workspace is unknown.
    fate,
  ]);
  if (!error) return undefined;
  // Nothing is left that is not needed: the preview is open again, and the failure asks for a new run.
  if (isFailure(error, previewReopened)) return { error, left: undefined };
  const left = { ...task, key: key?.left, isWorkspaceLeft: false };
  if (!(error instanceof Failure && error.is(previewNotDeleted))) {
    // A deployment has its key.
    const own = error === key?.error && key.left && !isDeployed(key.left) ? key.left : undefined;
    return { error, left, advice: own && adviseOnKeyLeft(own, 'disable') };
  }
  const working = countWorking(error.details.keysLeft);
  // What is known of all keys is known of this one.
  if (working !== undefined && left.key) left.key = { ...left.key, created: undefined };
  const said = task.undeleted;
  const isSaid = said !== undefined && (working === undefined || working === said.working);
  return { error, left, unsaid: isSaid ? [] : describeUndeleted(error.details) };
}

/** `context`, whose notices that have the cause of `error` are only logged: the error says more. */
function withoutNoticesOf(
  error: Error | undefined,
  context: PreviewTaskContext,
): PreviewTaskContext {
  if (!error) return context;
  const { log, notice, isSameCause } = context;
  return {
    ...context,
    notice: (text, cause) =>
      cause && isSameCause(cause, error) ? log.info(text) : notice(text, cause),
  };
}

/** Whether it matters that a key could not be ended, by what became of its workspace. */
function matters({ error }: KeyEnd, { kind }: Fate): boolean {
  if (kind === 'deleted') return false;
  // A replaced key does not work, which is what a preview that is not needed any more requires.
  return kind !== 'not-needed' || !isKeyReplaced(error);
}

/** The errors of the steps that failed, in the order in which they matter: the first is reported. */
function errorsOf(steps: readonly ({ error?: Error | undefined } | undefined)[]): Error[] {
  return steps.flatMap((step) => step?.error ?? []);
}

function isFailure(error: Error | undefined, kind: FailureKind): boolean {
  return error instanceof Failure && error.is(kind);
}

function isKeyReplaced(error: Error | undefined): boolean {
  return isFailure(error, keyReplaced);
}

/** Looks up whether the subject of `task` is open. If that fails, it is a warning. */
async function lookUpSubject(
  { subject, since, identity }: PreviewTask,
  context: PreviewTaskContext,
): Promise<SubjectFacts | undefined> {
  const lookup = readSubject(subject, since, context);
  const { value, error } = await catching(lookup, ApiError, Failure);
  if (error && context.isReported(error)) context.log.info(`${error.message}.`);
  else if (error) context.warn(previewNotChecked, { workspace: identity.slug, error });
  return value;
}

interface Check {
  task: PreviewTask;
  /** What is known of the API key, if this step has disabled it. */
  endedKey: CommentData | undefined;
  facts: SubjectFacts | undefined;
}

/** What became of the workspace of a preview at the end of a job. */
interface Fate {
  /**
   * `deleted`: with its API keys. `not-needed`: its subject is closed, and it does not exist. `kept`: it exists as
   * far as this step knows, or whether it is needed is unknown. `unknown`: the lookup of the workspace failed.
   */
  kind: 'deleted' | 'not-needed' | 'kept' | 'unknown';
  /** Why it is unknown. */
  error?: ApiError;
}

const FATES: Readonly<Record<PreviewDeletion['kind'], Fate['kind']>> = {
  deletion: 'deleted',
  missing: 'not-needed',
  reopened: 'kept',
};

/**
 * Deletes the workspace of a preview if its subject is closed, and checks that it exists otherwise.
 * @throws {Failure} `preview-deleted`, and those of `deleteOnly`
 * @throws {ApiError}
 */
async function checkWorkspace(
  { task, endedKey, facts }: Check,
  context: PreviewTaskContext,
): Promise<Fate> {
  const { subject, identity, workspace } = task;
  if (!facts) return { kind: 'kept' };
  if (!facts.isOpen) {
    const preview = { subject, since: facts.since, identity, endedKey };
    const deletion = await deleteOnly(preview, { dryRun: false }, context);
    context.onEnd(deletion);
    if (deletion.kind === 'missing' && task.mayAppear) {
      context.log.info(
        `A late request may still create the workspace ${JSON.stringify(identity.slug)}: then the next clean-up deletes it.`,
      );
    }
    return { kind: FATES[deletion.kind] };
  }
  const known = workspace ? { kind: 'found' as const, workspace } : { kind: 'unknown' as const };
  const own = { hash: task.key?.created?.hash, cap: task.cap ?? null };
  const comment = { data: NO_DATA, known, own };
  const { existing: found, written } = await commentOn({ ...task, endedKey }, comment, context);
  if (written) context.log.info(describeComment(written));
  if (!workspace) return { kind: 'kept' };
  if (found?.some((one) => one.workspace.id === workspace.id)) return { kind: 'kept' };
  if (!found) {
    const lookup = findWorkspace(context.client, workspace.id);
    const { value, error } = await catching(lookup, ApiError);
    if (error) return { kind: 'unknown', error };
    if (value.workspace) return { kind: 'kept' };
  }
  const { isOpen } = await readSubject(subject, facts.since, context);
  if (isOpen) throw new Failure(previewDeleted, { workspace });
  return { kind: 'not-needed' };
}

/** How the API key of a job was ended. */
interface KeyEnd {
  /** What is known of the key if it is disabled now. */
  endedKey: CommentData | undefined;
  /** Why a part of it failed: `key-replaced`, `key-not-capped`, `orphan-not-deleted`, or an `ApiError`. */
  error?: Error | undefined;
  /** What is left then. */
  left?: KeyTask;
}

/** Ends the key, reports what it has spent, and deletes its orphans. */
async function endKey(
  saved: KeyTask,
  capped: CappedTask,
  context: PreviewTaskContext,
): Promise<KeyEnd> {
  const end = isDeployed(saved) ? endDeployed : endOwn;
  const created = await catching(end(saved, capped, context), ApiError, Failure);
  const orphans = await catching(deleteAllOrphans(saved, context), ApiError, Failure);
  const [error] = errorsOf([created, orphans]);
  const endedKey = created.value;
  if (!error) return { endedKey };
  const lostPosts = orphans.error ? saved.search.lostPosts : 0;
  const left = { ...saved, search: { ...saved.search, lostPosts } };
  // A key that another job has replaced does not work any more.
  const mayWork = created.error && !isKeyReplaced(created.error);
  return { endedKey, error, left: mayWork ? left : { ...left, created: undefined } };
}

type CappedTask = Pick<PreviewTask, 'cap' | 'limit'>;

/** Which inputs limit a key, if there is a cap. */
function limitInputsOf({ cap }: CappedTask): string | undefined {
  return cap && 'limit-usd or preview-limit-usd';
}

/**
 * Disables the key of a job. Returns what is known of it then.
 * @throws {ApiError}
 */
async function endOwn(
  { created, search: { desired, workspace } }: KeyTask,
  capped: CappedTask,
  context: PreviewTaskContext,
): Promise<CommentData | undefined> {
  if (!created) return undefined;
  const key = { name: desired.name, ...created };
  // Half of the time is left for the workspace.
  const client = context.client.withShare(context.client.timeLeft() / 2);
  const disabled = await disable(key, { ...context, client });
  const limitInputs = limitInputsOf(capped);
  reportSpend(key, { found: disabled, isSoFar: false }, { ...context, limitInputs });
  return disabled && toCommentData({ workspace, keys: [disabled] }, { toLine: context.toLine });
}

/**
 * Disables the older keys of a deployment, whose own key stays, and lowers its limit.
 * @throws {Failure} `key-replaced`, `invalid-inputs`, `key-not-capped`
 * @throws {ApiError}
 */
async function endDeployed(
  saved: KeyTask,
  capped: CappedTask,
  context: PreviewTaskContext,
): Promise<undefined> {
  const { created, search, replaced } = saved;
  if (!created || !replaced) return undefined;
  const { desired, workspace } = search;
  const key = { name: desired.name, ...created };
  const disabled = new Map<string, Key>();
  const replacing = replaceOlderKeys(
    { key, workspace, replaced, isSameName: isSameKeyName },
    { ...context, limitInputs: limitInputsOf(capped) },
    (older) => disableEach(older, context, (one) => disabled.set(one.hash, one)),
  );
  const replacement = await catching(replacing, ApiError, Failure);
  // A key that another job has replaced cannot spend any more.
  const rule = isKeyReplaced(replacement.error) ? undefined : ruleOf(saved, capped);
  const lowering = rule && lowerAtEnd({ key, workspace, disabled, ...rule }, context);
  const lowered = lowering && (await catching(lowering, ApiError, Failure));
  const [error] = errorsOf([replacement, lowered]);
  if (error) throw error;
  return undefined;
}

/** What limits the key of a deployment after its job; undefined without a cap, and if the key was not given out. */
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
