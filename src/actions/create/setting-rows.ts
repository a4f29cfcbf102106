import { desiredFields } from '../../governance/governance.ts';
import { inputOf } from '../../governance/inputs.ts';
import type { Change } from '../../lib/format.ts';
import type { Cell } from '../../lib/table.ts';
import { formatExactUsd, toUsd } from '../../lib/usd.ts';
import { WORKSPACE_FIELDS } from '../../openrouter/resources/workspaces.ts';
import { type CreateRequest, type CreateResult, isNew, isReused } from './request.ts';

/** An input, with what it sets before and after the step. */
export interface SettingRow {
  input: Cell;
  before: Cell;
  after: Cell;
  /** Whether the step has set or changed it, or would. */
  isSet: boolean;
}

/**
 * Lists what is known of the workspace and its guardrail, budgets and members, by the inputs that set it.
 * A name that does not change is not in it, and no slug.
 */
export function settingRows(result: CreateResult, request: CreateRequest): SettingRow[] {
  const { desired, governance, governanceInputs } = request;
  const values: Readonly<Record<string, unknown>> = result.workspace ?? desired;
  const governed = desiredFields(isReused(result, request) ? {} : governance);
  const changes = new Map(
    [...result.changes, ...result.governanceChanges].map((change) => [change.field, change]),
  );
  const set = isNew(result) ? new Map([...Object.entries(desired), ...governed]) : changes;
  const groups = new Map<string, Change[]>();
  const fields = WORKSPACE_FIELDS.filter(
    (field) => (field !== 'name' && field !== 'slug') || changes.has(field),
  );
  for (const [field, value] of [
    ...['id', ...fields].map((field) => [field, values[field]] as const),
    ...governed,
  ]) {
    if (value === undefined) continue;
    const input = inputOf(field, governanceInputs);
    const change = changes.get(field) ?? { field, from: value, to: value };
    groups.set(input, [...(groups.get(input) ?? []), change]);
  }
  return [...groups].map(([input, all]) => {
    const isSet = all.some(({ field }) => set.has(field));
    const from = all.map((change) => change.from);
    const to = all.map((change) => change.to);
    return {
      input: { code: input },
      before: cellOf(input, from),
      after: cellOf(input, to, isSet),
      isSet,
    };
  });
}

/** The values of the fields that an input sets, as one. */
function cellOf(input: string, values: readonly unknown[], isSet = false): Cell {
  const [value, reset] = values;
  const amount = input.endsWith('-usd') ? toUsd(value) : undefined;
  if (amount !== undefined) {
    const [kind, interval] = input.split('-');
    return kind === 'budget'
      ? `${formatExactUsd(amount)} ${interval}, for the whole workspace`
      : `${formatExactUsd(amount)} ${reset ?? 'in total'}, for each key and member`;
  }
  if (input === 'enforce-zdr' && new Set(values).size > 1) return 'not for all companies';
  if (input === 'members' && Array.isArray(value)) return `${value.length}${isSet ? ' added' : ''}`;
  if (value === null || value === '') return isSet ? 'cleared' : '–';
  return valueCell(value);
}

/** The most entries of a list that are shown. */
const MAX_ENTRIES = 10;

function valueCell(value: unknown): Cell {
  // In a text, URLs are links.
  if (typeof value === 'string' && value.includes('://')) return value;
  if (!Array.isArray(value) || value.length === 0) return { code: textOf(value) };
  const rest = value.length - MAX_ENTRIES;
  const shown = { code: value.slice(0, MAX_ENTRIES).map(textOf).join(', ') };
  return rest > 0 ? [shown, ` and ${rest} more`] : shown;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
