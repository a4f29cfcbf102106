import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { disableUnused } from '../../openrouter/resources/keys.ts';
import { findWorkspace, isDefault, type Workspace } from '../../openrouter/resources/workspaces.ts';
import { Failure } from '../../shared/failure.ts';
import { deployedKeyName, isSamePreviewKeyName } from '../../shared/key-name.ts';
import { createWorkspace } from '../create/create-workspace.ts';
import type { CreateRequest, CreateResult } from '../create/request.ts';
import {
  giveOut,
  type KeyContext,
  type KeyRequest,
  makeKey,
  type NewKey,
} from '../key/create-key.ts';
import { deleteLateOrphans } from '../key/orphans.ts';
import { saveState } from '../key/task.ts';
import type { Cap } from './cap.ts';
import { type CapGuard, guardCap } from './cap-key.ts';
import { previewNotOurs } from './failures.ts';
import { isInUse, isSame, readMark } from './naming.ts';
import { readSubject } from './read-subject.ts';
import type { Preview, PreviewContext, PreviewRequest } from './request.ts';
import type { PreviewTask } from './task.ts';

/** A preview that is open, and what it is to have. */
interface Opening {
  request: PreviewRequest;
  preview: Preview;
  /** Whether the run is about the newest commit. */
  isCurrent: boolean;
}

/** What became of the workspace and the key of an open preview, and what was requested of the workspace. */
export interface OpenedPreview {
  result: CreateResult;
  request: CreateRequest;
  key?: NewKey;
}

/**
 * Makes the workspace of an open preview exist, and creates a key in it. Returns nothing if another run has closed or
 * deleted the workspace before the key was given out.
 * @throws {ApiError}
 * @throws {Failure} `preview-not-ours`, `preview-limit-reached`, `key-not-capped`, and those of the operations that it
 *   consists of
 */
export async function openPreview(
  opening: Opening,
  context: PreviewContext,
): Promise<OpenedPreview | undefined> {
  const { request } = opening;
  const opened = await ensureWorkspace(opening, context);
  const { workspace } = opened.result;
  const cap = capOf(request);
  if (request.dryRun) {
    if (workspace && cap) await guardCap(cap, workspace, context).waitForRoom({ dryRun: true });
    return opened;
  }
  if (!workspace) return opened;
  const task = taskOf(opening, workspace, context);
  context.saveTask(task);
  if (request.keyMode === 'none') return opened;
  const guard = cap && guardCap(cap, workspace, context);
  const { value: key, error } = await catching(
    ensureKey({ ...opening, task, guard }, workspace, context),
    ApiError,
  );
  if (key) return { ...opened, key };
  if (!error || (await hasEnded(workspace, error, context))) {
    context.log.info('The preview was closed in the meantime: looking again.');
    return undefined;
  }
  throw error;
}

async function ensureWorkspace(
  { request, preview, isCurrent }: Opening,
  context: PreviewContext,
): Promise<OpenedPreview> {
  if (!isCurrent) {
    context.log.notice('There are newer commits: this run uses the workspace as it is.');
  }
  const { governance, governanceInputs, fields } = request.workspace;
  const wanted: CreateRequest = {
    desired: { ...fields, ...preview.identity },
    governance,
    governanceInputs: isCurrent ? governanceInputs : [],
    ifExists: isCurrent ? 'update' : 'reuse',
    supersededBy: isCurrent ? undefined : 'the newest run of the pull request or branch',
    assertUsable: (existing) => assertOurs(existing, preview, context),
    dryRun: request.dryRun,
    deleteAfterJob: false,
    deleteKeys: false,
    timeoutMs: request.timeoutMs,
  };
  const result = await createWorkspace(wanted, { ...context, saveTask: () => undefined });
  return { result, request: wanted };
}

/** @throws {Failure} `preview-not-ours` */
export function assertOurs(
  workspace: Workspace,
  { subject, identity }: Preview,
  { repository }: Pick<PreviewContext, 'repository'>,
): void {
  const mark = readMark(workspace['description'], repository);
  if (mark?.state === 'open' && isSame(mark.subject, subject) && !isDefault(workspace)) return;
  const description = String(workspace['description'] ?? '');
  const details = { workspace, description, expected: identity.description };
  throw new Failure(previewNotOurs, details, 'another workspace has its slug');
}

