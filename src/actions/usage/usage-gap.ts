import { type ApiError, formatAttempt } from '../../http/request.ts';
import { countKeys } from '../../lib/format.ts';
import { formatUsd } from '../../lib/format-usd.ts';
import type { Usd } from '../../lib/usd.ts';
import type { UsageByModel } from '../../openrouter/resources/analytics.ts';
import { formatTime } from '../../openrouter/time.ts';
import type { Clocks } from '../../shared/time-window.ts';
import type { UnreadCause } from './period.ts';

/** Why the figures of a usage may be too low, or are missing. */
export type UsageGap =
  /** The period may be wrong. Times in milliseconds since 1970. */
  | { kind: 'time-uncertain'; server: number; runner: number }
  /** The period is longer than analytics goes back. Times in milliseconds since 1970. */
  | { kind: 'too-long'; maxDays: number; from: number }
  /** The period begins with the creation, and OpenRouter does not report when that was. */
  | { kind: 'creation-unknown'; maxDays: number }
  /** There are more models than the result has. */
  | { kind: 'truncated' }
  /** The result is from the server's cache. */
  | { kind: 'cached'; at: number }
  /** A warning of the server. */
  | { kind: 'warning'; text: string }
  /** The counters of the keys show that analytics lacks requests. */
  | { kind: 'behind'; credits: Usd; byok: Usd }
  /** What analytics lacks of what so many keys have spent could not be determined. */
  | { kind: 'lag-unknown'; keys: number; reason: UnknownLag }
  /** What so many keys have spent could not all be read. */
  | { kind: 'keys-unread'; keys: number; cause: UnreadCause }
  /** What so many keys have spent with your own provider keys could not all be read. */
  | { kind: 'byok-unread'; keys: number; cause: UnreadCause }
  /** Analytics does not report the cost of so many models. */
  | { kind: 'models-unread'; models: number }
  /** The limit of the key, or what remains of it, could not be read. */
  | { kind: 'limit-unread' };

/** Why it is unknown what analytics lacks of keys. */
export type UnknownLag =
  /** There are more keys than are compared. */
  | { kind: 'too-many'; max: number }
  | { kind: 'failed'; error: ApiError }
  /** A result about the keys is incomplete itself. */
  | UsageGap;

/** How much the clocks of OpenRouter and of the runner may differ, in milliseconds. */
const MAX_DIFFERENCE_MS = 86_400_000;

/** Why the period may be wrong: one of two clocks that differ by over a day is wrong. */
export function gapOfClocks({ server, runner }: Clocks): UsageGap[] {
  if (server === undefined || Math.abs(server - runner) <= MAX_DIFFERENCE_MS) return [];
  return [{ kind: 'time-uncertain', server, runner }];
}

/** Why a result of analytics is incomplete, as far as it says so. */
export function gapsIn({ truncated, cachedAt, warnings, models }: UsageByModel): UsageGap[] {
  const unread = models.filter(({ credits_usage }) => credits_usage === null).length;
  return [
    ...(truncated ? [{ kind: 'truncated' } as const] : []),
    ...(cachedAt === undefined ? [] : [{ kind: 'cached', at: cachedAt } as const]),
    ...warnings.map((text) => ({ kind: 'warning', text }) as const),
    ...(unread > 0 ? [{ kind: 'models-unread', models: unread } as const] : []),
  ];
}

/** Whether the cost may be higher because of a gap. */
export function concernsCost({ kind }: UsageGap): boolean {
  return kind !== 'byok-unread' && kind !== 'limit-unread';
}

/**
 * Describes why the figures of a usage may be too low, or are missing.
 * @param show what shows a time: by default, as in the log
 */
export function describeGap(gap: UsageGap, show = formatTime): string {
  switch (gap.kind) {
    case 'time-uncertain':
      return `The period may be wrong: OpenRouter's clock shows ${show(gap.server)}, and the runner's ${show(gap.runner)}.`;
    case 'too-long':
      return `OpenRouter's analytics goes back ${gap.maxDays} days. It has nothing from before ${show(gap.from)}.`;
    case 'creation-unknown':
      return `OpenRouter does not report when this was created. The figures begin ${gap.maxDays} days ago.`;
    case 'truncated':
      return 'There are more models than OpenRouter returns. The least expensive ones are missing.';
    case 'cached':
      return `OpenRouter returned figures that it stored at ${show(gap.at)}. Later requests are missing.`;
    case 'warning':
      return `OpenRouter's analytics warns: ${gap.text}`;
    case 'behind':
      return `OpenRouter's analytics has not yet reported what the counters of the API keys show: ${amountsText(gap)}. ${gap.credits > 0n ? 'The cost includes it; the' : 'The'} figures by model lack it.`;
    case 'lag-unknown':
      return `Could not compare ${countKeys(gap.keys)} with OpenRouter's analytics, which may lag behind. ${describeReason(gap.reason, show)}`;
    case 'keys-unread':
      return `Could not read all that ${countKeys(gap.keys)} spent in this period. ${UNREAD[gap.cause]}`;
    case 'byok-unread':
      return `Could not read all that ${countKeys(gap.keys)} spent with your own provider keys in this period. ${UNREAD[gap.cause]}`;
    case 'models-unread':
      return `Models whose cost OpenRouter's analytics does not report: ${gap.models}.`;
    case 'limit-unread':
      return 'Could not read the limit of the API key, or what remains of it.';
  }
}

/** `$3.00, and $0.50 with your own provider keys` */
function amountsText({ credits, byok }: { credits: Usd; byok: Usd }): string {
  const own = `${formatUsd(byok)} with your own provider keys`;
  if (byok === 0n) return formatUsd(credits);
  return credits === 0n ? own : `${formatUsd(credits)}, and ${own}`;
}

function describeReason(reason: UnknownLag, show: typeof formatTime): string {
  switch (reason.kind) {
    case 'too-many':
      return `At most ${countKeys(reason.max)} are compared.`;
    case 'failed':
      return formatAttempt(reason.error.details);
    default:
      return describeGap(reason, show);
  }
}

const UNREAD: Readonly<Record<UnreadCause, string>> = {
  invalid: 'A counter or created_at is missing or invalid.',
  midnight: 'The counters were read while they began again at midnight UTC: run this again.',
};
