import { countOf, formatAge, sortedBy, unbroken } from '../lib/format.ts';
import type { Cell, Folded, Table } from '../lib/table.ts';
import { type Spent, sumSpent } from '../openrouter/settlement.ts';
import { type BoundedJson, describeOmitted, type Outputs, toJsonList } from '../report/outputs.ts';
import type { Summary } from '../report/summary.ts';
import { describeSpent, spentFormat, totalRow, whyAtLeast } from '../shared/describe-spent.ts';
import {
  type Deletion,
  type DeletionOutcome,
  type FoundWorkspace,
  type SweepResult,
  type SweepWords,
  type SweptWorkspace,
  withOutcome,
} from './outcome.ts';

/** The outputs for the result of the step. Long lists are cut. */
export function sweepOutputs(result: SweepResult): Outputs {
  const deleted = withOutcome(result, 'deleted');
  return {
    deleted: workspacesToJson(deleted),
    'would-delete': workspacesToJson(withOutcome(result, 'would-delete')),
    kept: workspacesToJson(withOutcome(result, 'too-many', 'kept')),
    failed: workspacesToJson(withOutcome(result, 'failed')),
    count: String(deleted.length),
  };
}

/** An output that lists workspaces, each with why it is in that list. */
export function workspacesToJson(
  entries: readonly Pick<FoundWorkspace, 'id' | 'slug' | 'created_at' | 'reason'>[],
): BoundedJson {
  return toJsonList(
    entries.map(({ id, slug, created_at = null, reason }) => ({ id, slug, created_at, reason })),
    'workspaces',
  );
}

const VERDICTS: readonly (readonly [outcome: DeletionOutcome, title: string])[] = [
  ['would-delete', '🔎 Dry run: would delete'],
  ['deleted', '✅ Deleted'],
  ['already-deleted', '✅ Already deleted by another job:'],
  ['left', '✅ Left to the next clean-up:'],
];

interface TitleOptions {
  /** What so many are: `the OpenRouter workspace "web-42"`, `2 OpenRouter previews` */
  what(count: number): string;
  /** Why there was nothing to delete. */
  nothing: string;
}

/** The title of a summary about deletions that succeeded. */
export function deletionTitle(
  deletions: readonly Deletion[],
  { what, nothing }: TitleOptions,
): string {
  for (const [outcome, title] of VERDICTS) {
    const { length: count } = withOutcome(deletions, outcome);
    if (count > 0) return `${title} ${what(count)}`;
  }
  return `✅ Nothing to delete: ${nothing}`;
}

/** The summary of a step that succeeded. */
export function sweepSummary(
  result: SweepResult,
  words: SweepWords,
  { deleteKeys }: { deleteKeys: boolean },
): Summary {
  const planned = withOutcome(result, 'would-delete');
  const { thing, stale } = words;
  return {
    title: deletionTitle(result, {
      what: (count) => countOf(count, thing),
      nothing: `no ${thing} is ${stale}`,
    }),
    paragraphs: planned.length > 0 && !deleteKeys ? [KEYS_NOT_CHECKED] : [],
    table: sweptTable(planned, words),
    ...foldedGroups(result, words, { except: 'would-delete' }),
  };
}

/** About a dry run without `delete-keys`. */
const KEYS_NOT_CHECKED =
  'Whether they have API keys was not checked. Without delete-keys: true, a workspace that has any is not deleted.';

/** The outcomes that are shown together, each with its heading. */
const GROUPS: readonly (readonly [outcome: DeletionOutcome, heading: string])[] = [
  ['failed', 'Failed'],
  ['deleted', 'Deleted'],
  ['already-deleted', 'Already deleted by another job'],
  ['left', 'Left to the next clean-up'],
  ['would-delete', 'Would be deleted'],
  ['kept', 'Kept'],
];

interface FoldedGroups {
  folded: readonly Folded[];
  /** What the outputs lack, and why amounts are lower bounds. */
  notes: readonly string[];
}

/** The workspaces of `result`, folded by what became of them: `Deleted: 38, $20.12 spent`. The caller shows those with `except`. */
export function foldedGroups(
  result: SweepResult,
  words: SweepWords,
  { except }: { except?: DeletionOutcome } = {},
): FoldedGroups {
  const folded = GROUPS.flatMap(([outcome, heading]): Folded[] => {
    const entries = withOutcome(result, outcome);
    if (entries.length === 0 || outcome === except) return [];
    return [{ title: `${heading}: ${describeSwept(entries)}`, table: sweptTable(entries, words) }];
  });
  return {
    folded,
    notes: [...describeOmitted(sweepOutputs(result)), ...whyAtLeast(sumOf(result))],
  };
}

/** How many `entries` are, and what their API keys had spent, if they had any: `38, $20.12 spent` */
export function describeSwept(entries: readonly SweptWorkspace[]): string {
  const amount = entries.some(({ spent }) => spent) ? `, ${describeSpent(sumOf(entries))}` : '';
  return `${entries.length}${amount}`;
}

function sumOf(entries: readonly SweptWorkspace[]): Spent {
  return sumSpent(entries.flatMap(({ spent }) => spent ?? []));
}

/** A table of `entries`, which all have the same outcome, by their slugs; undefined if there are none. */
export function sweptTable(
  entries: readonly SweptWorkspace[],
  { heading }: Pick<SweepWords, 'heading'>,
): Table | undefined {
  const [first] = entries;
  if (!first) return undefined;
  const hasReason = ['kept', 'left', 'failed'].includes(first.outcome);
  const hasAge = !hasReason && first.age !== undefined;
  const amounts = entries.flatMap(({ spent }) => spent ?? []);
  const format = spentFormat(amounts);
  const cellsOf = (reason: string, age: string) => [
    ...(hasReason ? [reason] : []),
    ...(hasAge ? [age] : []),
  ];
  const last = <Content>(content: Content) => (amounts.length > 0 ? [content] : []);
  return {
    header: [heading, ...cellsOf('Reason', 'Age'), ...last({ numbers: 'Spent' })],
    rows: sortedBy(entries, ({ slug }) => slug).map((entry): Cell[] => [
      nameOf(entry),
      ...cellsOf(entry.reason, unbroken(formatAge(entry.age ?? 0))),
      ...last(entry.spent ? format(entry.spent) : '–'),
    ]),
    total: totalRow(['Total', ...cellsOf('', '')], amounts),
  };
}

/** The slug, and the pull request or branch of a preview. */
function nameOf({ slug, link }: SweptWorkspace): Cell {
  return link ? [{ code: slug }, ' ', link] : { code: slug };
}
