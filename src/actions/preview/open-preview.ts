import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { untilFound } from '../../openrouter/deletion.ts';
import { disableKey } from '../../openrouter/resources/keys.ts';
import { findWorkspace, isDefault, type Workspace } from '../../openrouter/resources/workspaces.ts';
import { Failure } from '../../shared/failure.ts';
import { deployedKeyName, isSamePreviewKeyName, unusedKeyName } from '../../shared/key-name.ts';
import { createWorkspace } from '../create/create-workspace.ts';
import type { CreateRequest, CreateResult } from '../create/request.ts';
import {
  giveOut,
  type KeyCreator,
  type KeyRequest,
  makeKey,
  type NewKey,
} from '../key/create-key.ts';
import { createdKeyMissing } from '../key/failures.ts';
import { deleteLateOrphans } from '../key/orphans.ts';
import { SEALED, saveEnded } from '../key/task.ts';
import type { Cap } from './cap.ts';
import { guardKeys, type KeyGuard } from './cap-key.ts';
import { previewNotOurs } from './failures.ts';
import { isInUse, isSame, readMark } from './naming.ts';
import { readSubject } from './read-subject.ts';
import type { Preview, PreviewOpener, PreviewRequest } from './request.ts';
import type { PreviewTask } from './task.ts';

