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
import { commentOn, deletePreview, type PreviewDeletion } from './delete-preview.ts';
import { type GitHubContext, readStanding } from './standing.ts';
import type { PreviewTask } from './task.ts';

/** What the post step found and did. */
export interface FinishedPreview {
  /** Undefined if that could not be read. */
  isOpen: boolean | undefined;
  deletion: PreviewDeletion | undefined;
}

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
export async function finishPreview(
  task: PreviewTask,
  context: FinishContext,
): Promise<FinishedPreview> {
  const { value: endsEarly, error: keyError } = await catching(
    endKey(task, context),
    ApiError,
    Failure,
  );
  const { subject, identity, workspace } = task;
  const { value: standing, error: lookError } = await catching(
    readStanding(subject, task.since, context),
    ApiError,
    Failure,
  );
  if (lookError) {
    const reason =
      lookError instanceof ApiError ? lookError.message : 'GitHub shows an older state of it';
    context.warn('preview-not-checked', { workspace: identity.slug, reason });
    throwIfAny(keyError, endsEarly);
    return { isOpen: undefined, deletion: undefined };
  }
  const { isOpen, since } = standing;
  if (!isOpen) {
    const deletion = await deletePreview({ subject, since, identity }, { dryRun: false }, context);
    // A deletion takes the key along.
    if (deletion.kind !== 'deletion') throwIfAny(keyError);
    return { isOpen: false, deletion };
  }
  await commentOn(task, NO_DATA, context);
  if (workspace && !(await findWorkspace(context.client, workspace.id)).workspace) {
    const wasClosed = !(await readStanding(subject, since, context)).isOpen;
    if (wasClosed) throwIfAny(keyError);
    if (wasClosed) return { isOpen: false, deletion: undefined };
    throw new Failure('preview-deleted', { workspace });
  }
  throwIfAny(keyError, endsEarly);
  return { isOpen: true, deletion: undefined };
}

function throwIfAny(...errors: readonly (Error | undefined)[]): void {
  const [first] = errors.filter((error) => error !== undefined);
  if (first) throw first;
}

/** Reports what the key has spent, and ends it. Returns why the job must fail, if its key was ended by another. */
async function endKey(task: PreviewTask, context: FinishContext): Promise<Failure | undefined> {
  const { key: saved } = task;
  if (!saved) return undefined;
  const { created, search } = saved;
  if (created) {
    const key = { name: search.desired.name, ...created };
    await reportSpend(key, context);
    // A key that no step has got is of no use.
    if (task.keyMode === 'preview' && !saved.revoke) {
      const replaced = await replaceKeys(task, key, context);
      if (replaced) return replaced;
    } else await disable(key, context);
  }
  await deleteAllOrphans(saved, context);
  return undefined;
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
): Promise<Failure | undefined> {
  const { client, jobStatus, log, warn } = context;
  const own = await findKey(client, key.hash);
  if (!own || own['disabled'] === true) return new Failure('key-replaced', { key });
  if (jobStatus !== 'success') {
    if (!KNOWN_STATUSES.includes(jobStatus)) warn('job-status-unknown', { status: jobStatus });
    log.info('The job has not succeeded: older keys stay.');
    return undefined;
  }
  const outcomes = await Promise.all(
    replaced.map((old) => catching(disable({ ...key, ...old }, context), ApiError)),
  );
  throwIfAny(...outcomes.map(({ error }) => error));
  return undefined;
}
