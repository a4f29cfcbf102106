import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { untilFound } from '../../openrouter/deletion.ts';
import {
  describeKey,
  disableKey,
  isDisabled,
  type Key,
  type KeyIdentity,
  keyRequest,
  listKeys,
  requestKey,
} from '../../openrouter/resources/keys.ts';
import { findWorkspace } from '../../openrouter/resources/workspaces.ts';
import { isWorking, type SeenKey, seenIn } from '../../openrouter/settlement.ts';
import type { IncompleteTask } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { isSamePreviewKeyName } from '../../shared/key-name.ts';
import { adviseOnKeyLeft, createdKeyMissing, describeKeysLeft } from '../key/failures.ts';
import type { JobStatus } from '../key/job-status.ts';
import type { KeySpend } from '../key/key-spend.ts';
import { deleteAllOrphans } from '../key/orphans.ts';
import { replaceOlderKeys } from '../key/replace.ts';
import { keySpendIn, type Reading } from '../key/spend.ts';
import type { KeyTask } from '../key/task.ts';
import { adviseOnDeployment } from './failures.ts';
import { type GitHubContext, readSubject } from './read-subject.ts';
import type { PreviewTask } from './task.ts';
import { writeComment } from './write-comment.ts';

/** Describes what may be left if a task fails: `the API key "CI" (sk-or-v1-0e6...1c96), hash 1c96…, may work until …` */
export function describePreviewLeft({ key }: PreviewTask): string {
  return key ? describeKeysLeft(key) : '';
}

/** What a post step has done about a preview. */
interface PreviewEnd {
  spend: KeySpend | undefined;
  /** The error is `key-replaced`, `orphan-not-deleted`, or an `ApiError`. */
  incomplete: IncompleteTask<PreviewTask> | undefined;
}

/** Ends the API key of a preview, and brings its comment up to date. */
export async function runPreviewTask(
  task: PreviewTask,
  jobStatus: JobStatus,
  context: GitHubContext,
): Promise<PreviewEnd> {
  const { key, subject } = task;
  const { value: endsOwn = false, error: undecided } = await catching(
    endsWithJob(task, jobStatus, context),
    ApiError,
  );
  const ended = key && (await endKey(key, { endsOwn, undecided, jobStatus }, context));
  const orphans = key && (await catching(deleteAllOrphans(key, context), ApiError, Failure));
  const workspace = { ...task.workspace, subject, name: task.workspace.slug };
  await writeComment({ workspace, cap: task.cap }, context);
  // At the end, so that it says the same as the comment, for which the key was read, too.
  const spend = key?.created && ended?.reading && keySpendIn(ended.reading, key.created, context);
  // By how much it matters: a key that can spend comes first.
  const error = ended?.error ?? orphans?.error;
  if (!key || !error) return { spend, incomplete: undefined };
  const left = {
    ...task,
    key: {
      ...key,
      created: ended?.error && key.created,
      mayHaveOrphans: orphans?.error !== undefined,
    },
  };
  if (!ended?.error) return { spend, incomplete: { error, left } };
  const advice = endsOwn ? adviseOnKeyLeft(left.key, 'disable') : adviseOnDeployment(key);
  return { spend, incomplete: { error, left, advice } };
}

/** Whether the API key of a run ends, and not those that it replaces: because what the job deployed needs no key. */
async function endsWithJob(
  { key, ...task }: PreviewTask,
  jobStatus: JobStatus,
  context: GitHubContext,
): Promise<boolean> {
  if (key?.afterJob !== 'replaces') return true;
  if (jobStatus.succeeded === undefined) return false;
  if (jobStatus.succeeded) return isClosed(task, context);
  if (!jobStatus.isRepeated || (await hasWorking(key, context))) return true;
  context.log.notice(
    'The job has not succeeded, but an earlier attempt may have deployed with its API key, and no older key works: the key stays.',
  );
  return false;
}

/** Whether one of the keys works that a key replaces. */
async function hasWorking(
  { workspace, replaced }: KeyTask,
  context: GitHubContext,
): Promise<boolean> {
  const keys = seenIn(await listKeys(context, workspace));
  return keys.some((one) => replaced.includes(one.key.hash) && isWorking(one));
}

/** Whether the pull request or branch was closed in the meantime: GitHub may have started no run for that. */
async function isClosed(
  { subject, since }: Pick<PreviewTask, 'subject' | 'since'>,
  context: GitHubContext,
): Promise<boolean> {
  const { log } = context;
  const lookup = readSubject(subject, since, context);
  const { value: state, error } = await catching(lookup, ApiError, Failure);
  if (error) log.info(`${error.message}. If it is closed, the next clean-up ends the key.`);
  if (state?.isOpen === false) log.info('The pull request or branch is closed: the key ends.');
  return state?.isOpen === false;
}

interface Ending {
  endsOwn: boolean;
  /** Why that could not be decided. */
  undecided: ApiError | undefined;
  jobStatus: JobStatus;
}

/** Ends the key of a job. The key of a deployment stays if the job has succeeded, and ends those that it replaces. */
async function endKey(
  { workspace, created: key, afterJob, replaced }: KeyTask,
  { endsOwn, undecided, jobStatus }: Ending,
  context: GitHubContext,
): Promise<{ reading?: Reading; error?: Error | undefined }> {
  if (!key) return {};
  if (undecided) return { error: undecided };
  if (endsOwn || afterJob !== 'replaces') {
    const end = await catching(endOwn(key, workspace, context), ApiError, Failure);
    return end.error ? end : { reading: { found: end.value } };
  }
  const replacement = { key, workspace, replaced, jobStatus, isSameName: isSamePreviewKeyName };
  return replaceOlderKeys(replacement, context, (older) => disableEach(older, context));
}

/**
 * Disables the key of this job by its hash, listed or not, unless it is disabled already. Returns it as it is then;
 * undefined if it was deleted with its workspace.
 * @throws {Failure} `created-key-missing`
 * @throws {ApiError}
 */
async function endOwn(
  key: KeyIdentity,
  workspace: KeyTask['workspace'],
  context: GitHubContext,
): Promise<Key | undefined> {
  const ended = await untilFound(context, async () => {
    const { key: found } = await requestKey(context, keyRequest(key.hash, describeKey(key)));
    return found && !isDisabled(found) ? disable(key, context) : found;
  });
  if (ended) return ended;
  const lookup = await findWorkspace(context.client, workspace.id);
  if (!lookup.workspace) return undefined;
  throw new Failure(createdKeyMissing, { key });
}

/** Returns the key as it is then, with its counter; undefined if it does not exist. */
async function disable(key: KeyIdentity, context: GitHubContext): Promise<Key | undefined> {
  const { key: disabled } = await disableKey(context, key);
  if (disabled) {
    context.log.info(
      `Disabled the API key ${describeKey(key)}, hash ${key.hash}. What it has spent can still be read.`,
    );
  }
  return disabled;
}

/** Disables those API keys that still work. A failure does not stop the others. */
async function disableEach(
  keys: readonly SeenKey[],
  context: GitHubContext,
): Promise<{ error: ApiError | undefined }> {
  const working = keys.filter(isWorking);
  const outcomes = await Promise.all(
    working.map(({ key }) => catching(disable(key, context), ApiError)),
  );
  return { error: outcomes.find(({ error }) => error)?.error };
}
