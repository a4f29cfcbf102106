import { countOf } from '../../lib/format.ts';
import { formatExactUsd, formatUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import type { Cell } from '../../lib/table.ts';
import { maxUsd } from '../../lib/usd.ts';
import { limitOf } from '../../openrouter/resources/keys.ts';
import { dashboardUrl } from '../../openrouter/resources/workspaces.ts';
import { isCounted } from '../../openrouter/settlement.ts';
import { documentUrl } from '../../report/description.ts';
import type { Report } from '../../report/report.ts';
import { summaryHtml } from '../../report/summary.ts';
import { COUNTED_LATE } from '../../shared/describe-spent.ts';
import { type CommentContent, type CommentData, formatMarker, isBill } from './comment.ts';
import { type KeyOptions, keyTables, rowsOf } from './render-keys.ts';

/** GitHub accepts 65,536 characters. */
const MAX_LENGTH = 60_000;

export interface CommentOptions extends KeyOptions {
  /** The URL of what the documents say about the comment. */
  aboutUrl: string;
}

/** Renders the comment of a preview, with its data. */
export function renderComment(content: CommentContent, options: CommentOptions): string {
  const { data, keys } = content;
  const warning = warningOf(content);
  const marker = `${formatMarker(data)}\n`;
  const { table, folded } = keyTables(rowsOf(keys, options));
  const summary = {
    title: `OpenRouter preview: ${warning.length > 0 ? '⚠️ ' : ''}${describeSum(data)}`,
    paragraphs: [...warning, ...doubtOf(content), overviewOf(content)],
    table,
    folded,
    notes: [notesOf(content, options)],
  };
  const { redact } = options;
  return marker + summaryHtml(summary, { redact, maxBytes: MAX_LENGTH - marker.length });
}

/** What a preview has spent: `$0.84 of $5.00 spent so far`, `at least $2.33 spent, closed` */
export function describeSum({ spent, state, isAtLeast, cap }: CommentData): string {
  const isSoFar = state === 'so far';
  // `$0.00` would say too much.
  if (isSoFar && spent === 0n) return 'nothing counted so far';
  if (isAtLeast && spent === 0n) return 'spending unknown, closed';
  const rounding = isSoFar || isAtLeast ? 'down' : 'nearest';
  const amount =
    cap === undefined
      ? formatUsd(spent, rounding)
      : `${formatUsdNextTo(cap, spent, rounding)} of ${formatExactUsd(cap)}`;
  return `${isAtLeast ? 'at least ' : ''}${amount} spent${isSoFar ? ' so far' : ', closed'}`;
}

/** Whether another key like the one with the largest limit has no room. */
function warningOf({ data: { spent, cap, state }, keys }: CommentContent): Cell[] {
  const limit = keys.map(({ key }) => limitOf(key)?.amount ?? 0n).reduce(maxUsd, 0n);
  if (state !== 'so far' || cap === undefined || spent + limit <= cap) return [];
  return [
    `⚠️ preview-limit-usd is ${formatExactUsd(cap)}: new jobs may get no key, and fail. To go on, raise it and push.`,
  ];
}

/** Why the sum may be too low. */
function doubtOf({ data, keys }: CommentContent): Cell[] {
  if (data.isAtLeast) return [WHY_AT_LEAST];
  return isBill(data) || keys.every(isCounted) ? [] : [COUNTED_LATE];
}

const WHY_AT_LEAST =
  'More may have been spent: an API key was deleted, OpenRouter did not report what one has spent, or a clean-up was interrupted.';

function overviewOf({ data, slug, keys }: CommentContent): Cell {
  const count = countOf(keys.length, 'key');
  if (isBill(data)) return `The workspace had ${count}.`;
  return [{ text: slug, url: dashboardUrl(slug) }, ` · ${count} so far`];
}

function notesOf({ data }: CommentContent, { aboutUrl }: CommentOptions): Cell {
  const end = isBill(data)
    ? 'This is the final bill. '
    : 'In the night after this pull request is closed, this becomes the final bill. ';
  return [end, { text: 'What is this?', url: aboutUrl }];
}

/** The section of the documents that says what the comment means. */
const ABOUT = 'previews.md#the-comment';

/** Returns a function that renders the comment of a preview in `repository`. */
export function commentRenderer(
  { repository }: Pick<CommentOptions, 'repository'>,
  { redact }: Pick<Report, 'redact'>,
) {
  const options = { repository, aboutUrl: documentUrl(ABOUT), redact };
  return (content: CommentContent) => renderComment(content, options);
}
