import {
  applyWrites,
  changesOf,
  type PlannedWrite,
  type SettingChange,
} from '../../governance/governance.ts';
import { planGovernance } from '../../governance/plan.ts';
import { inputName } from '../../inputs/read-inputs.ts';
import { dashboardUrl, patchWorkspace } from '../../openrouter/resources/workspaces.ts';
import { Failure } from '../../shared/failure.ts';
import { diffWorkspace, inputsNotApplied, warnOnDrift } from './diff.ts';
import { governanceNotApplied, slugTaken } from './failures.ts';
import type { ExistingWorkspace } from './reconcile.ts';
import {
  type CreateRequest,
  type CreateResult,
  DRY_RUN_NOTE,
  type WorkspaceCreator,
} from './request.ts';
import { settingLines } from './setting-lines.ts';

type Policy = (
  existing: ExistingWorkspace,
  request: CreateRequest,
  context: WorkspaceCreator,
) => Promise<CreateResult>;

/**
 * Fails, reuses or updates the existing workspace, as `ifExists` requires.
 * @throws {Failure} `slug-taken`, `partly-applied`, and those of `planGovernance`
 * @throws {ApiError}
 */
export const handleExisting: Policy = (existing, request, context) => {
  request.assertUsable?.(existing.workspace);
  return POLICIES[request.ifExists](existing, request, context);
};

const POLICIES: Readonly<Record<CreateRequest['ifExists'], Policy>> = {
  async fail({ workspace, creator }, { desired, governanceInputs }) {
    throw new Failure(slugTaken, {
      workspace,
      creatorUnknown: creator === 'unknown',
      changes: diffWorkspace(workspace, desired),
      governanceInputs,
    });
  },

  async reuse({ workspace, creator }, request, context) {
    const { governanceInputs, dryRun } = request;
    const { log, onWorkspace, warn } = context;
    onWorkspace(workspace, { created: false });
    if (governanceInputs.length > 0) {
      const creatorUnknown = creator === 'unknown';
      warn(governanceNotApplied, {
        workspace,
        inputs: inputsNotApplied(workspace, request),
        creatorUnknown,
        dryRun,
      });
    }
    const { id, slug } = workspace;
    log.info(`Already exists; reusing it unchanged: id ${id}, ${dashboardUrl(slug)}`);
    if (dryRun) log.info(DRY_RUN_NOTE);
    return { outcome: 'unchanged', workspace, changes: [], governanceChanges: [] };
  },

  async update({ workspace }, request, context) {
    const { desired, governance, dryRun } = request;
    const { log, onWorkspace } = context;
    onWorkspace(workspace, { created: false });
    log.info(`Already exists: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`);
    const changes = diffWorkspace(workspace, desired);
    const writes = await planGovernance(governance, workspace, context);
    const governanceChanges = changesOf(writes);
    const plan: CreateResult = { outcome: 'would-update', workspace, changes, governanceChanges };
    if (changes.length === 0 && writes.length === 0) {
      log.info('Already as requested: nothing to change.');
      if (dryRun) log.info(DRY_RUN_NOTE);
      return { ...plan, outcome: 'unchanged' };
    }
    for (const line of settingLines(plan, request)) log.info(`  ${line}`);
    if (dryRun) {
      log.info(DRY_RUN_NOTE);
      return plan;
    }
    const allWrites = [...fieldWrites(changes, context), ...writes];
    const recovery = 'run-again';
    const applied = await applyWrites(allWrites, { workspace, recovery }, context);
    warnOnDrift(applied.workspace, desired, context);
    return {
      outcome: applied.changes.length > 0 ? 'updated' : 'unchanged',
      workspace: applied.workspace,
      changes,
      governanceChanges: applied.changes.slice(changes.length),
    };
  },
};

/** The PATCH that changes the fields of the workspace; no write if nothing changes. */
function fieldWrites(
  changes: readonly SettingChange[],
  { client, onWorkspace }: Pick<WorkspaceCreator, 'client' | 'onWorkspace'>,
): PlannedWrite[] {
  if (changes.length === 0) return [];
  const names = changes.map(({ field }) => inputName(field)).join(', ');
  const values = Object.fromEntries(changes.map(({ field, to }) => [field, to]));
  return [
    {
      name: names,
      done: `Updated ${names}.`,
      changes,
      async write(workspace) {
        const updated = await patchWorkspace(client, workspace, values);
        onWorkspace(updated, { created: false });
        return { workspace: updated };
      },
    },
  ];
}
