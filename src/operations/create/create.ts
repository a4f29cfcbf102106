import { formatChange } from '../../lib/change.ts';
import { formatSeconds } from '../../lib/format.ts';
import { settle } from '../../lib/settle.ts';
import { ApiError, type RequestFacts } from '../../openrouter/api-error.ts';
import {
  dashboardUrl,
  findWorkspace,
  type Lookup,
  sendWorkspace,
  type Workspace,
} from '../../openrouter/resources/workspaces.ts';
import { planGovernance } from '../governance/plan.ts';
import { applyWrites, changesOf, type PlannedWrite } from '../governance/writes.ts';
import { createOnce } from '../shared/create-once.ts';
import { warnOnDrift } from '../shared/diff.ts';
import type { CreateCleanupTask } from './cleanup.ts';
import { handleExisting } from './handle-existing.ts';
import { type CreatedWorkspace, type CreateFacts, reconcileWorkspace } from './reconcile.ts';
import {
  type CreateContext,
  type CreateRequest,
  type CreateResult,
  DRY_RUN_NOTE,
} from './request.ts';

/**
 * Makes sure that the desired workspace exists: creates it, or does what `ifExists` says with the
 * one that has its slug.
 * @throws {ApiError}
 * @throws {Failure} `slug-taken`, `partly-applied`, and those of `planGovernance`
 */
export async function createWorkspace(
  request: CreateRequest,
  context: CreateContext,
): Promise<CreateResult> {
  const { desired, governance, ifExists, dryRun, deleteAfterJob } = request;
  const { client, log } = context;
  log.info(`Requested: the workspace ${JSON.stringify(desired.name)}, slug ${desired.slug}.`);

  const looksFirst = ifExists !== 'fail' || dryRun || deleteAfterJob;
  const lookup = looksFirst ? await findWorkspace(client, desired.slug) : undefined;
  if (lookup?.workspace) {
    return handleExisting({ workspace: lookup.workspace, created: false }, request, context);
  }
  const writes = await planGovernance(governance, undefined, context);
  if (dryRun) return planCreation(writes, context);
  const result = await createWorkspaceOnce(request, lookup, context);
  if (result.created !== true) return handleExisting(result, request, context);
  return govern(result, { request, writes }, context);
}

function planCreation(writes: readonly PlannedWrite[], { log }: CreateContext): CreateResult {
  const governanceChanges = changesOf(writes);
  log.info('It does not exist and would be created.');
  for (const change of governanceChanges) log.info(`  ${formatChange(change)}`);
  log.info(DRY_RUN_NOTE);
  return { outcome: 'would-create', changes: [], governanceChanges };
}

/** Creates the workspace, and keeps the journal for the cleanup after the job. */
async function createWorkspaceOnce(
  request: CreateRequest,
  lookup: Lookup | undefined,
  context: CreateContext,
): Promise<CreatedWorkspace> {
  const { clock, journal, warn } = context;
  const start = clock.now();
  const pendingTask = pendingTaskOf(request, lookup);
  journal.save(pendingTask(request.timeoutMs));
  const { value: result, error } = await settle(
    sendAndReconcile(request, { start, slugWasFree: lookup !== undefined }, context),
    ApiError,
  );
  if (error) {
    const { ambiguous, wasThrottled } = error.details;
    const end = clock.now() - (lookup?.headersAt ?? start) + LATE_MS;
    if (ambiguous || wasThrottled) journal.amend(pendingTask(end));
    else journal.clear();
    throw error;
  }
  const { workspace, created } = result;
  if (created === true) {
    announce(workspace, { ...request, start }, context);
  } else {
    journal.clear();
    if (created === 'unknown' && request.deleteAfterJob) {
      warn('not-deleted-after-job', { workspace });
    }
  }
  return result;
}

/** How long after its step a POST may still be applied and taken for the step's own, in milliseconds. */
const LATE_MS = 10_000;

/** The task of the post step as long as the outcome is unknown; it takes how long that may be, in ms. */
function pendingTaskOf(
  { desired, deleteKeys }: CreateRequest,
  lookup: Lookup | undefined,
): (ms: number) => CreateCleanupTask {
  const from = lookup?.serverTime;
  return (ms) => {
    const window = from === undefined ? undefined : { from, to: from + ms };
    return { deleteKeys, target: { pending: { desired, window } } };
  };
}

async function sendAndReconcile(
  request: CreateRequest,
  known: Omit<CreateFacts, 'desired'>,
  context: CreateContext,
): Promise<CreatedWorkspace> {
  const { client } = context;
  const { desired } = request;
  const outcome = await createOnce(
    {
      send: () => sendWorkspace(client, desired, recoveryOf(request)),
      reconcile: (rounds) => reconcileWorkspace(rounds, { desired, ...known }),
      question: 'whether the workspace exists',
      lookup: () => findWorkspace(client, desired.slug),
    },
    context,
  );
  if (outcome.kind === 'reconciled') return outcome.result;
  return { workspace: outcome.response.data, created: true };
}

/** Leaves the new workspace to the post step, sets the outputs, and says so in the log. */
function announce(
  workspace: Workspace,
  { deleteKeys, start }: Pick<CreateRequest, 'deleteKeys'> & Pick<CreateFacts, 'start'>,
  { clock, journal, log, onWorkspace }: CreateContext,
): void {
  const { id, slug } = workspace;
  const url = dashboardUrl(slug);
  const exists = `the workspace ${slug}, id ${id}, ${url}`;
  journal.save({ deleteKeys, target: { created: { id, slug } } }, exists);
  onWorkspace(workspace, { created: true });
  log.info(`Created in ${formatSeconds(clock.now() - start)}: id ${id}, ${url}`);
}

/** How to go on after a POST whose outcome is unknown. The post step of `delete-after-job` sees to it. */
function recoveryOf({
  deleteAfterJob,
  governanceInputs,
}: CreateRequest): Pick<RequestFacts, 'recovery'> {
  if (deleteAfterJob) return {};
  const policy = governanceInputs.length > 0 ? 'update' : 'reuse';
  return {
    recovery: `Running this again with if-exists: ${policy} finds the workspace if it was created. That is safe if no other workflow uses the slug.`,
  };
}

/** Sets what governs a new workspace. */
async function govern(
  { workspace }: CreatedWorkspace,
  { request, writes }: { request: CreateRequest; writes: readonly PlannedWrite[] },
  context: CreateContext,
): Promise<CreateResult> {
  warnOnDrift(workspace, request.desired, context);
  const recovery = request.deleteAfterJob ? 'deleted-after-job' : 'run-again-with-update';
  await applyWrites(writes, { workspace, recovery }, context);
  return { outcome: 'created', workspace, changes: [], governanceChanges: changesOf(writes) };
}
