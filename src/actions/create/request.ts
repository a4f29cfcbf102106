import * as z from 'zod/mini';
import type { Governance, SettingChange } from '../../governance/governance.ts';
import {
  type CreateWorkspaceRequest,
  createWorkspaceRequest,
  uuid,
  type Workspace,
} from '../../openrouter/resources/workspaces.ts';
import type { Context, SaveTask } from '../../shared/context.ts';

/** What to do with a workspace that already has the slug. */
export const IF_EXISTS = ['fail', 'reuse', 'update'] as const;

/** What to create, as the author of the workflow requested it. */
export interface CreateRequest {
  desired: CreateWorkspaceRequest;
  governance: Governance;
  /** The provided inputs for `governance`, by their names in the workflow. */
  governanceInputs: readonly string[];
  ifExists: (typeof IF_EXISTS)[number];
  /**
   * What sets the workspace as it is to be, if this step is outdated: `the newest run of the pull request`. This
   * step uses the workspace as it is then, if it exists.
   */
  supersededBy?: string | undefined;
  /** @throws {Failure} if a workspace that exists already must be left alone */
  assertUsable?(existing: Workspace): void;
  /** Look up and plan, but write nothing. */
  dryRun: boolean;
  deleteAfterJob: boolean;
  /** Whether the deletion after the job includes the API keys of the workspace. */
  deleteKeys: boolean;
  timeoutMs: number;
}

/** What was created, found or changed. */
export interface CreateResult {
  /** A dry run has separate outcomes, so that no `if:` confuses it with a real run. */
  outcome: 'created' | 'updated' | 'unchanged' | 'would-create' | 'would-update';
  /** Absent if a dry run would create the workspace. */
  workspace?: Workspace;
  /** The fields that were changed, or would be changed in a dry run. */
  changes: readonly SettingChange[];
  /** The changes to guardrail, budgets and members, or those that a dry run would make. */
  governanceChanges: readonly SettingChange[];
}

/** Whether the step created the workspace, or would. */
export function isNew({ outcome }: CreateResult): boolean {
  return outcome === 'created' || outcome === 'would-create';
}

/** Whether the step uses a workspace as it is. */
export function isReused({ outcome }: CreateResult, { ifExists }: CreateRequest): boolean {
  return outcome === 'unchanged' && ifExists === 'reuse';
}

/** The schema of the task that a step with `delete-after-job` saves for its post step. */
export const createTask = () =>
  z.object({
    /** Whether the post step also deletes the API keys of the workspace. */
    deleteKeys: z.boolean(),
    /** At least one of them. */
    target: z
      .object({
        created: z.optional(z.object({ id: uuid(), slug: z.string() })),
        /** With `created`, what an earlier POST may still create once that is deleted. */
        pending: z.optional(pendingWorkspace()),
      })
      .check(z.refine(({ created, pending }) => (created ?? pending) !== undefined)),
  });

/** A workspace that a POST may have created or may still create. */
const pendingWorkspace = () =>
  z.object({
    desired: createWorkspaceRequest,
    /** Whether OpenRouter reports that it has applied no POST, because it throttled each. */
    isThrottled: z.optional(z.boolean()),
    /** When the step may create it, by the server's time; absent if that is unknown. */
    window: z.optional(z.object({ from: z.number(), to: z.number() })),
  });

export type CreateTask = z.infer<ReturnType<typeof createTask>>;

/** What creates workspaces. */
export interface WorkspaceCreator extends Context {
  saveTask: SaveTask<CreateTask>;
  /**
   * Called as soon as the workspace is known, and again after an update, so that the outputs are set
   * even if the step fails later.
   */
  onWorkspace(workspace: Workspace, ownership: { created: boolean }): void;
}

/** The last log line of a successful dry run. */
export const DRY_RUN_NOTE = 'Dry run: nothing was written.';
