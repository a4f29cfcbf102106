import type { Log } from '../../lib/log.ts';
import {
  type CreateWorkspaceRequest,
  WORKSPACE_FIELDS,
  type Workspace,
  type WorkspaceField,
} from '../../openrouter/resources/workspaces.ts';

/** A field that is not what was asked for. */
export interface Change<Field = string> {
  field: Field;
  from: unknown;
  to: unknown;
}

/** The fields that `asked` has and that `workspace` has otherwise. */
export function driftOf(
  workspace: Workspace,
  asked: CreateWorkspaceRequest,
): Change<WorkspaceField>[] {
  return WORKSPACE_FIELDS.filter((field) => asked[field] !== undefined)
    .filter((field) => normal(field, workspace[field]) !== normal(field, asked[field]))
    .map((field) => ({ field, from: workspace[field] ?? null, to: asked[field] }));
}

/** The same, but for fields that the answer does not have: older ones lack the newest. */
export function answeredDrift(
  workspace: Workspace,
  asked: CreateWorkspaceRequest,
): Change<WorkspaceField>[] {
  return driftOf(workspace, asked).filter(({ field }) => workspace[field] !== undefined);
}

/** A text that is the same for values which mean the same to the API. */
function normal(field: WorkspaceField, value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value ?? null);
  // An empty list of tools clears it, as null does; of keys, null means all.
  if (field === 'disabled_server_tools' && value.length === 0) return 'null';
  return JSON.stringify([...new Set(value)].sort());
}

/** `name: "Old" → "New"` */
export function tellChange({ field, from, to }: Change): string {
  return `${field}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`;
}

/** Lines that say that OpenRouter has made of what was asked for (`from`) something else (`to`). */
export function tellAnswer(changes: readonly Change[]): string[] {
  return ['OpenRouter has answered with other values:', ...changes.map(tellChange)];
}

/** Warns where OpenRouter has answered a write with other values than it was asked for. */
export function warnOfDrift(workspace: Workspace, asked: CreateWorkspaceRequest, log: Log): void {
  const changes = answeredDrift(workspace, asked);
  if (changes.length === 0) return;
  log.warning(
    `The workspace ${asked.slug} is not quite what was asked for`,
    tellAnswer(changes.map(({ field, from, to }) => ({ field, from: to, to: from }))),
  );
}
