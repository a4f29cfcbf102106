import { countChanges } from '../../lib/format.ts';
import type { Table } from '../../lib/table.ts';
import { dashboardUrl, type Workspace } from '../../openrouter/resources/workspaces.ts';
import {
  type BoundedJson,
  describeOmitted,
  MAX_VALUE_BYTES,
  type Outputs,
} from '../../report/outputs.ts';
import type { Summary } from '../../report/summary.ts';
import { inputsNotApplied } from './diff.ts';
import { governanceNotApplied } from './failures.ts';
import { type CreateRequest, type CreateResult, isNew, isReused } from './request.ts';
import { type SettingRow, settingRows } from './setting-rows.ts';

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
  created: 'Created',
  updated: 'Updated',
  unchanged: 'Unchanged:',
  'would-create': 'Dry run: would create',
  'would-update': 'Dry run: would update',
};

const DRY_RUN_UNCHANGED = 'Dry run: would not change';

/** The summary of a step that succeeded. */
export function createSummary(result: CreateResult, request: CreateRequest): Summary {
  const { outcome, workspace } = result;
  const { desired, dryRun } = request;
  const { name, slug } = workspace ?? desired;
  const rows = settingRows(result, request);
  const set = rows.filter(({ isSet }) => isSet);
  const others = rows.filter(({ isSet }) => !isSet);
  const problems = problemsOf(result, request);
  const icon = problems.length > 0 ? '⚠️' : dryRun ? '🔎' : '✅';
  const verb = dryRun && outcome === 'unchanged' ? DRY_RUN_UNCHANGED : TITLES[outcome];
  const count = isNew(result) || set.length === 0 ? '' : `: ${countChanges(set.length)}`;
  return {
    title: `${icon} ${verb} the OpenRouter workspace ${name}${count}`,
    paragraphs: [
      ...problems,
      ['Slug: ', { code: slug }],
      ...(request.deleteAfterJob && outcome === 'created'
        ? ['The workspace is deleted after the job.']
        : []),
    ],
    ...(set.length > 0 && { table: isNew(result) ? valuesTable('Input', set) : changesTable(set) }),
    ...(workspace && {
      url: dashboardUrl(slug),
      folded: [
        {
          title: isNew(result) ? 'Set by OpenRouter' : 'Unchanged',
          table: valuesTable('Field', others),
        },
      ],
    }),
    notes: describeOmitted(outcomeOutputs(result, request)),
  };
}

/** @param what the heading of the names: no input sets the id */
function valuesTable(what: string, rows: readonly SettingRow[]): Table {
  return { header: [what, 'Value'], rows: rows.map(({ input, after }) => [input, after]) };
}

function changesTable(rows: readonly SettingRow[]): Table {
  return {
    header: ['Input', 'Before', 'After'],
    rows: rows.map(({ input, before, after }) => [input, before, after]),
  };
}

/** What is wrong although the step succeeded. */
function problemsOf(result: CreateResult, request: CreateRequest): string[] {
  const { workspace } = result;
  const { dryRun } = request;
  const reused = isReused(result, request);
  if (!workspace || (dryRun && !reused) || request.supersededBy) return [];
  const inputs = inputsNotApplied(
    workspace,
    reused ? request : { ...request, governanceInputs: [] },
  );
  if (inputs.length === 0) return [];
  return [
    reused
      ? `⚠️ ${governanceNotApplied.describe({ workspace, inputs, dryRun, creatorUnknown: false }).lines.join(' ')}`
      : `⚠️ OpenRouter returned other values than requested: ${inputs.join(', ')}.`,
  ];
}
