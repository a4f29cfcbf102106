import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { exactUsd, toUsd, type Usd } from '../../lib/usd.ts';
import { type KeyList, listKeys } from '../../openrouter/resources/keys.ts';
import { findWorkspace, type Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Journal } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { deployedKeyName, isSameKeyName } from '../../shared/key-name.ts';
import { countWorking } from '../../teardown/keys-left.ts';
import { sweepFailure } from '../../teardown/sweep-failure.ts';
import type { SweepResult } from '../../teardown/sweep-result.ts';
import { createWorkspace } from '../create/create-workspace.ts';
import type { CreateRequest, CreateResult, CreateTask } from '../create/request.ts';
import { createKeyIn, type KeyRequest, type KeyResult } from '../key/create-key.ts';
import type { KeyTask } from '../key/task.ts';
import type { Allowance, KeyCap } from './cap.ts';
import { allowanceOf, gateOf } from './cap-key.ts';
import { cleanUp } from './clean-up.ts';
import {
  assertOurs,
  type DeletedPreview,
  type DeletionProgress,
  deleteOnly,
  type Preview,
  type PreviewDeletion,
} from './delete-preview.ts';
import { previewNotDeleted } from './failures.ts';
import { describePreview, identify } from './naming.ts';
import { type GitHubContext, readSubject, type SubjectFacts } from './read-subject.ts';
import { findTrigger, type RunFacts, type Trigger } from './subject.ts';
import type { PreviewTask } from './task.ts';

/** What a preview is to have, as the author of the workflow requested it. */
export interface PreviewRequest {
  run: RunFacts;
  slugPrefix: string | undefined;
  /** The fields, guardrail, budgets and members of the workspace. */
  workspace: Pick<CreateRequest, 'governance' | 'governanceInputs'> & {
    fields: Omit<CreateRequest['desired'], 'slug' | 'name' | 'description'>;
  };
  keyMode: 'job' | 'preview' | 'none';
  key: Pick<KeyRequest, 'desired' | 'expiresInMs'> & {
    /** What the name of a key for a deployed preview ends with: it is the same in each run of the job. */
    jobName: string;
  };
  /** What all keys of the preview may spend together; undefined without a cap. */
  cap: Usd | undefined;
  comment: boolean;
  /** If a clean-up finds more previews to delete, it deletes none. */
  maxDeletions: number;
  dryRun: boolean;
  timeoutMs: number;
}

/** What became of the workspace, and what was requested of it. */
export interface Opened {
  result: CreateResult;
  request: CreateRequest;
}

/** What a run reports of its pull request or branch. An open one from another repository is skipped. */
export type SubjectState = 'open' | 'closed' | 'skipped';

function stateOf({ isOpen, isOwn }: SubjectFacts): SubjectState {
  if (!isOpen) return 'closed';
  return isOwn ? 'open' : 'skipped';
}

/** What a run did. An open preview without `opened` was left alone. */
export type PreviewResult =
  | { state: 'skipped'; reason: string }
  | {
      state: 'open';
      preview: Preview;
      opened?: Opened;
      key?: KeyResult;
      /** How the key, also one that a dry run does not create, is within the cap. */
      allowance?: Allowance | undefined;
    }
  | { state: 'closed'; preview: Preview; deletion: Exclude<PreviewDeletion, { kind: 'reopened' }> }
  | { state: 'clean-up'; result: SweepResult; failure: Failure | undefined };

export interface PreviewContext extends GitHubContext {
  journal: Journal<PreviewTask>;
  registerSecrets(secrets: readonly string[]): void;
  /** Called whenever GitHub has reported the state: the last one is right. */
  onState(state: SubjectState): void;
  /** Called as soon as the workspace is known. */
  onWorkspace(workspace: Workspace, ownership: { created: boolean }): void;
  /** Called as soon as the key exists. */
  onKey(result: KeyResult): void;
  /** Called as soon as the workspace is deleted. */
  onDeleted(preview: DeletedPreview): void;
  random(): number;
}

/**
 * Makes the workspace of a pull request or branch exist while that is open, and be gone once it is closed.
 * @throws {ApiError}
 * @throws {Failure} `no-subject`, `preview-not-ours`, `preview-reopened`, `stale-response`, and those of the
 *   operations that it consists of
 */
export async function runPreview(
  request: PreviewRequest,
  context: PreviewContext,
): Promise<PreviewResult> {
  const trigger = findTrigger(request.run, context.repository);
  if (trigger.kind === 'skipped') return { state: 'skipped', reason: trigger.reason };
  if (trigger.kind === 'clean-up') {
    const result = await cleanUp(request, context);
    const failure = sweepFailure(result, { ...request, kind: 'clean-up' });
    return { state: 'clean-up', result, failure };
  }
  return runFor(trigger, request, {
    ...context,
    onSubject: (facts) => context.onState(stateOf(facts)),
  });
}

