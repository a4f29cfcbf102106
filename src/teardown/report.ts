import { countOf, formatAge, sortedBy, unbroken } from '../lib/format.ts';
import type { Cell, Folded, Table } from '../lib/table.ts';
import { describeSpent, type Spent, sumSpent } from '../openrouter/settlement.ts';
import { spentFormat, totalRow, whyAtLeast } from '../report/key-table.ts';
import { type BoundedJson, describeOmitted, type Outputs, toJsonList } from '../report/outputs.ts';
import type { Summary } from '../report/summary.ts';
import { countWorking } from './keys-left.ts';
import {
  failuresIn,
  KEYS_NOT_CHECKED,
  meaningOf,
  type SweepKind,
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

/** What a sweep, and a clean-up, call what they look at, what they are to delete of that, and what not. */
export const THINGS: Readonly<
  Record<SweepKind, { one: string; many: string; stale: string; thing: string; kept: string }>
> = {
  sweep: {
    one: 'OpenRouter workspace',
    many: 'OpenRouter workspaces',
    stale: 'old OpenRouter workspace',
    thing: 'workspace',
    kept: 'Others, kept',
  },
  'clean-up': {
    one: 'OpenRouter preview',
    many: 'OpenRouter previews',
    stale: 'closed OpenRouter preview',
    thing: 'preview',
    kept: 'Open, and kept',
  },
};

/** The summary of a step that succeeded. */
export function sweepSummary(
  result: SweepResult,
  { kind, deleteKeys }: { kind: SweepKind; deleteKeys: boolean },
): Summary {
  const planned = withOutcome(result, 'would-delete');
  return {
    title: titleOf(result, kind),
    paragraphs: planned.length > 0 && !deleteKeys ? [KEYS_NOT_CHECKED] : [],
    table: sweptTable(planned, kind),
    ...foldedGroups(result, kind, { except: 'would-delete' }),
  };
}

function titleOf(result: SweepResult, kind: SweepKind): string {
  const { one, thing } = THINGS[kind];
  const count = (outcome: SweepOutcome) => withOutcome(result, outcome).length;
  if (meaningOf(result) === 'would-delete') {
    return `🔎 Dry run: would delete ${countOf(count('would-delete'), one)}`;
  }
  const [deleted, others] = [count('deleted'), count('already-deleted')];
  if (deleted > 0) return `✅ Deleted ${countOf(deleted, one)}`;
  if (others > 0) return `✅ Already deleted by another job: ${countOf(others, one)}`;
  const settling = count('settling');
  if (settling > 0)
    return `✅ Ended ${countOf(settling, one)}: the next clean-up deletes ${settling === 1 ? 'it' : 'them'}`;
  const kept = withOutcome(result, 'kept', 'reopened').length;
  return `✅ Nothing to delete at OpenRouter: ${kept === 0 ? `no ${thing} found` : `${countOf(kept, thing)} kept`}`;
}

/** The outcomes that are shown together, each with its heading. */
function groupsOf(kind: SweepKind): (readonly [heading: string, ...outcomes: SweepOutcome[]])[] {
  return [
    ['Deleted', 'deleted'],
    ['Already deleted by another job', 'already-deleted'],
    ['Ended, and deleted by the next clean-up', 'settling'],
    ['Would be deleted', 'would-delete'],
    [THINGS[kind].kept, 'kept', 'reopened'],
  ];
}

interface FoldedGroups {
  folded: readonly Folded[];
  /** What the outputs lack, and why amounts are lower bounds. */
  notes: readonly string[];
}

/**
 * The workspaces that a sweep found, folded by what became of them: `Deleted: 38, $20.12 spent`. Those that failed are for
 * the caller, as are those with `except`.
 */
export function foldedGroups(
  result: SweepResult,
  kind: SweepKind,
  { except }: { except?: SweepOutcome } = {},
): FoldedGroups {
  const folded = groupsOf(kind).flatMap(([heading, ...outcomes]): Folded[] => {
    const entries = withOutcome(result, ...outcomes.filter((outcome) => outcome !== except));
    if (entries.length === 0) return [];
    const reasonOf = outcomes.includes('kept') ? ({ reason }: SweptWorkspace) => reason : undefined;
    const title = `${heading}: ${describeSwept(entries)}`;
    return [{ title, table: sweptTable(entries, kind, reasonOf) }];
  });
  const spent = sumSpent(result.flatMap((entry) => entry.spent ?? []));
  return { folded, notes: [...describeOmitted(sweepOutputs(result)), ...whyAtLeast(spent)] };
}

/** How many `entries` are, and what their API keys had spent, if they had any: `38, $20.12 spent` */
export function describeSwept(entries: readonly SweptWorkspace[]): string {
  const amounts = amountsOf(entries);
  return [
    `${entries.length}`,
    ...(amounts.length > 0 ? [describeSpent(sumSpent(amounts))] : []),
  ].join(', ');
}

/** What `entries` have spent, as far as they had API keys or may have some; empty if nothing of it is known. */
function amountsOf(entries: readonly SweptWorkspace[]): (Spent | undefined)[] {
  if (entries.every(({ spent }) => !spent)) return [];
  return entries.filter((entry) => entry.spent || isLeft(entry)).map(({ spent }) => spent);
}

function isLeft({ outcome }: SweptWorkspace): boolean {
  return outcome === 'failed' || outcome === 'unread';
}

/** In the order in which they are shown: by slug, but first those that can spend, then those that may. */
export function ordered(entries: readonly SweptWorkspace[]): SweptWorkspace[] {
  const dangerOf = (entry: SweptWorkspace) => {
    if (!isLeft(entry)) return 0;
    const working = countWorking(entry.keysLeft ?? 'not-listed');
    if (working === undefined) return 1;
    return working > 0 ? 2 : 0;
  };
  return sortedBy(entries, ({ slug }) => slug).toSorted(
    (one, other) => dangerOf(other) - dangerOf(one),
  );
}

/**
 * A table of `entries` in their order; undefined if there are none.
 * @param reasonOf what to say of each, instead of its age
 */
export function sweptTable(
  entries: readonly SweptWorkspace[],
  kind: SweepKind,
  reasonOf?: (entry: SweptWorkspace) => string,
): Table | undefined {
  if (entries.length === 0) return undefined;
  const amounts = amountsOf(entries);
  const format = spentFormat(amounts);
  const isPreview = kind === 'clean-up';
  // The age decides nothing in a clean-up of previews.
  const middle = <Content>(reason: Content, age: Content) =>
    reasonOf ? [reason] : isPreview ? [] : [age];
  const last = <Content>(content: Content) => (amounts.length > 0 ? [content] : []);
  const spentOf = (entry: SweptWorkspace) =>
    entry.spent || isLeft(entry) ? format(entry.spent) : '–';
  return {
    header: [
      isPreview ? 'Preview' : 'Workspace',
      ...middle('Reason', 'Age'),
      ...last({ numbers: 'Spent' }),
    ],
    rows: ordered(entries).map((entry): Cell[] => [
      nameOf(entry),
      ...middle(reasonOf?.(entry) ?? '', unbroken(formatAge(entry.age ?? 0))),
      ...last(spentOf(entry)),
    ]),
    total: totalRow(['Total', ...middle('', '')], amounts),
  };
}

/** The slug, and the pull request or branch of a preview. */
function nameOf({ slug, link }: SweptWorkspace): Cell {
  return link ? [{ code: slug }, ' ', link] : { code: slug };
}
