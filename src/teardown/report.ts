import { countWorkspaces, formatAge, sortedBy } from '../lib/format.ts';
import type { Table } from '../lib/table.ts';
import { formatSpent, formatSum, totalRow } from '../report/key-table.ts';
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

/** The summary of a step that succeeded. */
export function sweepSummary(
  result: SweepResult,
  { dryRun, deleteKeys }: { dryRun: boolean; deleteKeys: boolean },
): Summary {
  const { deleted, staleCount } = result;
  return {
    title:
      staleCount === 0
        ? '✅ Nothing to delete'
        : dryRun
          ? `🔎 Dry run: would delete ${countWorkspaces(staleCount)}`
          : `✅ Deleted ${countWorkspaces(deleted.length)}`,
    paragraphs: dryRun && !deleteKeys && staleCount > 0 ? [KEYS_NOT_CHECKED] : [],
    ...sweepTables(result),
  };
}

interface SweepTables extends Pick<Summary, 'table' | 'folded'> {
  /** What the outputs lack. */
  notes: readonly string[];
}

/** The tables of the workspaces that a sweep found: those that are kept are folded. */
export function sweepTables(result: SweepResult): SweepTables {
  const { kept, keptCount } = result;
  const found = { table: staleTable(result), notes: describeOmitted(sweepOutputs(result)) };
  if (keptCount === 0) return found;
  const rows = sorted(kept).map(({ slug, reason }) => [{ code: slug }, reason]);
  const table = { header: ['Workspace', 'Reason'], rows, more: keptCount - kept.length };
  return {
    ...found,
    folded: [{ title: `Kept: ${countWorkspaces(keptCount)}`, table }],
  };
}

/** A table of the other workspaces, with the outcome for each: failures first. */
function staleTable(result: SweepResult): Table | undefined {
  const { failed, deleted, alreadyDeleted, wouldDelete, tooMany, staleCount } = result;
  const rowsOf = (entries: readonly SweepEntry[], outcome: string) =>
    entries.map((entry) => ({ ...entry, outcome }));
  const others = [
    ...rowsOf(deleted, 'deleted'),
    ...rowsOf(alreadyDeleted, 'already deleted by another job'),
    ...rowsOf(wouldDelete, 'would be deleted'),
    ...rowsOf(tooMany, 'not deleted'),
  ];
  const found = [
    ...sorted(failed).map((entry) => ({ ...entry, outcome: `❌ ${entry.reason}` })),
    ...sorted(others),
  ];
  const spent = found.flatMap(({ keysSpent = [] }) => keysSpent);
  const isLowerBound = found.some((entry) => entry.isLowerBound);
  // The age decides nothing in a clean-up of previews. What a sweep deletes has one.
  const ageColumn = (cell: string) => (found[0]?.age === undefined ? [] : [cell]);
  // A preview keeps all its keys until its end. Another workspace may have had others.
  const [numbers = 'Keys spent'] = ageColumn('Spent by the keys it still had');
  const spentColumn = <Shown>(cell: Shown) => (spent.length > 0 ? [cell] : []);
  if (found.length === 0) return undefined;
  return {
    header: ['Workspace', ...ageColumn('Age'), 'Outcome', ...spentColumn({ numbers })],
    rows: found.map(({ slug, age, outcome, ...entry }) => [
      { code: slug },
      ...ageColumn(formatAge(age ?? 0)),
      outcome,
      ...spentColumn(spentCell(entry)),
    ]),
    total: totalRow(['Total', ...ageColumn(''), ''], spent, { isLowerBound }),
    // The list of those that are too many is limited.
    more: tooMany.length > 0 ? staleCount - tooMany.length : 0,
  };
}

function spentCell({
  keysSpent,
  isLowerBound = false,
}: Pick<SweepEntry, 'keysSpent' | 'isLowerBound'>): string {
  if (keysSpent === undefined) return '';
  return keysSpent === null ? formatSpent(null) : formatSum([keysSpent], { isLowerBound });
}

function sorted<Entry extends SweepEntry>(entries: readonly Entry[]): Entry[] {
  return sortedBy(entries, ({ slug }) => slug);
}