/** What the post step has to do, before there is a key. */
function taskOf(
  { preview: { subject }, request }: Opening,
  { id, slug }: Workspace,
  { repository }: PreviewContext,
): PreviewTask {
  const cap = capOf(request);
  return {
    subject,
    repository: { id: repository.id, defaultBranch: repository.defaultBranch },
    workspace: { id, slug },
    comment: request.comment,
    // Usage with one's own provider keys is in no comment.
    cap: cap && !cap.withByok ? cap.amount : undefined,
  };
}

function capOf({ cap: amount, key: { desired } }: PreviewRequest): Cap | undefined {
  if (amount === undefined) return undefined;
  return { amount, limit: desired.limit ?? 0n, withByok: desired.include_byok_in_limit === true };
}

/** How long a job that has given way waits before it begins again, in milliseconds, at most. */
const MAX_PAUSE_MS = 3_000;

/**
 * Creates a key that is within the cap, as often as it has to give way to others. Returns nothing if the preview was
 * closed in the meantime.
 */
async function ensureKey(
  opening: Opening & { task: PreviewTask; guard: CapGuard | undefined },
  workspace: Workspace,
  context: PreviewContext,
): Promise<NewKey | undefined> {
  const { request, preview, task, guard } = opening;
  const keyContext: KeyContext = {
    ...context,
    saveTask: (key, options) => context.saveTask({ ...task, key: key ?? undefined }, options),
  };
  for (;;) {
    const hasWaited = await guard?.waitForRoom({ dryRun: false });
    if (hasWaited && !(await readSubject(preview.subject, undefined, context)).isOpen) {
      return undefined;
    }
    const keyRequest = keyRequestOf(opening, context);
    const key = await makeKey(workspace, keyRequest, keyContext);
    // Orphans would count, so they are deleted first.
    await deleteLateOrphans(key, keyContext);
    const admission = await admitKey(key, guard, context);
    if (admission === 'admitted') {
      giveOut(key, keyRequest, keyContext);
      context.log.info(ENDS[request.keyMode]);
      return key;
    }
    saveState('ended', key, keyContext);
    if (admission === 'closed') return undefined;
    if (guard && key.mayHaveOrphans) throw guard.reached();
    await context.client.pause(context.random() * MAX_PAUSE_MS);
  }
}

const ENDS: Readonly<Record<PreviewRequest['keyMode'], string>> = {
  preview:
    'The key stays if the job succeeds, until a later job that succeeds replaces it. If the job fails, the key is disabled.',
  job: 'The key is disabled when the job ends.',
  none: '',
};

function keyRequestOf(
  { request: { key, keyMode }, preview: { subject } }: Opening,
  { repository }: PreviewContext,
): Omit<KeyRequest, 'workspace'> {
  const { desired, expiresInMs, jobName } = key;
  const isDeployed = keyMode === 'preview';
  const name = isDeployed ? deployedKeyName(subject, repository.name, jobName) : desired.name;
  return {
    desired: { ...desired, name },
    expiresInMs,
    endsAfterJob: !isDeployed,
    replace: isDeployed && 'after-job',
    isSameName: isSamePreviewKeyName,
  };
}

/** Decides whether the workflow gets a new key. Otherwise, the key is disabled, and no one has its secret. */
async function admitKey(
  { key, workspace }: NewKey,
  guard: CapGuard | undefined,
  context: PreviewContext,
): Promise<'admitted' | 'gave-way' | 'closed'> {
  const admission = (await guard?.admit(key)) ?? 'admitted';
  if (admission !== 'admitted') return admission;
  const { workspace: now } = await findWorkspace(context.client, workspace.id);
  if (isInUse(now)) return 'admitted';
  await disableUnused(context, key);
  return 'closed';
}

/** Whether `error` means that the workspace was closed, or deleted. */
async function hasEnded(
  { id }: Workspace,
  error: ApiError,
  { client }: PreviewContext,
): Promise<boolean> {
  if (error.details.kind !== 'rejected') return false;
  const { value: lookup } = await catching(findWorkspace(client, id), ApiError);
  return lookup !== undefined && !isInUse(lookup.workspace);
}