/** A preview that is open, and what it is to have. */
interface Opening {
  request: PreviewRequest;
  preview: Preview;
  /** When the pull request is known to have changed, in milliseconds since 1970. */
  since: number | undefined;
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
 * Makes the workspace of an open preview exist, and creates a key in it. The workflow gets the key, or the id of the
 * workspace, only after this, in this order, because a close lists the keys and a clean-up locks the workspace at any
 * moment:
 *
 *     1. A list has the key, and the key works.
 *     2. The workspace, looked up by its id, is not locked.
 *     3. The pull request or branch, read once more, is open.
 *
 * Returns nothing if one of them fails: then the key is disabled, and the run has to begin again.
 * @throws {ApiError}
 * @throws {Failure} `preview-not-ours`, `preview-limit-reached`, `key-not-capped`, `key-not-listed`, and those of the
 *   operations that it consists of
 */
export async function openPreview(
  opening: Opening,
  context: PreviewOpener,
): Promise<OpenedPreview | undefined> {
  const { request } = opening;
  const { ownership, ...opened } = await ensureWorkspace(opening, context);
  const { workspace } = opened.result;
  const guard = workspace && guardKeys(capOf(request), workspace, context);
  if (request.dryRun) await guard?.waitForRoom({ dryRun: true });
  if (!workspace || !guard || request.dryRun) {
    if (workspace) context.onWorkspace(workspace, ownership);
    return opened;
  }
  const task = taskOf(opening, workspace, context);
  context.saveTask(task);
  const candidate = {
    workspace,
    task,
    guard,
    onUsable: () => context.onWorkspace(workspace, ownership),
  };
  const { value: usable, error } = await catching(
    ensureUsable(opening, candidate, context),
    ApiError,
  );
  if (usable) return { ...opened, ...usable };
  if (error && !(await hasEnded(workspace, error, context))) throw error;
  context.log.info('The preview was closed or locked in the meantime: beginning again.');
  await context.client.pause(context.random() * MAX_PAUSE_MS);
  return undefined;
}

/** A workspace that was found, and what may still be missing. */
interface Candidate {
  workspace: Workspace;
  task: PreviewTask;
  guard: KeyGuard;
  /** Called as soon as it is known that the workflow may have the workspace. */
  onUsable(): void;
}

type Ownership = Parameters<PreviewOpener['onWorkspace']>[1];

async function ensureWorkspace(
  { request, preview, isCurrent }: Opening,
  context: PreviewOpener,
): Promise<OpenedPreview & { ownership: Ownership }> {
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
  let ownership: Ownership = { created: false };
  const result = await createWorkspace(wanted, {
    ...context,
    saveTask: () => undefined,
    onWorkspace: (_, known) => {
      ownership = known;
    },
  });
  return { result, request: wanted, ownership };
}

/** @throws {Failure} `preview-not-ours` */
export function assertOurs(
  workspace: Workspace,
  { subject, identity }: Preview,
  { repository }: Pick<PreviewOpener, 'repository'>,
): void {
  const mark = readMark(workspace['description'], repository);
  if (mark && !mark.isLocked && isSame(mark.subject, subject) && !isDefault(workspace)) return;
  const description = String(workspace['description'] ?? '');
  const details = { workspace, description, expected: identity.description };
  throw new Failure(previewNotOurs, details, 'another workspace has its slug');
}

/** What the post step has to do, before there is a key. */
function taskOf(
  { preview: { subject }, since, request }: Opening,
  { id, slug }: Workspace,
  { repository }: PreviewOpener,
): PreviewTask {
  const cap = capOf(request);
  return {
    subject,
    since,
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

/** Returns the key, if one is requested; nothing if the run has to begin again. */
async function ensureUsable(
  opening: Opening,
  candidate: Candidate,
  context: PreviewOpener,
): Promise<{ key?: NewKey } | undefined> {
  if (opening.request.keyMode !== 'none') return ensureKey(opening, candidate, context);
  if (!(await isUsable(opening, candidate, context))) return undefined;
  candidate.onUsable();
  return {};
}

/** Creates a key that is within the cap, as often as it has to give way to others. */
async function ensureKey(
  opening: Opening,
  candidate: Candidate,
  context: PreviewOpener,
): Promise<{ key: NewKey } | undefined> {
  const { request, preview, since } = opening;
  const { workspace, guard, task } = candidate;
  const keyContext: KeyCreator = {
    ...context,
    saveTask: (key, options) => context.saveTask({ ...task, key: key ?? undefined }, options),
    onKey: (key, end) => context.onKey(key, { ...task, key: end }),
  };
  for (;;) {
    const hasWaited = await guard.waitForRoom({ dryRun: false });
    if (hasWaited && !(await readSubject(preview.subject, since, context)).isOpen) {
      return undefined;
    }
    const keyRequest = keyRequestOf(opening, context);
    const key = await makeKey(workspace, keyRequest, keyContext);
    // Orphans would count, so they are deleted first.
    await deleteLateOrphans(key, keyContext);
    const admission = await guard.admit(key.key);
    if (admission === 'admitted' && (await isUsable(opening, candidate, context))) {
      candidate.onUsable();
      giveOut(key, keyRequest, keyContext);
      context.log.info(request.isSealed ? SEALED : ENDS[request.keyMode]);
      return { key };
    }
    await giveUp(key, context);
    saveEnded(key, keyContext);
    if (typeof admission === 'string') return undefined;
    context.log.info(
      'Another job has the rest of preview-limit-usd: the new API key was disabled.',
    );
    if (key.mayHaveOrphans) throw admission;
    await context.client.pause(context.random() * MAX_PAUSE_MS);
  }
}

/**
 * Disables a new key, and marks it as one that no one gets.
 * @throws {Failure} `created-key-missing`
 * @throws {ApiError}
 */
async function giveUp({ key, workspace }: NewKey, context: PreviewOpener): Promise<void> {
  const name = unusedKeyName(key.name);
  const disabling = async () => (await disableKey(context, key, { name })).key;
  if (await untilFound(context, disabling)) return;
  const lookup = await findWorkspace(context.client, workspace.id);
  if (lookup.workspace) throw new Failure(createdKeyMissing, { key });
}

/** Whether no clean-up has locked the workspace, and the pull request or branch is open, read in this order. */
async function isUsable(
  { preview: { subject }, since }: Opening,
  { workspace: { id } }: Candidate,
  context: PreviewOpener,
): Promise<boolean> {
  const { workspace } = await findWorkspace(context.client, id);
  if (!isInUse(workspace)) return false;
  const { isOpen } = await readSubject(subject, since, context, { wasOpen: true });
  return isOpen;
}

const ENDS: Readonly<Record<PreviewRequest['keyMode'], string>> = {
  preview:
    'The key stays if the job succeeds, until a later job that succeeds replaces it. If the job fails, the key is disabled.',
  job: 'The key is disabled when the job ends.',
  none: '',
};

function keyRequestOf(
  { request: { key, keyMode, isSealed }, preview: { subject } }: Opening,
  { repository }: PreviewOpener,
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
    isSealed,
  };
}

/** Whether `error` means that the workspace is locked or deleted. */
async function hasEnded(
  { id }: Workspace,
  error: ApiError,
  { client }: PreviewOpener,
): Promise<boolean> {
  if (error.details.kind !== 'rejected') return false;
  const { value: lookup } = await catching(findWorkspace(client, id), ApiError);
  return lookup !== undefined && !isInUse(lookup.workspace);
}
