import { countWorkspaces, formatAge } from '../lib/format.ts';
import { sumUsd } from '../lib/usd.ts';
import type { SweepEntry, SweepResult } from '../operations/shared/sweep-result.ts';
import type { SweepRequest } from '../operations/teardown/sweep.ts';
import type { Outputs } from './create.ts';
import { formatSpent, spentHeader } from './delete.ts';
import type { Summary, Table } from './summary.ts';
import { toJsonList } from './text.ts';

/** The outputs for the result of the step. Long lists are cut. */
export function sweepOutputs(result: SweepResult): Outputs {
  const { deleted, wouldDelete, skipped, retained, failed } = result;
  return {
    deleted: toJson(deleted),
    'would-delete': toJson(wouldDelete),
    kept: toJson([...skipped, ...retained]),
    failed: toJson(failed),
    count: String(deleted.length),
  };
}

function toJson(entries: readonly SweepEntry[]): string {
  const toEntry = ({ id, slug, created_at, reason }: SweepEntry) => ({
    id,
    slug,
    created_at,
    reason,
  });
  return toJsonList(entries, toEntry).json;
}

/** The summary of a step that succeeded. */
export function sweepSummary(result: SweepResult, { dryRun }: SweepRequest): Summary {
  const { deleted, stale, notStale } = result;
  return {
    title: dryRun
      ? `🔎 Dry run: would delete ${countWorkspaces(stale)}`
      : `✅ Deleted ${countWorkspaces(deleted.length)}`,
    paragraphs: [`Kept, although the slug matches slug-pattern: ${countWorkspaces(notStale)}.`],
    table: sweepTable(result),
  };
}

/** The maximum number of rows: more would not be read. */
const MAX_ROWS = 1_000;

/** A table of the workspaces that a sweep found, with the outcome for each. */
export function sweepTable(result: SweepResult): Table {
  const { failed, deleted, alreadyDeleted, wouldDelete, skipped, retained } = result;
  const spent = [...deleted, ...alreadyDeleted, ...failed].flatMap(
    ({ keysSpent = [] }) => keysSpent,
  );
  const hasSpent = spent.length > 0;
  const total = spent.every((amount) => amount !== null) ? sumUsd(spent) : null;
  const rows = (entries: readonly SweepEntry[], outcome: (reason: string) => string) =>
    entries
      .slice(0, MAX_ROWS)
      .map(({ slug, age, keysSpent, reason }) => [
        { code: slug },
        age === undefined ? 'unknown' : formatAge(age),
        outcome(reason),
        ...(hasSpent ? [keysSpent === undefined ? '' : formatSpent(keysSpent)] : []),
      ]);
  const kept = (reason: string) => `kept: ${reason}`;
  const shown = [
    ...rows(failed, (reason) => `❌ could not be deleted: ${reason}`),
    ...rows(deleted, () => 'deleted'),
    ...rows(alreadyDeleted, () => 'already deleted by another job'),
    ...rows(wouldDelete, () => 'would be deleted'),
    ...rows(skipped, kept),
    ...rows(retained, kept),
  ].slice(0, MAX_ROWS);
  return {
    header: ['Workspace', 'Age', 'Outcome', ...(hasSpent ? [spentHeader(total)] : [])],
    rows: shown,
    more: result.stale + result.notStale - shown.length,
  };
}
