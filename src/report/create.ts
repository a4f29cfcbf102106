import {
  dashboardUrl,
  WORKSPACE_FIELDS,
  type Workspace,
  type WorkspaceField,
} from '../openrouter/resources/workspaces.ts';
import type { CreateRequest, CreateResult } from '../operations/create/request.ts';
import type { Change } from '../operations/shared/diff.ts';
import type { Summary } from './summary.ts';
import type { Cell } from './table.ts';

/** Outputs by name. */
export type Outputs = Readonly<Record<string, string>>;

/** The outputs that say which workspace it is. */
export function identity(workspace: Workspace, created: boolean): Outputs {
  const { id, slug, name } = workspace;
  return { id, slug, name, url: dashboardUrl(slug), created: String(created) };
}

/** The outputs that say how it ended; in a dry run without a workspace, all that is known. */
export function outcomeOf({ outcome, workspace }: CreateResult, { asked }: CreateRequest): Outputs {
  if (workspace) return { outcome, workspace: JSON.stringify(workspace) };
  const { slug, name } = asked;
  return { slug, name, url: dashboardUrl(slug), created: 'false', outcome };
}

const TITLES: Readonly<Record<CreateResult['outcome'], string>> = {
  created: '✅ Created the OpenRouter workspace',
  updated: '✅ Updated the OpenRouter workspace',
  unchanged: '✅ Left as it is: the OpenRouter workspace',
  'would-create': '🔎 Dry run: would create the OpenRouter workspace',
  'would-update': '🔎 Dry run: would update the OpenRouter workspace',
};

const WOULD_LEAVE = '🔎 Dry run: would leave as it is: the OpenRouter workspace';

/** The summary of a step that ended well. */
export function summaryOf(result: CreateResult, request: CreateRequest): Summary {
  const { outcome, workspace } = result;
  const { asked, dryRun } = request;
  const shown: Readonly<Record<string, unknown>> = workspace ?? asked;
  const fields = WORKSPACE_FIELDS.filter((field) => shown[field] !== undefined);
  return {
    title: `${dryRun && outcome === 'unchanged' ? WOULD_LEAVE : TITLES[outcome]} ${shown['name']}`,
    ...(workspace && { url: dashboardUrl(workspace.slug) }),
    table: {
      header: ['Field', 'Value', 'Remark'],
      rows: [
        ...(workspace ? [row('id', workspace.id, '')] : []),
        ...fields.map((field) => row(field, shown[field], remarkOn(field, result, request))),
        ...result.governed.map((change) =>
          row(change.field, change.to, remarkOnChange(change, request)),
        ),
      ],
    },
  };
}

function remarkOn(field: WorkspaceField, result: CreateResult, request: CreateRequest): Cell {
  const change = result.changes.find((candidate) => candidate.field === field);
  if (change && request.dryRun) return { code: `would be ${textOf(change.to)}` };
  if (change) return { code: `was ${textOf(change.from)}` };
  const isAsked = request.asked[field] !== undefined;
  if (result.outcome === 'would-create') return isAsked ? 'would be set' : '';
  if (result.outcome !== 'created') return '';
  return isAsked ? 'set by this step' : 'set by OpenRouter';
}

function remarkOnChange({ from }: Change, { dryRun }: CreateRequest): Cell {
  if (from === null) return dryRun ? 'would be set' : 'set by this step';
  return { code: `${dryRun ? 'is' : 'was'} ${textOf(from)}` };
}

function row(field: string, value: unknown, remark: Cell): Cell[] {
  return [{ code: field }, { code: textOf(value) }, remark];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
