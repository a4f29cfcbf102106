import { countOf } from '../../lib/format.ts';
import { formatExactUsd, formatUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import type { Cell, Folded } from '../../lib/table.ts';
import type { Usd } from '../../lib/usd.ts';
import { dashboardUrl } from '../../openrouter/resources/workspaces.ts';
import { createdAt, formatMinute, yearOf } from '../../openrouter/time.ts';
import { documentUrl } from '../../report/description.ts';
import type { Report } from '../../report/report.ts';
import { type Summary, summaryHtml } from '../../report/summary.ts';
import { isAlmostSpent } from './cap.ts';
import {
  areFinal,
  type CommentData,
  type CommentFacts,
  type Doubt,
  doubtOf,
  formatMarker,
  goneIn,
  limitComment,
  spentIn,
  type Total,
  totalOf,
  unlistedIn,
  type WorkspaceData,
} from './comment.ts';
import { type JobCost, labelFormat } from './comment-jobs.ts';
import { capWarning, type TowardsCap, towardsCap } from './render-cap.ts';
import { jobsTable } from './render-jobs.ts';
import {
  type KeyOptions,
  keyTables,
  keyWarnings,
  MAX_UNFOLDED,
  runUrl,
  spendersOf,
} from './render-keys.ts';

/** GitHub accepts 65,536 characters. */
const MAX_LENGTH = 60_000;

/** More than the figures become longer when data are left out: $1.2345 can be a part of $2.00. */
const MARGIN = 100;

/** How many keys have a row. */
const MAX_ROWS = 50;

export interface CommentOptions extends Pick<KeyOptions, 'repository' | 'redact'> {
  /** The URL of what the documents say about the comment. */
  aboutUrl: string;
}

/** Renders the comment of a preview, with its data. What does not fit is left out: rows first, then data. */
export function renderComment(facts: CommentFacts, options: CommentOptions): string {
  const limited = { ...facts, data: limitComment(facts.data) };
  const marker = formatMarker(limited.data);
  // Rendered once and not for each number of rows, because a workspace can have thousands of keys.
  const fits = marker.length < MAX_LENGTH;
  for (
    let maxRows = MAX_ROWS;
    fits && maxRows > MAX_UNFOLDED;
    maxRows = Math.floor(maxRows * 0.8)
  ) {
    const body = `${marker}\n${htmlOf(limited, { ...options, maxRows })}`;
    if (body.length <= MAX_LENGTH) return body;
  }
  const without = { ...options, maxRows: 0 };
  const isCut = { ...limited, data: { ...limited.data, isCut: true } };
  const data = limitComment(facts.data, MAX_LENGTH - htmlOf(isCut, without).length - MARGIN);
  return `${formatMarker(data)}\n${htmlOf({ ...facts, data }, without)}`;
}

type RowOptions = CommentOptions & { maxRows: number };

function htmlOf(facts: CommentFacts, options: RowOptions): string {
  const { redact } = options;
  const describe = isDeleted(facts) ? describeDeleted : describeExisting;
  const parts = describe(facts, {
    ...options,
    counted: towardsCap(facts),
    withYear: spansYears(facts),
    formatLabel: labelFormat(jobsIn(facts.data)),
  });
  const summary = { title: titleOf(facts), ...parts };
  return summaryHtml(summary, { redact, maxBytes: Number.POSITIVE_INFINITY });
}

function isDeleted({ existing }: CommentFacts): boolean {
  return existing.length === 0;
}

function titleOf(facts: CommentFacts): string {
  const counted = towardsCap(facts);
  const warning = counted && isAlmostSpent(counted.amount, counted.cap) ? '⚠️ ' : '';
  const end = isDeleted(facts) ? 'spent, deleted' : 'spent so far';
  return `OpenRouter preview: ${warning}${describeSpent(facts)} ${end}`;
}

/** What a preview has spent, as the title of its comment shows it: `$0.84`, `at least $2.33 of $5.00`. */
export function describeSpent(facts: CommentFacts): string {
  const counted = towardsCap(facts);
  if (!counted) return formatTotal(totalOf(facts));
  const { amount, doubt, cap } = counted;
  const spent = formatNextTo(cap, { amount, isComplete: doubt === undefined });
  return `${spent} of ${formatExactUsd(cap)}`;
}

/** What follows from the facts, and more than one part of the text needs. */
interface PartOptions extends RowOptions, KeyOptions {
  counted: TowardsCap | undefined;
}

/**
 * Whether the keys and deletions of a comment are of more than one year. The time of the run does not matter, because
 * runs must agree about the text.
 */
function spansYears({ data, existing }: CommentFacts): boolean {
  const created = existing.flatMap((one) => one.keys.flatMap((key) => createdAt(key) ?? []));
  const deletions = Object.values(data.workspaces).flatMap(({ deletion }) => deletion ?? []);
  const times = [...created, ...deletions.map(({ at }) => at * 1000)];
  return new Set(times.map(yearOf)).size > 1;
}

function jobsIn({ workspaces }: CommentData): JobCost[] {
  return Object.values(workspaces).flatMap(({ jobs }) => jobs);
}

type Parts = Omit<Summary, 'title'>;

/** What is shown of workspaces that exist: several if the prefix of their slugs was changed. */
function describeExisting(facts: CommentFacts, options: PartOptions): Parts {
  const { counted, maxRows } = options;
  const spenders = spendersOf(facts.existing, options);
  const { table, folded } = keyTables(spenders, maxRows);
  const jobs = spenders.length > MAX_UNFOLDED ? jobsOf(facts, { ...options, minJobs: 2 }) : [];
  const warning = counted && capWarning(facts, counted);
  return {
    paragraphs: [
      ...(warning ? [warning] : []),
      ...(facts.isBeingDeleted ? [] : keyWarnings(spenders, { isCapShort: !!warning })),
      ...doubtLine(counted ? counted.doubt : doubtOf(facts), options),
      overviewOf(facts, spenders.length),
    ],
    table,
    folded: [...folded, ...jobs],
    notes: [
      ...restLines(facts, options),
      [
        ...(facts.isBeingDeleted
          ? []
          : ['The workspace and its keys are deleted when this pull request is closed. ']),
        { text: 'What is this?', url: options.aboutUrl },
      ],
    ],
  };
}

function jobsOf(facts: CommentFacts, options: PartOptions & { minJobs: number }): Folded[] {
  const table = jobsTable(jobsIn(facts.data), { ...options, total: totalOf(facts) });
  return table ? [table] : [];
}

/** The workspaces with their links, in an order that depends on nothing else, and how many keys are remembered. */
function overviewOf({ data, existing }: CommentFacts, listed: number): Cell {
  const deleted = existing.flatMap((one) => Object.keys(unlistedIn(data, one))).length;
  const slugs = existing.map(({ workspace }) => workspace.slug).sort();
  const links = slugs.flatMap((slug) => [{ text: slug, url: dashboardUrl(slug) }, ' · ']);
  const ofThese = deleted > 0 ? `, ${deleted} deleted` : '';
  return [...links, `${countOf(listed + deleted, 'key')} so far${ofThese}`];
}

/** A line with what is unknown, if a total is a lower bound. */
function doubtLine(doubt: Doubt | undefined, options: PartOptions): string[] {
  return doubt ? [describeDoubt(doubt, options)] : [];
}

function describeDoubt(doubt: Doubt, { withYear }: PartOptions): string {
  switch (doubt.kind) {
    case 'being-deleted': {
      const { at } = doubt;
      if (at === undefined) return 'A deletion has begun and has not finished.';
      return `A deletion began on ${formatMinute(at * 1000, { withYear })} and has not finished.`;
    }
    case 'cut':
      return 'There were more keys than the comment can remember.';
    case 'key-gone':
      return 'Someone deleted a key; what it spent last is unknown.';
    case 'unknown-amount':
      return 'OpenRouter did not report what a key has spent.';
    case 'workspace-gone':
      return 'The workspace was deleted; what its keys spent last is unknown.';
  }
}

/** What is shown of workspaces that are gone: the last one, and how many were before it. */
function describeDeleted(facts: CommentFacts, options: PartOptions): Parts {
  const { repository, withYear } = options;
  const beganAt = ({ deletion }: WorkspaceData) => deletion?.at ?? 0;
  const [last, ...earlier] = goneIn(facts).sort((a, b) => beganAt(b) - beganAt(a));
  const doubt = doubtLine(doubtOf(facts), options);
  if (!last) return { paragraphs: doubt };
  const { slug, deletion, keys } = last;
  const count = Object.keys(keys).length;
  const what = count > 0 ? `and its ${countOf(count, 'key')} were` : 'was';
  const time = formatMinute(beganAt(last) * 1000, { withYear });
  const moment = deletion?.run ? { text: time, url: runUrl(deletion.run, repository) } : time;
  return {
    paragraphs: [
      ...doubt,
      [`The workspace ${slug} ${what} deleted`, ...(deletion ? [' on ', moment] : []), '.'],
    ],
    folded: jobsOf(facts, { ...options, minJobs: 1 }),
    notes: earlierLine(earlier, facts.data),
  };
}

/**
 * What has no rows: keys that were deleted, and workspaces that are gone. With a cap, these do not count towards
 * it, so the title has no total: it follows.
 */
function restLines(facts: CommentFacts, options: PartOptions): string[] {
  const { data, existing } = facts;
  const { counted } = options;
  const unlisted = existing.map((one) => ({ keys: unlistedIn(data, one) }));
  const earlier = goneIn(facts);
  const lines = [...deletedLine(unlisted), ...earlierLine(earlier, data)];
  if (!counted || (lines.length === 0 && !data.isCut)) return lines;
  const amount = counted.amount + spentIn([...unlisted, ...earlier]);
  const doubt = doubtOf(facts);
  const sentences = lines.map(
    (line) => `${line}, not counted in the ${formatExactUsd(counted.cap)}.`,
  );
  const total = `In total: ${formatTotal({ amount, isComplete: doubt === undefined })}.`;
  return [
    ...sentences.slice(0, -1),
    [...sentences.slice(-1), total].join(' '),
    ...(counted.doubt ? [] : doubtLine(doubt, options)),
  ];
}

/** What a key had spent when it was listed last is a lower bound. */
function deletedLine(unlisted: readonly Pick<WorkspaceData, 'keys'>[]): string[] {
  const count = unlisted.flatMap(({ keys }) => Object.keys(keys)).length;
  return sumLine(count, 'deleted key', { amount: spentIn(unlisted), isComplete: false });
}

function earlierLine(earlier: readonly WorkspaceData[], data: CommentData): string[] {
  const isComplete = !data.isCut && areFinal(earlier);
  return sumLine(earlier.length, 'earlier workspace', { amount: spentIn(earlier), isComplete });
}

/** A line about what has no rows, if there is any. */
function sumLine(count: number, what: string, total: Total): string[] {
  return count > 0 ? [`${countOf(count, what)}: ${formatTotal(total)}`] : [];
}

function formatTotal({ amount, isComplete }: Total): string {
  return isComplete ? formatUsd(amount) : `at least ${formatUsd(amount, 'down')}`;
}

function formatNextTo(limit: Usd, { amount, isComplete }: Total): string {
  return isComplete
    ? formatUsdNextTo(limit, amount)
    : `at least ${formatUsdNextTo(limit, amount, 'down')}`;
}

/** The section of the documents that says what the comment means. */
const ABOUT = 'previews.md#the-comment';

/** Returns a function that renders the comment of a preview in `repository`. */
export function commentRenderer(
  { repository }: Pick<CommentOptions, 'repository'>,
  { redact }: Pick<Report, 'redact'>,
) {
  const options = { repository, aboutUrl: documentUrl(ABOUT), redact };
  return (facts: CommentFacts) => renderComment(facts, options);
}
