import { countWorkspaces, formatAge } from '../lib/format.ts';
import type { Table } from '../lib/table.ts';
import { sumUsd } from '../lib/usd.ts';
import { formatSpent, spentHeader } from '../report/key-table.ts';
import { type BoundedJson, describeOmitted, type Outputs, toJsonList } from '../report/outputs.ts';
import type { Summary } from '../report/summary.ts';
import { KEYS_NOT_CHECKED, type SweepEntry, type SweepResult } from './sweep-result.ts';

/** The outputs for the result of the step. Long lists are cut. */
export function sweepOutputs(result: SweepResult): Outputs {
  const { deleted, wouldDelete, tooMany, kept, failed, staleCount, keptCount } = result;
  return {
    deleted: toJson(deleted),
    'would-delete': toJson(wouldDelete),
    // The lists of the result are limited, too.
    kept: {
      ...toJson([...tooMany, ...kept]),
      total: keptCount + (tooMany.length > 0 ? staleCount : 0),
    },
    failed: toJson(failed),
    count: String(deleted.length),
  };
}

function toJson(entries: readonly SweepEntry[]): BoundedJson {
  return toJsonList(
    entries.map(({ id, slug, created_at, reason }) => ({ id, slug, created_at, reason })),
    'workspaces',
  );
}

/** What the outputs lack, for the summary of any sweep. */
export function sweepNotes(result: SweepResult): string[] {
  return describeOmitted(sweepOutputs(result));
}

/** The summary of a step that succeeded. */
export function sweepSummary(
  result: SweepResult,
  { dryRun, deleteKeys }: { dryRun: boolean; deleteKeys: boolean },
): Summary {
  const { deleted, staleCount, keptCount } = result;
  return {
    title: dryRun
      ? `🔎 Dry run: would delete ${countWorkspaces(staleCount)}`
      : `✅ Deleted ${countWorkspaces(deleted.length)}`,
    paragraphs: [
      `Kept, although the slug matches slug-pattern: ${countWorkspaces(keptCount)}.`,
      ...(dryRun && !deleteKeys && staleCount > 0 ? [KEYS_NOT_CHECKED] : []),
    ],
    table: sweepTable(result),
    notes: sweepNotes(result),
  };
}

/** A table of the workspaces that a sweep found, with the outcome for each; undefined if it found none. */
export function sweepTable(result: SweepResult): Table | undefined {
  const { failed, deleted, alreadyDeleted, wouldDelete, tooMany, kept } = result;
  const spent = [...deleted, ...alreadyDeleted, ...failed].flatMap(
    ({ keysSpent = [] }) => keysSpent,
  );
  const hasSpent = spent.length > 0;
  const found = [failed, deleted, alreadyDeleted, wouldDelete, tooMany, kept].flat();
  // The age decides nothing in a clean-up of previews.
  const hasAge = found.some(({ age }) => age !== undefined);
  const total = spent.every((amount) => amount !== null) ? sumUsd(spent) : null;
  const rows = (entries: readonly SweepEntry[], outcome: (reason: string) => string) =>
    entries.map(({ slug, age, keysSpent, reason }) => [
      { code: slug },
      ...(hasAge ? [age === undefined ? 'unknown' : formatAge(age)] : []),
      outcome(reason),
      ...(hasSpent ? [keysSpent === undefined ? '' : formatSpent(keysSpent)] : []),
    ]);
  const keptBecause = (reason: string) => `kept: ${reason}`;
  if (found.length === 0) return undefined;
  return {
    header: [
      'Workspace',
      ...(hasAge ? ['Age'] : []),
      'Outcome',
      ...(hasSpent ? [spentHeader(total)] : []),
    ],
    rows: [
      ...rows(failed, (reason) => `❌ could not be deleted: ${reason}`),
      ...rows(deleted, () => 'deleted'),
      ...rows(alreadyDeleted, () => 'already deleted by another job'),
      ...rows(wouldDelete, () => 'would be deleted'),
      ...rows(tooMany, keptBecause),
      ...rows(kept, keptBecause),
    ],
    more: Math.max(0, result.staleCount + result.keptCount - found.length),
  };
}
