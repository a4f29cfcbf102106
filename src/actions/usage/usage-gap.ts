import { countKeys } from '../../lib/format.ts';
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
  /** What so many keys have spent could not all be read. */
  | { kind: 'keys-unread'; keys: number; cause: UnreadCause }
  /** What so many keys have spent with your own provider keys could not all be read. */
  | { kind: 'byok-unread'; keys: number; cause: UnreadCause }
  /** Analytics does not report the cost of so many models. */
  | { kind: 'models-unread'; models: number }
  /** The limit of the key, or what remains of it, could not be read. */
  | { kind: 'limit-unread' };

/** How much the clocks of OpenRouter and of the runner may differ, in milliseconds. */
const MAX_DIFFERENCE_MS = 86_400_000;

/** Why the period may be wrong: one of two clocks that differ by over a day is wrong. */
export function gapOfClocks({ server, runner }: Clocks): UsageGap[] {
  if (server === undefined || Math.abs(server - runner) <= MAX_DIFFERENCE_MS) return [];
  return [{ kind: 'time-uncertain', server, runner }];
}

/**
 * Why analytics may lack the beginning of a period: it goes back `maxDays` days, to `earliest`.
 * @param from undefined if the period begins with an unknown creation
 */
export function gapOfLength(
  from: number | undefined,
  { earliest, maxDays }: { earliest: number; maxDays: number },
): UsageGap[] {
  if (from === undefined) return [{ kind: 'creation-unknown', maxDays }];
  return from < earliest ? [{ kind: 'too-long', maxDays, from: earliest }] : [];
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

const UNREAD: Readonly<Record<UnreadCause, string>> = {
  invalid: 'A counter or created_at is missing or invalid.',
  midnight: 'The counters were read while they began again at midnight UTC: run this again.',
};