/** Does what the state of the pull request or branch of a run requires. */
async function runFor(
  trigger: Trigger & { kind: 'subject' },
  request: PreviewRequest,
  context: PreviewContext,
): Promise<PreviewResult> {
  const { log, repository } = context;
  const { subject, since } = trigger;
  const identity = identify(subject, repository, request.slugPrefix);
  log.info(`${describePreview(identity)}.`);
  saveTask({ subject, since, identity }, request, context);
  // What happens to a branch is its end, or a push.
  const facts = await readSubject(subject, since, context, { wasPushed: !trigger.isEnd });
  const preview = { subject, since: facts.since, identity };
  saveTask(preview, request, context);
  if (!facts.isOpen) return closePreview(preview, request, context);
  if (!facts.isOwn) {
    return { state: 'skipped', reason: 'a pull request from another repository has no preview' };
  }
  if (trigger.isEnd) {
    log.info('It is open again: this run changes nothing.');
    return { state: 'open', preview };
  }
  return openPreview({ request, preview, trigger }, facts, context);
}

/** Saves what the post step looks at once more. A dry run leaves it nothing to do. */
function saveTask(
  preview: Preview & Pick<PreviewTask, 'workspace'>,
  request: PreviewRequest,
  context: PreviewContext,
): PreviewTask {
  const task = taskOf(preview, request, context);
  if (!request.dryRun) context.journal.saveOrFail(task);
  return task;
}

function taskOf(
  preview: Preview & Pick<PreviewTask, 'workspace'>,
  { comment, cap }: PreviewRequest,
  { repository: { id, defaultBranch } }: PreviewContext,
): PreviewTask {
  return {
    ...preview,
    repository: { id, defaultBranch },
    comment,
    cap: cap === undefined ? undefined : exactUsd(cap),
  };
}

/**
 * What the creation of the workspace saves: only whether it may still appear. The post step deletes what is not
 * needed, even if another job created it.
 */
function creationJournal(
  { request, preview }: Opening,
  context: PreviewContext,
): Journal<CreateTask> {
  const { journal } = context;
  const task = taskOf(preview, request, context);
  return {
    saveOrFail: (created, exists) =>
      journal.saveOrFail({ ...task, mayAppear: created !== null }, exists),
    saveOrWarn: ({ target }) =>
      journal.saveOrWarn({ ...task, mayAppear: !target.pending?.isThrottled }),
    clearOrWarn: () => journal.saveOrWarn(task),
  };
}

async function closePreview(
  preview: Preview,
  request: PreviewRequest,
  context: PreviewContext,
): Promise<PreviewResult> {
  let task = taskOf(preview, request, context);
  const onDeletion = (progress: DeletionProgress) => {
    if (progress.kind === 'begun') {
      const { id, slug } = progress.workspace;
      task = saveTask({ ...preview, workspace: { id, slug } }, request, context);
    }
    if (progress.kind === 'done') {
      context.onDeleted(progress.preview);
      // If the subject is open again after that, this step fails: its post step must not miss the workspace, too.
      context.journal.saveOrWarn(taskOf(preview, request, context));
    }
  };
  const { dryRun } = request;
  const { value: deletion, error } = await catching(
    deleteOnly(preview, { dryRun }, { ...context, onDeletion }),
    ApiError,
    Failure,
  );
  if (error instanceof Failure && error.is(previewNotDeleted)) {
    const undeleted = { working: countWorking(error.details.keysLeft) };
    context.journal.saveOrWarn({ ...task, undeleted });
  }
  if (error) throw error;
  const isDone =
    deletion.kind === 'missing' || (deletion.kind === 'deletion' && deletion.isSettled);
  if (isDone && !dryRun) context.journal.clearOrWarn();
  // Without the workspace: the post step must not miss one that was deleted, or has vanished.
  else saveTask(preview, request, context);
  return deletion.kind === 'reopened'
    ? { state: 'open', preview }
    : { state: 'closed', preview, deletion };
}

interface Opening {
  request: PreviewRequest;
  preview: Preview;
  trigger: Trigger & { kind: 'subject' };
}

/** How often the workspace may vanish between its creation and that of its key. */
const MAX_VANISHED = 2;

