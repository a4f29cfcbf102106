import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { whileMissing } from '../../openrouter/deletion.ts';
import {
  describeKey,
  disableKey,
  isDisabled,
  type Key,
  type KeyIdentity,
  keyRequest,
  requestKey,
} from '../../openrouter/resources/keys.ts';
import { findWorkspace } from '../../openrouter/resources/workspaces.ts';
import type { SettlingKey } from '../../openrouter/settlement.ts';
import type { IncompleteTask } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { isSamePreviewKeyName } from '../../shared/key-name.ts';
import { adviseOnKeyLeft, createdKeyMissing, describeKeysLeft } from '../key/failures.ts';
import type { KeySpend } from '../key/key-spend.ts';
import { deleteAllOrphans } from '../key/orphans.ts';
import { type ReplaceContext, replaceOlderKeys } from '../key/replace.ts';
import { type Reading, spendIn } from '../key/spend.ts';
import type { KeyTask } from '../key/task.ts';
import { adviseOnDeployment, previewDeleted } from './failures.ts';
import { isInUse } from './naming.ts';
import { type GitHubContext, readSubject } from './read-subject.ts';
import type { PreviewTask } from './task.ts';
import { writeComment } from './write-comment.ts';

interface PreviewTaskContext extends GitHubContext, ReplaceContext {}

/** Describes what may be left if a task fails: `the API key "CI" (sk-or-v1-0e6...1c96), hash 1c96…, may work until …` */
export function describePreviewLeft({ key }: PreviewTask): string {
  // A key that replaces others outlives the job.
  return key ? describeKeysLeft({ ...key, ends: !isDeployed(key) }) : '';
}

/** Whether the key is that of a deployment. The first of these replaces none: its list is empty. */
function isDeployed({ replaced }: KeyTask): boolean {
  return replaced !== undefined;
}

/** Whether the key ends with the job: that of a deployment stays, unless the job has failed. */
function endsOwn(key: KeyTask, { jobStatus }: Pick<PreviewTaskContext, 'jobStatus'>): boolean {
  return !isDeployed(key) || jobStatus.succeeded === false;
}

/** What a post step has done about a preview. */
interface PreviewEnd {
  spend: KeySpend | undefined;
  /** The error is `key-replaced`, `orphan-not-deleted`, `preview-deleted`, or an `ApiError`. */
  incomplete: IncompleteTask<PreviewTask> | undefined;
}

/** Ends the API key of a preview, and brings its comment up to date. */
export async function runPreviewTask(
  task: PreviewTask,
  context: PreviewTaskContext,
): Promise<PreviewEnd> {
  const { key, subject } = task;
  const ended = key && (await endKey(key, task, context));
  const orphans = key && (await catching(deleteAllOrphans(key, context), ApiError, Failure));
  const workspace = { ...task.workspace, subject, name: task.workspace.slug };
  const check = await catching(checkThere(task, context), ApiError, Failure);
  if (check.value) await writeComment({ workspace, cap: task.cap }, context);
  // At the end, so that it says the same as the comment, for which the key was read, too.
  const spend = key?.created && ended?.reading && spendIn(ended.reading, key.created, context);
  // By how much it matters: a key that can spend comes first.
  const error = ended?.error ?? check.error ?? orphans?.error;
  if (!error) return { spend, incomplete: undefined };
  if (!key) return { spend, incomplete: { error, left: task } };
  const left = {
    ...task,
    key: {
      ...key,
      created: ended?.error && key.created,
      mayHaveOrphans: orphans?.error !== undefined,
    },
  };
  if (!ended?.error) return { spend, incomplete: { error, left } };
  const advice = endsOwn(key, context)
    ? adviseOnKeyLeft(left.key, 'disable')
    : adviseOnDeployment(key);
  return { spend, incomplete: { error, left, advice } };
}

/**
 * Whether the preview still has its workspace. If not, the run that closed it writes the comment.
 * @throws {Failure} `preview-deleted` if the preview is open, and has none
 * @throws {ApiError}
 */
async function checkThere(task: PreviewTask, context: PreviewTaskContext): Promise<boolean> {
  if (await isThere(task, context)) return true;
  const { isOpen } = await readSubject(task.subject, undefined, context);
  if (isOpen) throw new Failure(previewDeleted, { workspace: task.workspace });
  return false;
}

/** Whether the workspace exists, and no run has closed it. */
async function isThere(
  { workspace: { id } }: PreviewTask,
  { client }: PreviewTaskContext,
): Promise<boolean> {
  const { workspace } = await findWorkspace(client, id);
  return isInUse(workspace);
}

/** Ends the key of a job. The key of a deployment stays if the job has succeeded, and ends those that it replaces. */
async function endKey(
  task: KeyTask,
  preview: PreviewTask,
  context: PreviewTaskContext,
): Promise<{ reading?: Reading; error?: Error | undefined }> {
  const { workspace, created: key, replaced } = task;
  if (!key) return {};
  if (replaced === undefined || endsOwn(task, context)) {
    const end = await catching(endOwn(key, preview, context), ApiError, Failure);
    return end.error ? end : { reading: { found: end.value } };
  }
  const replacement = { key, workspace, replaced, isSameName: isSamePreviewKeyName };
  return replaceOlderKeys(replacement, context, (older) => disableEach(older, context));
}

/**
 * Disables the key of this job, unless it is disabled already: its counter settles from then on. Returns it as it is
 * then; undefined if it was deleted with its workspace.
 * @throws {Failure} `created-key-missing`
 * @throws {ApiError}
 */
async function endOwn(
  key: KeyIdentity,
  task: PreviewTask,
  context: PreviewTaskContext,
): Promise<Key | undefined> {
  for await (const _ of whileMissing(context)) {
    const { key: found } = await requestKey(context, keyRequest(key.hash, describeKey(key)));
    if (found && isDisabled(found)) return found;
    const disabled = found && (await disable(key, context));
    if (disabled) return disabled;
    if (!(await isThere(task, context))) return undefined;
  }
  throw new Failure(createdKeyMissing, { key });
}

/** Returns the key as it is then, with its counter; undefined if it does not exist. */
async function disable(key: KeyIdentity, context: PreviewTaskContext): Promise<Key | undefined> {
  const disabled = await disableKey(context, key);
  if (disabled) {
    context.log.info(
      `Disabled the API key ${describeKey(key)}, hash ${key.hash}. What it has spent can still be read.`,
    );
  }
  return disabled;
}

/** Disables those API keys that still work. A failure does not stop the others. */
async function disableEach(
  keys: readonly SettlingKey[],
  context: PreviewTaskContext,
): Promise<{ error: ApiError | undefined }> {
  const working = keys.filter(({ settlesIn }) => settlesIn === undefined);
  const outcomes = await Promise.all(
    working.map(({ key }) => catching(disable(key, context), ApiError)),
  );
  return { error: outcomes.find(({ error }) => error)?.error };
}
