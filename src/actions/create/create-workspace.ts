import {
  countAmbiguous,
  type FailedAttempt,
  LATE_POST_DELAYS_MS,
  postOnce,
} from '../../creation/post-once.ts';
import type { Recovery } from '../../governance/failures.ts';
import { applyWrites, changesOf, type PlannedWrite } from '../../governance/governance.ts';
import { planGovernance } from '../../governance/plan.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { formatSeconds } from '../../lib/format.ts';
import {
  dashboardUrl,
  findWorkspace,
  type Lookup,
  sendWorkspace,
  type Workspace,
} from '../../openrouter/resources/workspaces.ts';
import { warnOnDrift } from './diff.ts';
import { notDeletedAfterJob } from './failures.ts';
import { handleExisting } from './handle-existing.ts';
import { type CreateFacts, type ExistingWorkspace, reconcileWorkspace } from './reconcile.ts';
import {
  type CreateRequest,
  type CreateResult,
  type CreateTask,
  DRY_RUN_NOTE,
  type WorkspaceCreator,
} from './request.ts';
import { settingLines } from './setting-lines.ts';

/**
 * Creates the desired workspace. If one with its slug exists, `ifExists` decides what happens to it.
 * @throws {ApiError}
 * @throws {Failure} `slug-taken`, `partly-applied`, `state-not-written`, and those of `planGovernance`
 */
export async function createWorkspace(
  request: CreateRequest,
  context: WorkspaceCreator,
): Promise<CreateResult> {
  const { desired, governance, dryRun } = request;
  const { log } = context;
  log.info(`Requested: the workspace ${JSON.stringify(desired.name)}, slug ${desired.slug}.`);

  const lookup = await lookUpFirst(request, context);
  if (lookup?.workspace) {
    return handleExisting(
      { workspace: lookup.workspace, creator: 'another-job' },
      request,
      context,
    );
  }
  const writes = await planGovernance(governance, undefined, context);
  if (dryRun) return planCreation(request, writes, context);
  const result = await createWorkspaceOnce(request, lookup, context);
  if (result.creator !== 'this-step') return handleExisting(result, request, context);
  return applyGovernance(result, { request, writes }, context);
}

/** Looks up the slug before the first POST, if the result can make a difference. */
async function lookUpFirst(
  { desired: { slug }, ifExists, dryRun, deleteAfterJob }: CreateRequest,
  { client }: WorkspaceCreator,
): Promise<Lookup | undefined> {
  if (!dryRun && !deleteAfterJob && ifExists === 'fail') return undefined;
  // A false 404 shows when the POST is rejected. A dry run sends none.
  return findWorkspace(client, slug, { trusts404: !dryRun });
}

function planCreation(
  request: CreateRequest,
  writes: readonly PlannedWrite[],
  { log }: WorkspaceCreator,
): CreateResult {
  const result: CreateResult = {
    outcome: 'would-create',
    changes: [],
    governanceChanges: changesOf(writes),
  };
  log.info('It does not exist and would be created.');
  for (const line of settingLines(result, request)) log.info(`  ${line}`);
  log.info(DRY_RUN_NOTE);
  return result;
}

/** Creates the workspace, and saves what the post step has to do. */
async function createWorkspaceOnce(
  request: CreateRequest,
  lookup: Lookup | undefined,
  context: WorkspaceCreator,
): Promise<ExistingWorkspace> {
  const { clock, saveTask, warn } = context;
  const start = clock.now();
  const { deleteKeys } = request;
  const pendingOf = pendingWithin(request, lookup);
  saveTask({ deleteKeys, target: pendingOf(request.timeoutMs) });
  const { value: result, error } = await catching(
    sendAndReconcile(request, { start, slugWasFree: lookup !== undefined }, context),
    ApiError,
  );
  const pending = pendingOf(clock.now() - (lookup?.headersAt ?? start) + LATE_MS);
  if (error) {
    const { ambiguous, wasThrottled } = error.details;
    const target = { pending: { ...pending.pending, isThrottled: !ambiguous } };
    saveTask(ambiguous || wasThrottled ? { deleteKeys, target } : null, { orWarn: true });
    throw error;
  }
  const { workspace, creator, mayArriveLate } = result;
  if (creator === 'this-step') {
    const { id, slug } = workspace;
    const target = { created: { id, slug }, ...(mayArriveLate && pending) };
    reportCreated(workspace, { task: { deleteKeys, target }, start }, context);
  } else {
    // If this cannot be saved, the post step may delete the workspace of another job.
    const exists = `the workspace "${workspace.slug}", id ${workspace.id}, which the post step may delete`;
    saveTask(null, { exists });
    if (creator === 'unknown' && request.deleteAfterJob) {
      warn(notDeletedAfterJob, { workspace });
    }
  }
  return result;
}

/** The tolerance for a POST that is applied after its step ended, in milliseconds. */
const LATE_MS = 10_000;

