import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import {
  describeKey,
  disableKey,
  isDisabled,
  type Key,
  type KeyIdentity,
} from '../../openrouter/resources/keys.ts';
import { findWorkspace } from '../../openrouter/resources/workspaces.ts';
import { deleteAllOrphans } from '../key/cleanup.ts';
import { type ReplaceContext, replaceOlderKeys } from '../key/replace.ts';
import { reportSpend, type SpendContext } from '../key/spend.ts';
import { Failure } from '../shared/failure.ts';
import { NO_DATA } from './comment.ts';
import { commentOn, deletePreview } from './delete-preview.ts';
import { type GitHubContext, readStanding } from './standing.ts';
import type { PreviewTask } from './task.ts';

export interface FinishContext
  extends GitHubContext,
    Pick<SpendContext, 'onSpend'>,
    Pick<ReplaceContext, 'jobStatus'> {}

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
  const { created, search, replaced } = saved;
  if (created) {
    const key = { name: search.desired.name, ...created };
    await reportSpend(key, context);
    if (replaced) {
      const replacement = { key, workspace: search.workspace, replaced };
      await replaceOlderKeys(replacement, context, (older) => disableEach(older, context));
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

/** Disables those API keys that still work. A failure does not stop the others. */
async function disableEach(keys: readonly Key[], context: FinishContext): Promise<void> {
  const working = keys.filter((key) => !isDisabled(key));
  const outcomes = await Promise.all(
    working.map((key) => catching(disable(key, context), ApiError)),
  );
  const [first] = outcomes.flatMap(({ error }) => error ?? []);
  if (first) throw first;
}
