import type { SettingChange } from '../../governance/governance.ts';
import { inputName } from '../../inputs/read-inputs.ts';
import {
  type CreateWorkspaceRequest,
  WORKSPACE_FIELDS,
  type Workspace,
  type WorkspaceField,
} from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../../shared/context.ts';
import { workspaceDiffers } from './failures.ts';
import type { CreateRequest } from './request.ts';

/** Lists the fields of `desired` that have another value in `workspace`. */
export function diffWorkspace(
  workspace: Workspace,
  desired: CreateWorkspaceRequest,
): SettingChange<WorkspaceField>[] {
  return WORKSPACE_FIELDS.filter((field) => desired[field] !== undefined)
    .filter((field) => normalize(field, workspace[field]) !== normalize(field, desired[field]))
    .map((field) => ({
      kind: 'field',
      field,
      from: workspace[field] ?? null,
      to: desired[field],
    }));
}

/** Like `diffWorkspace`, but ignores fields that `workspace` lacks: a response may lack newer fields. */
export function diffReturned(
  workspace: Workspace,
  desired: CreateWorkspaceRequest,
): SettingChange<WorkspaceField>[] {
  return diffWorkspace(workspace, desired).filter(({ field }) => workspace[field] !== undefined);
}

/** The inputs that a step does not apply to a workspace that it uses as it is. Governance is not compared. */
export function inputsNotApplied(
  workspace: Workspace,
  { desired, governanceInputs }: Pick<CreateRequest, 'desired' | 'governanceInputs'>,
): string[] {
  const fields = diffReturned(workspace, desired).map(({ field }) => inputName(field));
  return [...fields, ...governanceInputs];
}

/** Whether every returned field of `workspace` has the desired value. */
export function matchesDesired(workspace: Workspace, desired: CreateWorkspaceRequest): boolean {
  return diffReturned(workspace, desired).length === 0;
}

/** A text that is equal for values with the same meaning. The order of a list has no meaning. */
function normalize(field: WorkspaceField, value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value ?? null);
  // For tools, an empty list means the same as null. For API key ids, null means all keys.
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
  const changes = drift.map(({ from, to, ...setting }) => ({ ...setting, from: to, to: from }));
  warn(workspaceDiffers, { workspace, changes });
}
