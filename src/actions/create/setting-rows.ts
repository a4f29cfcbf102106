import {
  desiredSettings,
  type Setting,
  type SettingChange,
  type SettingValue,
  settingsOf,
} from '../../governance/governance.ts';
import { inputOf } from '../../governance/inputs.ts';
import { formatExactUsd } from '../../lib/format-usd.ts';
import type { Cell } from '../../lib/table.ts';
import { WORKSPACE_FIELDS, type Workspace } from '../../openrouter/resources/workspaces.ts';
import { diffReturned } from './diff.ts';
import { type CreateRequest, type CreateResult, isNew, isReused } from './request.ts';

/** An input, with what it sets before and after the step. */
export interface SettingRow {
  input: Cell;
  before: Cell;
  after: Cell;
  /** From before to after. Of a list, what was added and removed. */
  change: Cell;
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
  const known = [...own, ...governed]
    .filter(({ value }) => value !== undefined)
    .map(
      ({ value, ...setting }): SettingChange =>
        findSetting(changes, setting) ?? { ...setting, from: value, to: value },
    );
  return groupByInput(known, governanceInputs).map(([input, group]) => {
    const isSet = group.some((change) => findSetting(set, change));
    const cells = {
      before: cellOf(
        group.map(({ from, ...setting }) => ({ ...setting, value: from })),
        { isSet: false },
      ),
      after: cellOf(
        group.map(({ to, ...setting }) => ({ ...setting, value: to })),
        { isSet },
      ),
    };
    return { input: { code: input }, ...cells, change: changeCell(group, cells), isSet };
  });
}

const LIMIT = 'guardrail-limit-usd';
const LIMIT_RESET = 'guardrail-limit-reset';

/**
 * The rows of the inputs that a step does not apply to a workspace that it uses as it is: the input, what it wants,
 * and what `workspace` has.
 */
export function notAppliedRows(
  workspace: Workspace,
  { desired, governance, governanceInputs }: CreateRequest,
): Cell[][] {
  const show = (value: unknown, setting: Setting) =>
    cellOf([{ ...setting, value }], { isSet: false });
  const fields = diffReturned(workspace, desired).map(({ from, to, ...setting }): Cell[] => [
    { code: inputOf(setting, governanceInputs) },
    show(to, setting),
    show(from, setting),
  ]);
  const governed = desiredSettings(governance).filter(({ value }) => value !== undefined);
  return [
    ...fields,
    ...groupByInput(governed, governanceInputs).map(([input, group]): Cell[] => [
      // The interval of the amount is an input, too.
      {
        code:
          input === LIMIT && governanceInputs.includes(LIMIT_RESET)
            ? `${LIMIT} ${LIMIT_RESET}`
            : input,
      },
      cellOf(group, { isSet: false }),
      'unknown',
    ]),
  ];
}

/** What changes, by the values before and after it. */
function changeCell(
  [change, other]: readonly SettingChange[],
  { before, after }: Pick<SettingRow, 'before' | 'after'>,
): Cell {
  // Only what is missing is added.
  if (change?.kind === 'new') return after;
  const [from, to] = [change?.from, change?.to];
  if (other || !isFilled(from) || !isFilled(to)) return [before, ' → ', after];
  const missingIn = (list: readonly unknown[]) => {
    const texts = new Set(list.map(textOf));
    return (entry: unknown) => !texts.has(textOf(entry));
  };
  const parts = [
    { sign: '+ ', entries: to.filter(missingIn(from)) },
    { sign: '− ', entries: from.filter(missingIn(to)) },
  ].filter(({ entries }) => entries.length > 0);
  if (parts.length === 0) return [before, ' → ', after];
  return parts.flatMap(({ sign, entries }, at) => [
    `${at > 0 ? '\n' : ''}${sign}`,
    valueCell(entries),
  ]);
}

/** An empty list restricts nothing, as null does: what it has more or less says little. */
function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

/** `settings` by the inputs that set them. No group is empty. */
function groupByInput<Kind extends Setting>(
  settings: readonly Kind[],
  governanceInputs: readonly string[],
): [input: string, group: Kind[]][] {
  const groups = new Map<string, Kind[]>();
  for (const setting of settings) {
    const input = inputOf(setting, governanceInputs);
    groups.set(input, [...(groups.get(input) ?? []), setting]);
  }
  return [...groups];
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
  if (typeof value === 'bigint') {
    return kind === 'budget'
      ? `${formatExactUsd(value)} ${field}, for the whole workspace`
      : `${formatExactUsd(value)} ${other?.value ?? 'in total'}, for each key and member`;
  }
  // Else, only enforce-zdr sets several fields: one for each company.
  if (field !== 'limit_usd' && settings.some((setting) => setting.value !== value)) {
    return 'not for all companies';
  }
  if (kind === 'new' && Array.isArray(value)) return `${value.length}${isSet ? ' added' : ''}`;
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