/**
 * Returns a function that describes the workspace that a POST may create within `windowMs` milliseconds
 * after the lookup.
 */
function pendingWithin({ desired }: CreateRequest, lookup: Lookup | undefined) {
  const from = lookup?.serverTime;
  return (windowMs: number) => {
    const window = from === undefined ? undefined : { from, to: from + windowMs };
    return { pending: { desired, window } };
  };
}

interface SentWorkspace extends ExistingWorkspace {
  /** Whether another POST may still be applied, once the slug is free again. */
  mayArriveLate: boolean;
}

async function sendAndReconcile(
  request: CreateRequest,
  facts: Omit<CreateFacts, 'desired'>,
  context: WorkspaceCreator,
): Promise<SentWorkspace> {
  const { client } = context;
  const { desired } = request;
  const outcome = await postOnce(
    {
      send: () => sendWorkspace(client, desired, { recovery: recoveryOf(request) }),
      reconcile: (attempts) => reconcileWorkspace(attempts, { desired, ...facts }),
      question: 'whether the workspace exists',
      check: (attempts: readonly FailedAttempt<Lookup>[]) =>
        lookUpAfter(attempts, request, context),
    },
    context,
  );
  const ambiguous = countAmbiguous(outcome.attempts);
  if (outcome.kind === 'reconciled') return { ...outcome.result, mayArriveLate: ambiguous > 1 };
  return { workspace: outcome.data, creator: 'this-step', mayArriveLate: ambiguous > 0 };
}

/**
 * Looks up the slug after a failed POST. If the workspace is to be used, and the POST was rejected, as for a taken
 * slug, looks for some seconds: a lookup can lag behind another job, which has just created the workspace.
 */
async function lookUpAfter(
  attempts: readonly FailedAttempt<Lookup>[],
  { desired: { slug }, ifExists }: CreateRequest,
  { client }: WorkspaceCreator,
): Promise<Lookup> {
  const lookUp = () => findWorkspace(client, slug, { trusts404: true });
  const mayBeTaken = ifExists !== 'fail' && attempts.at(-1)?.failure.kind === 'rejected';
  let lookup = await lookUp();
  for (const delay of mayBeTaken ? LATE_POST_DELAYS_MS.slice(1) : []) {
    if (lookup.workspace) break;
    await client.pause(delay);
    lookup = await lookUp();
  }
  return lookup;
}

/** Saves the new workspace for the post step, sets the outputs, and logs its creation. */
function reportCreated(
  workspace: Workspace,
  { task, start }: { task: CreateTask } & Pick<CreateFacts, 'start'>,
  { clock, log, onWorkspace, saveTask }: WorkspaceCreator,
): void {
  const { id, slug } = workspace;
  const url = dashboardUrl(slug);
  const exists = `the workspace "${slug}", id ${id}, ${url}`;
  saveTask(task, { exists });
  onWorkspace(workspace, { created: true });
  log.info(`Created in ${formatSeconds(clock.now() - start)}: id ${id}, ${url}`);
}

/** The `if-exists` that another run needs; undefined if this one has it. */
function otherIfExists({ governanceInputs, ifExists }: CreateRequest): string | undefined {
  const needed = ifExists === 'update' || governanceInputs.length > 0 ? 'update' : 'reuse';
  return needed === ifExists ? undefined : needed;
}

/** How the guardrail, budgets and members of a new workspace are completed or undone if a write fails. */
function recoveryOfWrites(request: CreateRequest): Recovery {
  if (request.deleteAfterJob) return 'deleted-after-job';
  const { supersededBy } = request;
  if (supersededBy !== undefined) return { supersededBy };
  return otherIfExists(request) === 'update' ? 'run-again-with-update' : 'run-again';
}

/** What to do after an ambiguous POST. */
function recoveryOf(request: CreateRequest): string {
  if (request.deleteAfterJob)
    return 'The post step of this action, if it runs, looks for the workspace and deletes it.';
  const other = otherIfExists(request);
  const change = other ? `Set if-exists: ${other}, and start a new run` : 'Run this again';
  return `${change}: if the workspace was created, the step uses it. That is safe if no other run creates a workspace with this slug.`;
}

/** Logs what a new workspace has, and sets its guardrail, budgets and members. */
async function applyGovernance(
  { workspace }: ExistingWorkspace,
  { request, writes }: { request: CreateRequest; writes: readonly PlannedWrite[] },
  context: WorkspaceCreator,
): Promise<CreateResult> {
  const result: CreateResult = {
    outcome: 'created',
    workspace,
    changes: [],
    governanceChanges: changesOf(writes),
  };
  for (const line of settingLines(result, request)) context.log.info(`  ${line}`);
  warnOnDrift(workspace, request.desired, context);
  await applyWrites(writes, { workspace, recovery: recoveryOfWrites(request) }, context);
  return result;
}
