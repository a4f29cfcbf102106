import { countWorkspaces, formatAge, sortedBy } from '../lib/format.ts';
import type { Table } from '../lib/table.ts';
import { spentFormat, totalRow } from '../report/key-table.ts';
import { type BoundedJson, describeOmitted, type Outputs, toJsonList } from '../report/outputs.ts';
import type { Summary } from '../report/summary.ts';
import {
  failuresIn,
  KEYS_NOT_CHECKED,
  meaningOf,
  type SweepOutcome,
  type SweepResult,
  type SweptWorkspace,
  TOO_MANY,
  withOutcome,
} from './sweep-result.ts';

/** The outputs for the result of the step. Long lists are cut. */
export function sweepOutputs(result: SweepResult): Outputs {
  const deleted = withOutcome(result, 'deleted');
  return {
    deleted: toJson(deleted),
    'would-delete': toJson(withOutcome(result, 'would-delete')),
    kept: toJson(withOutcome(result, 'too-many', 'kept', 'reopened')),
    failed: toJson(failuresIn(result)),
    count: String(deleted.length),
  };
}

function toJson(entries: readonly SweptWorkspace[]): BoundedJson {
  return toJsonList(
    entries.map(({ id, slug, created_at, outcome, reason }) => {
      return { id, slug, created_at, reason: outcome === 'too-many' ? TOO_MANY : reason };
    }),
    'workspaces',
  );
}

/** The summary of a step that succeeded. */
export function sweepSummary(
  result: SweepResult,
  { deleteKeys }: { deleteKeys: boolean },
): Summary {
  const meaning = meaningOf(result);
  const count = (outcome: SweepOutcome) => countWorkspaces(withOutcome(result, outcome).length);
  return {
    title:
      meaning === 'nothing-stale'
        ? '✅ Nothing to delete'
        : meaning === 'would-delete'
          ? `🔎 Dry run: would delete ${count('would-delete')}`
          : `✅ Deleted ${count('deleted')}`,
    paragraphs: meaning === 'would-delete' && !deleteKeys ? [KEYS_NOT_CHECKED] : [],
    ...sweepTables(result),
  };
}

interface SweepTables extends Pick<Summary, 'table' | 'folded'> {
  /** What the outputs lack. */
  notes: readonly string[];
}

/** The tables of the workspaces that a sweep found: those that are kept are folded. */
export function sweepTables(result: SweepResult): SweepTables {
  const kept = withOutcome(result, 'kept', 'reopened');
  const found = { table: staleTable(result), notes: describeOmitted(sweepOutputs(result)) };
  if (kept.length === 0) return found;
  const rows = sorted(kept).map(({ slug, reason }) => [{ code: slug }, reason]);
  const table = { header: ['Workspace', 'Reason'], rows };
  return {
    ...found,
    folded: [{ title: `Kept: ${countWorkspaces(kept.length)}`, table }],
  };
}

/** The outcomes that the table shows after the failures. */
const SHOWN_OUTCOMES = [
  ['deleted', 'deleted'],
  ['already-deleted', 'already deleted by another job'],
  ['would-delete', 'would be deleted'],
  ['too-many', 'not deleted'],
] as const;

/** A table of the other workspaces, with the outcome for each: failures first. */
function staleTable(result: SweepResult): Table | undefined {
  const others = SHOWN_OUTCOMES.flatMap(([outcome, shown]) =>
    withOutcome(result, outcome).map((entry) => ({ ...entry, shown })),
  );
  const found = [
    ...sorted(failuresIn(result)).map((entry) => ({ ...entry, shown: `❌ ${entry.reason}` })),
    ...sorted(others),
  ];
  const spent = found.flatMap(({ keysSpent = [] }) => keysSpent);
  const format = spentFormat(spent);
  const isLowerBound = found.some((entry) => entry.isLowerBound);
  // The age decides nothing in a clean-up of previews. What a sweep deletes has one.
  const ageColumn = (cell: string) => (found[0]?.age === undefined ? [] : [cell]);
  // A preview keeps all its keys until its end. Another workspace may have had others.
  const [numbers = 'Keys spent'] = ageColumn('Spent by the keys it still had');
  const spentColumn = <Shown>(cell: Shown) => (spent.length > 0 ? [cell] : []);
  if (found.length === 0) return undefined;
  return {
    header: ['Workspace', ...ageColumn('Age'), 'Outcome', ...spentColumn({ numbers })],
    rows: found.map(({ slug, age, shown, ...entry }) => [
      { code: slug },
      ...ageColumn(formatAge(age ?? 0)),
      shown,
      ...spentColumn(entry.keysSpent === undefined ? '' : format(entry.keysSpent, entry)),
    ]),
    total: totalRow(['Total', ...ageColumn(''), ''], spent, { isLowerBound }),
  };
}

function sorted<Entry extends SweptWorkspace>(entries: readonly Entry[]): Entry[] {
  return sortedBy(entries, ({ slug }) => slug);
}
