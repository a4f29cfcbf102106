import type { CreateWorkspaceRequest, Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Governance } from '../governance/plan.ts';
import type { Surroundings } from '../shared/context.ts';
import type { Change } from '../shared/diff.ts';
import type { Span } from '../shared/time-window.ts';

/** What may be done with a workspace that has the slug already. */
export const IF_EXISTS = ['fail', 'reuse', 'update'] as const;

export interface CreateRequest {
  asked: CreateWorkspaceRequest;
  governance: Governance;
  /** The inputs that ask for it and were given, by their names in the workflow. */
  governanceInputs: readonly string[];
  ifExists: (typeof IF_EXISTS)[number];
  /** Do everything but write. */
  dryRun: boolean;
  deleteAfterJob: boolean;
  /** How long the step may take, in milliseconds. */
  timeoutMs: number;
}

/** The last line of the log of a dry run that is green. */
export const NOTHING_WRITTEN = 'This is a dry run: nothing was written.';

export interface CreateResult {
  /** What happened; a dry run has values of its own, so that no `if:` takes it for a real run. */
  outcome: 'created' | 'updated' | 'unchanged' | 'would-create' | 'would-update';
  /** Absent where a dry run would have made it. */
  workspace?: Workspace;
  /** The fields that were changed or, in a dry run, would have been. */
  changes: readonly Change[];
  /** What governs it and was set or, in a dry run, would have been. */
  governed: readonly Change[];
}

/** What a clean-up needs to know of a POST whose outcome it has not heard. */
export interface Intent {
  asked: CreateWorkspaceRequest;
  /** When it may be carried out, where the server has said its time. */
  span?: Span | undefined;
}

/** Told as soon as they are known, so that a step which fails or is killed later has said them. */
interface Events {
  /** A POST is about to be sent for a workspace that is to be deleted after the job. */
  intended(intent: Intent): void;
  /** It has come to nothing that is ours. */
  withdrawn(): void;
  /** The workspace that the step is about; called again when an update has changed its fields. */
  known(workspace: Workspace, created: boolean): void;
}

export interface CreateSurroundings extends Surroundings {
  events: Events;
}
