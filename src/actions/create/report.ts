import { countChanges, countOf } from '../../lib/format.ts';
import type { Table } from '../../lib/table.ts';
import {
  dashboardUrl,
  type Workspace,
  type WorkspaceRef,
} from '../../openrouter/resources/workspaces.ts';
import type { SeenKey } from '../../openrouter/settlement.ts';
import {
  type BoundedJson,
  describeOmitted,
  MAX_VALUE_BYTES,
  type Outputs,
} from '../../report/outputs.ts';
import type { Summary } from '../../report/summary.ts';
import { foldedKeys } from '../../shared/key-table.ts';
import { diffReturned, inputsNotApplied } from './diff.ts';
import { limitsUnknown, TO_APPLY } from './failures.ts';
import { type CreateRequest, type CreateResult, isNew, isReused } from './request.ts';
import { changeLines, settingLines } from './setting-lines.ts';

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
  if (workspace) return { outcome, workspace: workspaceToJson(workspace) };
  return { slug, name, url: dashboardUrl(slug), created: 'false', outcome };
}

/** A workspace as JSON. If that is too large, only what identifies it. */
function workspaceToJson(workspace: Workspace): BoundedJson {
  const { id, slug, name } = workspace;
  const total = Object.keys(workspace).length;
  const json = JSON.stringify(workspace);
  const fits = Buffer.byteLength(json) < MAX_VALUE_BYTES;
  return fits
    ? { json, shown: total, total, items: 'fields' }
    : { json: JSON.stringify({ id, slug, name }), shown: 3, total, items: 'fields' };
}

const VERBS: Readonly<Record<CreateResult['outcome'], string>> = {
  created: 'Created',
  updated: 'Updated',
  unchanged: 'Unchanged:',
  'would-create': 'Dry run: would create',
  'would-update': 'Dry run: would update',
};

/** The summary of a step that succeeded. */
export function createSummary(result: CreateResult, request: CreateRequest): Summary {
  const { outcome, workspace } = result;
  const { name, slug } = workspace ?? request.desired;
  const { remedy, ...shown } = describeResult(result, request);
  return {
    title: shown.titleFor(`OpenRouter workspace ${JSON.stringify(name)}`),
    url: workspace && dashboardUrl(slug),
    paragraphs: [
      ...remedy,
      ['Slug: ', { code: slug }, ...(workspace ? [', id: ', { code: workspace.id }] : [])],
      ...(request.deleteAfterJob && outcome === 'created'
        ? ['The workspace is deleted after the job.']
        : []),
    ],
    table: shown.table,
    notes: shown.notes,
  };
}

interface ResultText extends Pick<Summary, 'table' | 'notes'> {
  /** Returns the title for what was created: `OpenRouter workspace "Web"`. */
  titleFor(thing: string): string;
  /** What to do about inputs that were not applied. */
  remedy: readonly string[];
  /** Whether some were not. */
  isWarning: boolean;
}

/** What summaries say of a workspace that was created, reused or updated. */
export function describeResult(result: CreateResult, request: CreateRequest): ResultText {
  const lines = settingLines(result, request);
  const notApplied = notAppliedBy(result, request);
  const title = `${iconOf(request, notApplied)} ${verbOf(result, request)} the`;
  const count = countOfInputs(result, { lines, notApplied });
  return {
    titleFor: (thing) => `${title} ${thing}${count}`,
    remedy: remedyOf(result, request, notApplied),
    isWarning: notApplied.length > 0,
    table: tableOf(result, request, { lines, notApplied }),
    notes: describeOmitted(outcomeOutputs(result, request)),
  };
}

function iconOf({ dryRun }: CreateRequest, notApplied: readonly string[]): string {
  if (notApplied.length > 0) return '⚠️';
  return dryRun ? '🔎' : '✅';
}

function verbOf(result: CreateResult, request: CreateRequest): string {
  const { dryRun } = request;
  if (isReused(result, request)) return dryRun ? 'Dry run: would reuse' : 'Reused';
  if (dryRun && result.outcome === 'unchanged') return 'Dry run: would not change';
  return VERBS[result.outcome];
}

/** What a summary shows of the inputs: the lines of those that were set, and the names of those that were not applied. */
interface ShownInputs {
  lines: readonly string[];
  notApplied: readonly string[];
}

function countOfInputs(result: CreateResult, { lines, notApplied }: ShownInputs): string {
  if (notApplied.length > 0) return `: ${countOf(notApplied.length, 'input')} not applied`;
  return isNew(result) || lines.length === 0 ? '' : `: ${countChanges(lines.length)}`;
}

function tableOf(
  result: CreateResult,
  request: CreateRequest,
  { lines, notApplied }: ShownInputs,
): Table | undefined {
  const { workspace } = result;
  if (!workspace || !isReused(result, request)) {
    return tableOfLines(isNew(result) ? 'Inputs' : 'Changes', lines);
  }
  if (notApplied.length === 0) return undefined;
  // Guardrail, budgets and members are not compared.
  const fields = changeLines(diffReturned(workspace, request.desired));
  return tableOfLines('Not applied', [...fields, ...request.governanceInputs]);
}

function tableOfLines(heading: string, lines: readonly string[]): Table | undefined {
  if (lines.length === 0) return undefined;
  return { header: [heading], rows: lines.map((line) => [{ code: line }]) };
}

/** The summary of a post step that has deleted the workspace, and `keys` before that. */
export function afterJobSummary({ slug }: WorkspaceRef, keys: readonly SeenKey[]): Summary {
  return {
    title: `✅ Deleted the OpenRouter workspace "${slug}" (delete-after-job)`,
    folded: foldedKeys('API keys deleted by this step', keys),
  };
}

/** The inputs that were not applied although the step succeeded. */
function notAppliedBy(result: CreateResult, request: CreateRequest): string[] {
  const { workspace } = result;
  const reused = isReused(result, request);
  if (!workspace || (request.dryRun && !reused) || request.supersededBy) return [];
  return inputsNotApplied(workspace, reused ? request : { ...request, governanceInputs: [] });
}

function remedyOf(
  result: CreateResult,
  request: CreateRequest,
  notApplied: readonly string[],
): string[] {
  if (notApplied.length === 0) return [];
  return isReused(result, request)
    ? [...limitsUnknown(notApplied), TO_APPLY]
    : [`OpenRouter returned other values than requested: ${notApplied.join(', ')}.`];
}