async function openPreview(
  opening: Opening,
  facts: SubjectFacts,
  context: PreviewContext,
): Promise<PreviewResult> {
  const { request, preview } = opening;
  let current = facts;
  for (let vanished = 0; ; vanished += 1) {
    const opened = await ensureWorkspace(opening, current, context);
    const { workspace } = opened.result;
    if (!workspace || request.dryRun) {
      const allowance = await allowanceInDryRun(opening, workspace, context);
      return { state: 'open', preview, opened, allowance };
    }
    const { id, slug } = workspace;
    const task = saveTask({ ...preview, workspace: { id, slug } }, request, context);
    if (request.keyMode === 'none') return { state: 'open', preview, opened };
    const { value: made, error } = await catching(
      ensureKey({ ...opening, task }, workspace, context),
      ApiError,
      Failure,
    );
    if (made) return { state: 'open', preview, opened, ...made };
    const { value: lookup } = await catching(findWorkspace(context.client, workspace.id), ApiError);
    if (!lookup || lookup.workspace || vanished === MAX_VANISHED) throw error;
    context.log.info(
      `The workspace ${JSON.stringify(workspace.slug)} has vanished. Looking again.`,
    );
    current = await readSubject(preview.subject, current.since, context);
    if (!current.isOpen) {
      return closePreview({ ...preview, since: current.since }, request, context);
    }
  }
}

/** Creates or updates the workspace. An older run, or its repetition, uses it as it is. */
async function ensureWorkspace(
  opening: Opening,
  { head }: SubjectFacts,
  context: PreviewContext,
): Promise<Opened> {
  const { request, preview, trigger } = opening;
  const { identity } = preview;
  const isCurrent = trigger.head === undefined || trigger.head === head;
  if (!isCurrent) {
    context.notice('There are newer commits: this run uses the workspace as it is.');
  }
  const { governance, governanceInputs, fields } = request.workspace;
  const wanted: CreateRequest = {
    desired: { ...fields, ...identity },
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
  const result = await createWorkspace(wanted, {
    ...context,
    journal: creationJournal(opening, context),
  });
  return { result, request: wanted };
}

async function ensureKey(
  { request, preview, task }: Opening & { task: PreviewTask },
  workspace: Workspace,
  context: PreviewContext,
): Promise<{ key: KeyResult; allowance: Allowance | undefined }> {
  const { journal, log } = context;
  const isDeployed = request.keyMode === 'preview';
  let allowance: Allowance | undefined;
  const taskWith = (key: KeyTask | undefined): PreviewTask => ({
    ...task,
    key,
    limit: allowance && exactUsd(allowance.limit),
  });
  const cap = capOf(request);
  const onAllowance = (known: Allowance) => {
    allowance = known;
  };
  const key = await createKeyIn(workspace, keyRequestOf(request, preview, context), {
    ...context,
    journal: {
      saveOrFail: (key, exists) => journal.saveOrFail(taskWith(key ?? undefined), exists),
      saveOrWarn: (key) => journal.saveOrWarn(taskWith(key)),
      clearOrWarn: () => journal.saveOrWarn(taskWith(undefined)),
    },
    onCreated: context.onKey,
    gate: cap && gateOf(cap, workspace, { ...context, onAllowance }),
  });
  log.info(
    isDeployed
      ? 'The key stays until a later job that succeeds replaces it.'
      : 'The key is disabled when the job ends.',
  );
  return { key, allowance };
}

/** What a key could spend that is not created, because it is a dry run. */
async function allowanceInDryRun(
  { request, preview }: Opening,
  workspace: Workspace | undefined,
  context: PreviewContext,
): Promise<Allowance | undefined> {
  const cap = capOf(request);
  if (!cap) return undefined;
  const list = workspace ? await listKeys(context.client, workspace) : NO_KEYS;
  const { desired, replace } = keyRequestOf(request, preview, context);
  const namesakes = list.keys.filter(({ name }) => replace && isSameKeyName(name, desired.name));
  const replaced = namesakes.map(({ hash }) => hash);
  const { slug } = preview.identity;
  return allowanceOf(list, { ...cap, replaced }, { ...context, slug });
}

const NO_KEYS: KeyList = { keys: [], serverTime: undefined };

function capOf({ cap, key: { desired } }: PreviewRequest): Omit<KeyCap, 'replaced'> | undefined {
  if (cap === undefined) return undefined;
  const limit = toUsd(desired.limit) ?? 0n;
  return { amount: cap, limit, withByok: desired.include_byok_in_limit === true };
}

function keyRequestOf(
  { key, keyMode }: PreviewRequest,
  { subject, identity }: Preview,
  { repository }: PreviewContext,
): KeyRequest {
  const { desired, expiresInMs, jobName } = key;
  const isDeployed = keyMode === 'preview';
  const name = isDeployed ? deployedKeyName(subject, repository.name, jobName) : desired.name;
  return {
    workspace: identity.slug,
    desired: { ...desired, name },
    nameIsRandom: !isDeployed,
    expiresInMs,
    revokeAfterJob: !isDeployed,
    replace: isDeployed && 'after-job',
    isSameName: isSameKeyName,
  };
}
