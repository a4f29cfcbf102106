import type { Change } from '../../lib/change.ts';
import {
  type CreateWorkspaceRequest,
  WORKSPACE_FIELDS,
  type Workspace,
  type WorkspaceField,
} from '../../openrouter/resources/workspaces.ts';
import type { Context } from './context.ts';

/** The fields of `desired` that have another value in `workspace`. */
export function diffWorkspace(
  workspace: Workspace,
  desired: CreateWorkspaceRequest,
): Change<WorkspaceField>[] {
  return WORKSPACE_FIELDS.filter((field) => desired[field] !== undefined)
    .filter((field) => normal(field, workspace[field]) !== normal(field, desired[field]))
    .map((field) => ({ field, from: workspace[field] ?? null, to: desired[field] }));
}

/** The same, without the fields that the response lacks: older responses lack newer fields. */
export function diffReturned(
  workspace: Workspace,
  desired: CreateWorkspaceRequest,
): Change<WorkspaceField>[] {
  return diffWorkspace(workspace, desired).filter(({ field }) => workspace[field] !== undefined);
}

/** Whether every returned field of `workspace` has the desired value. */
export function matchesDesired(workspace: Workspace, desired: CreateWorkspaceRequest): boolean {
  return diffReturned(workspace, desired).length === 0;
}

/** A text that is the same for values which mean the same to the API. */
function normal(field: WorkspaceField, value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value ?? null);
  // An empty list of tools clears it, as null does; of keys, null means all.
  if (field === 'disabled_server_tools' && value.length === 0) return 'null';
  return JSON.stringify([...new Set(value)].sort());
}

/** Warns if OpenRouter returned other values than requested. */
export function warnOnDrift(
  workspace: Workspace,
  desired: CreateWorkspaceRequest,
  { warn }: Pick<Context, 'warn'>,
): void {
  const drift = diffReturned(workspace, desired);
  if (drift.length === 0) return;
  const changes = drift.map(({ field, from, to }) => ({ field, from: to, to: from }));
  warn('unexpected-fields', { workspace, changes });
}
