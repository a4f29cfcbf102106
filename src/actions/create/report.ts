import type { Change } from '../../lib/format.ts';
import type { Cell } from '../../lib/table.ts';
import {
  dashboardUrl,
  WORKSPACE_FIELDS,
  type Workspace,
  type WorkspaceField,
} from '../../openrouter/resources/workspaces.ts';
import {
  type BoundedJson,
  describeOmitted,
  MAX_VALUE_BYTES,
  type Outputs,
} from '../../report/outputs.ts';
import type { Summary } from '../../report/summary.ts';
import type { CreateRequest, CreateResult } from './request.ts';

/** The outputs that identify the workspace. */
export function identityOutputs(
  { id, slug, name }: Workspace,
  { created }: { created: boolean },
): Outputs {
  return { id, slug, name, url: dashboardUrl(slug), created: String(created) };
}

/** The outputs for the result of the step. If a dry run would create the workspace, all outputs. */
export function outcomeOutputs(
  { outcome, workspace }: CreateResult,
  { desired: { slug, name } }: Pick<CreateRequest, 'desired'>,
): Outputs {
  if (workspace) return { outcome, workspace: toJson(workspace) };
  return { slug, name, url: dashboardUrl(slug), created: 'false', outcome };
}

/** A workspace as JSON. If that is too large, only what identifies it. */
function toJson(workspace: Workspace): BoundedJson {
  const { id, slug, name } = workspace;
  const total = Object.keys(workspace).length;
  const json = JSON.stringify(workspace);
  const fits = Buffer.byteLength(json) < MAX_VALUE_BYTES;
  return fits
    ? { json, shown: total, total, items: 'fields' }
    : { json: JSON.stringify({ id, slug, name }), shown: 3, total, items: 'fields' };
}

const TITLES: Readonly<Record<CreateResult['outcome'], string>> = {
  created: '✅ Created the OpenRouter workspace',
  updated: '✅ Updated the OpenRouter workspace',
  unchanged: '✅ Unchanged: the OpenRouter workspace',
  'would-create': '🔎 Dry run: would create the OpenRouter workspace',
  'would-update': '🔎 Dry run: would update the OpenRouter workspace',
};

const DRY_RUN_UNCHANGED = '🔎 Dry run: would not change the OpenRouter workspace';

/** The summary of a step that succeeded. */
export function createSummary(result: CreateResult, request: CreateRequest): Summary {
  const { outcome, workspace } = result;
  const { desired, dryRun } = request;
  const values: Readonly<Record<string, unknown>> = workspace ?? desired;
  const fields = WORKSPACE_FIELDS.filter((field) => values[field] !== undefined);
  const title = dryRun && outcome === 'unchanged' ? DRY_RUN_UNCHANGED : TITLES[outcome];
  return {
    title: `${title} ${values['name']}`,
    ...(workspace && { url: dashboardUrl(workspace.slug) }),
    table: {
      header: ['Field', 'Value', 'Remark'],
      rows: [
        ...(workspace ? [row('id', workspace.id, '')] : []),
        ...fields.map((field) => row(field, values[field], fieldRemark(field, result, request))),
        ...result.governanceChanges.map((change) =>
          row(change.field, change.to, governanceRemark(change, request)),
        ),
      ],
    },
    notes: describeOmitted(outcomeOutputs(result, request)),
  };
}

function fieldRemark(field: WorkspaceField, result: CreateResult, request: CreateRequest): Cell {
  const change = result.changes.find((other) => other.field === field);
  if (change && request.dryRun) return { code: `would be ${textOf(change.to)}` };
  if (change) return { code: `was ${textOf(change.from)}` };
  const isRequested = request.desired[field] !== undefined;
  if (result.outcome === 'would-create') return isRequested ? 'would be set' : '';
  if (result.outcome !== 'created') return '';
  return isRequested ? 'set by this step' : 'set by OpenRouter';
}

function governanceRemark({ from }: Change, { dryRun }: CreateRequest): Cell {
  if (from === null) return dryRun ? 'would be set' : 'set by this step';
  return { code: `${dryRun ? 'is' : 'was'} ${textOf(from)}` };
}

function row(field: string, value: unknown, remark: Cell): Cell[] {
  return [{ code: field }, { code: textOf(value) }, remark];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
