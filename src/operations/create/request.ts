import type { Change } from '../../lib/change.ts';
import type { CreateWorkspaceRequest, Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Governance } from '../governance/governance.ts';
import type { CleanupJournal, Context } from '../shared/context.ts';
import type { CreateCleanupTask } from './cleanup.ts';

/** What to do with a workspace that already has the slug. */
export const IF_EXISTS = ['fail', 'reuse', 'update'] as const;

export interface CreateRequest {
  desired: CreateWorkspaceRequest;
  governance: Governance;
  /** The inputs for it that were provided, by their names in the workflow. */
  governanceInputs: readonly string[];
  ifExists: (typeof IF_EXISTS)[number];
  /** Do everything except write. */
  dryRun: boolean;
  deleteAfterJob: boolean;
  /** Whether that deletes the workspace's API keys, too. */
  deleteKeys: boolean;
  /** How long the step may take, in milliseconds. */
  timeoutMs: number;
}

export interface CreateResult {
  /** What happened. A dry run has outcomes of its own, so that no `if:` takes it for the real thing. */
  outcome: 'created' | 'updated' | 'unchanged' | 'would-create' | 'would-update';
  /** Absent if a dry run would create it. */
  workspace?: Workspace;
  /** The fields that were changed or, in a dry run, would be. */
  changes: readonly Change[];
  /** What was set of guardrail, budgets and members or, in a dry run, would be. */
  governanceChanges: readonly Change[];
}

export interface CreateContext extends Context {
  journal: CleanupJournal<CreateCleanupTask>;
  /**
   * Called as soon as the workspace is known, and again when an update has changed it, so that a step
   * that fails or is killed later has set its outputs.
   */
  onWorkspace(workspace: Workspace, facts: { created: boolean }): void;
}

/** The last log line of a successful dry run. */
export const DRY_RUN_NOTE = 'Dry run: nothing was written.';
