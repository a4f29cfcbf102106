import { countKeys } from '../lib/format.ts';
import { formatUsd } from '../lib/usd.ts';
import type { KeyLimit } from '../openrouter/resources/keys.ts';
import { formatTime } from '../openrouter/time.ts';
import type { UsageGap } from '../shared/usage-gap.ts';

/** `The daily limit is $1.00, of which $0.70 remains` */
export function describeLimit({ amount, reset, remaining }: KeyLimit): string {
  const left = remaining === undefined ? '' : `, of which ${formatUsd(remaining)} remains`;
  return `The ${reset ? `${reset} ` : ''}limit is ${formatUsd(amount)}${left}`;
}

/** Describes why the figures of a usage may be too low, or are missing. */
export function describeGap(gap: UsageGap): string {
  switch (gap.kind) {
    case 'clocks-differ':
      return `The period is by the runner's clock, which shows ${formatTime(gap.runner)}, while OpenRouter's shows ${formatTime(gap.server)}.`;
    case 'too-long':
      return `OpenRouter's analytics goes back ${gap.maxDays} days. It has nothing from before ${formatTime(gap.from)}.`;
    case 'creation-unknown':
      return `OpenRouter does not report when this was created. The figures begin ${gap.maxDays} days ago.`;
    case 'truncated':
      return 'There are more models than OpenRouter returns. The least expensive ones are missing.';
    case 'cached':
      return `OpenRouter returned figures that it stored at ${formatTime(gap.at)}. Later requests are missing.`;
    case 'warning':
      return `OpenRouter's analytics warns: ${gap.text}`;
    case 'behind':
      return `OpenRouter's analytics knows of ${formatUsd(gap.analytics)}, but the counters of the API keys show ${formatUsd(gap.keys)}. Some requests are missing in the figures by model.`;
    case 'keys-unread':
      return `Could not read all that ${countKeys(gap.keys)} spent in this period. ${INVALID_FIELD}`;
    case 'byok-unread':
      return `Could not read all that ${countKeys(gap.keys)} spent with your own provider keys in this period. ${INVALID_FIELD}`;
    case 'models-unread':
      return `Models whose cost OpenRouter's analytics does not report: ${gap.models}.`;
    case 'limit-unread':
      return 'Could not read the limit of the API key, or what remains of it.';
  }
}

const INVALID_FIELD = 'A counter or created_at is missing or invalid.';
