import type { SettingChange } from '../../governance/governance.ts';
import { inputOf } from '../../governance/inputs.ts';
import { formatChange } from '../../lib/format.ts';
import { type CreateRequest, type CreateResult, isNew } from './request.ts';

/**
 * What a step sets or changes, or would, in the words of its author: `budget-daily-usd: 1 → 2`. The log and the summary
 * have the same lines.
 */
export function settingLines(
  result: CreateResult,
  { desired, governanceInputs }: CreateRequest,
): string[] {
  const { workspace, changes, governanceChanges } = result;
  if (!isNew(result)) return changeLines([...changes, ...governanceChanges], governanceInputs);
  const { name: _name, slug: _slug, ...fields } = desired;
  const values: Readonly<Record<string, unknown>> = { ...fields, ...workspace };
  const settings = [
    ...Object.keys(fields).map((field) => ({ kind: 'field', field, to: values[field] }) as const),
    ...governanceChanges,
  ];
  return changeLines(
    settings.map((setting) => ({ ...setting, from: undefined })),
    governanceInputs,
  );
}

/**
 * A line for each change, by the input that sets it.
 * @param governanceInputs the inputs for guardrail, budgets and members that the author wrote
 */
export function changeLines(
  changes: readonly SettingChange[],
  governanceInputs: readonly string[] = [],
): string[] {
  const lines = changes.map(({ from, to, ...setting }) =>
    formatChange({ field: inputOf(setting, governanceInputs), from, to }),
  );
  // The input enforce-zdr sets a field for each company.
  return [...new Set(lines)];
}
