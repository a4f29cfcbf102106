import { desiredSettings, type SettingValue, settingsOf } from '../../governance/governance.ts';
import { inputOf } from '../../governance/inputs.ts';
import type { Change, Setting } from '../../lib/format.ts';
import { formatExactUsd } from '../../lib/format-usd.ts';
import type { Cell } from '../../lib/table.ts';
import { toUsd } from '../../lib/usd.ts';
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
  const governed = desiredSettings(isReused(result, request) ? {} : governance);
  const changes = [...result.changes, ...result.governanceChanges];
  const set: readonly Setting[] = isNew(result)
    ? [...settingsOf('field', desired), ...governed]
    : changes;
  const own = ['id', ...WORKSPACE_FIELDS]
    .map((field): SettingValue => ({ kind: 'field', field, value: values[field] }))
    .filter((one) => !['name', 'slug'].includes(one.field) || findSetting(changes, one));
  const groups = new Map<string, Change[]>();
  for (const { value, ...setting } of [...own, ...governed]) {
    if (value === undefined) continue;
    const input = inputOf(setting, governanceInputs);
    const change = findSetting(changes, setting) ?? { ...setting, from: value, to: value };
    groups.set(input, [...(groups.get(input) ?? []), change]);
  }
  return [...groups].map(([input, group]) => {
    const isSet = group.some((change) => findSetting(set, change));
    const before = group.map(({ from, ...setting }) => ({ ...setting, value: from }));
    const after = group.map(({ to, ...setting }) => ({ ...setting, value: to }));
    return {
      input: { code: input },
      before: cellOf(before, { isSet: false }),
      after: cellOf(after, { isSet }),
      isSet,
    };
  });
}

function findSetting<Found extends Setting>(
  settings: readonly Found[],
  { kind, field }: Setting,
): Found | undefined {
  return settings.find((setting) => setting.kind === kind && setting.field === field);
}

/** The values that one input sets, as one. */
function cellOf(settings: readonly SettingValue[], { isSet }: { isSet: boolean }): Cell {
  const [{ kind, field, value }, other] = settings as readonly [SettingValue, ...SettingValue[]];
  const isLimit = kind === 'budget' || (kind === 'guardrail' && field === 'limit_usd');
  const amount = isLimit ? toUsd(value) : undefined;
  if (amount !== undefined) {
    return kind === 'budget'
      ? `${formatExactUsd(amount)} ${field}, for the whole workspace`
      : `${formatExactUsd(amount)} ${other?.value ?? 'in total'}, for each key and member`;
  }
  // Else, only enforce-zdr sets several fields: one for each company.
  if (!isLimit && settings.some((setting) => setting.value !== value)) {
    return 'not for all companies';
  }
  if (kind === 'member' && Array.isArray(value)) return `${value.length}${isSet ? ' added' : ''}`;
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
