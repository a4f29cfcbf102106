import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import {
  describeKey,
  disableKey,
  findKey,
  type KeyIdentity,
} from '../../openrouter/resources/keys.ts';
import { findWorkspace } from '../../openrouter/resources/workspaces.ts';
import { deleteAllOrphans } from '../key/cleanup.ts';
import { reportSpend, type SpendContext } from '../key/spend.ts';
import { Failure } from '../shared/failure.ts';
import { NO_DATA } from './comment.ts';
import { commentOn, deletePreview } from './delete-preview.ts';
import { type GitHubContext, readStanding } from './standing.ts';
import type { PreviewTask } from './task.ts';

export interface FinishContext extends GitHubContext, Pick<SpendContext, 'onSpend'> {
  /** `success`, `failure` or `cancelled`; anything else is unknown. */
  jobStatus: string;
}

/**
 * Ends the API key of a preview, then looks once more whether its subject is open: deletes the workspace if
 * it was closed meanwhile.
 * @throws {Failure} `preview-deleted`, `key-replaced`, and those of `deletePreview`
 * @throws {ApiError}
 */
export async function finishPreview(task: PreviewTask, context: FinishContext): Promise<void> {
  const { error: keyError } = await catching(endKey(task, context), ApiError, Failure);
  const { subject, identity, workspace } = task;
  const { value: standing, error: lookError } = await catching(
    readStanding(subject, task.since, context),
    ApiError,
    Failure,
  );
  if (lookError) {
    const reason = lookError.message;
    context.warn('preview-not-checked', { workspace: identity.slug, reason });
    if (keyError) throw keyError;
    return;
  }
  const { isOpen, since } = standing;
  // That another job has replaced the key matters only while the preview is needed.
  const isReplaced = keyError instanceof Failure && keyError.code === 'key-replaced';
  if (!isOpen) {
    const deletion = await deletePreview({ subject, since, identity }, { dryRun: false }, context);
    // A deletion takes the key along.
    if (keyError && !isReplaced && deletion.kind !== 'deletion') throw keyError;
    return;
  }
  await commentOn(task, NO_DATA, context);
  if (workspace && !(await findWorkspace(context.client, workspace.id)).workspace) {
    const wasClosed = !(await readStanding(subject, since, context)).isOpen;
    if (!wasClosed) throw new Failure('preview-deleted', { workspace });
    if (isReplaced) return;
  }
  if (keyError) throw keyError;
}

/**
 * Reports what the key has spent, and ends it.
 * @throws {Failure} `key-replaced`, `orphan-not-deleted`
 * @throws {ApiError}
 */
async function endKey(task: PreviewTask, context: FinishContext): Promise<void> {
  const { key: saved } = task;
  if (!saved) return;
  const { created, search } = saved;
  if (created) {
    const key = { name: search.desired.name, ...created };
    await reportSpend(key, context);
    // A key that no step has got is of no use.
    if (task.keyMode === 'preview' && !saved.revoke) {
      await replaceKeys(task, key, context);
    } else await disable(key, context);
  }
  await deleteAllOrphans(saved, context);
}

async function disable(key: KeyIdentity, { client, log }: FinishContext): Promise<void> {
  const isThere = await disableKey(client, key);
  log.info(
    isThere
      ? `Disabled the API key ${describeKey(key)}, hash ${key.hash}. Its counter stays.`
      : `The API key ${describeKey(key)} does not exist any more.`,
  );
}

/** https://docs.github.com/actions/reference/workflows-and-actions/contexts#job-context */
const KNOWN_STATUSES = ['success', 'failure', 'cancelled'];

/** Disables the older keys of a deployed preview after a job that succeeded. */
async function replaceKeys(
  { replaced }: PreviewTask,
  key: KeyIdentity,
  context: FinishContext,
): Promise<void> {
  const { client, jobStatus, log, warn } = context;
  const own = await findKey(client, key.hash);
  if (!own || own['disabled'] === true) throw new Failure('key-replaced', { key });
  if (jobStatus !== 'success') {
    if (!KNOWN_STATUSES.includes(jobStatus)) warn('job-status-unknown', { status: jobStatus });
    log.info('The job has not succeeded: older keys stay.');
    return;
  }
  const outcomes = await Promise.all(
    replaced.map((old) => catching(disable({ ...key, ...old }, context), ApiError)),
  );
  const [first] = outcomes.flatMap(({ error }) => error ?? []);
  if (first) throw first;
}
