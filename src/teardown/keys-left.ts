import { countKeys, truncateList } from '../lib/format.ts';
import { formatUsd } from '../lib/format-usd.ts';
import { maxUsd, sumUsd, toUsd, type Usd } from '../lib/usd.ts';
import { describeKey, isDisabled, type Key, limitOf } from '../openrouter/resources/keys.ts';
import type { SettlingKey } from '../openrouter/settlement.ts';

/** What is known of the API keys of a workspace that was to be deleted. */
export interface KeysLeft {
  /** Those that were listed and not deleted, as they are then. */
  keys: readonly SettlingKey[];
  /** Whether there are no others. */
  isComplete: boolean;
  /** Whether OpenRouter rejects the deletion of the workspace as if it had API keys, but lists none. */
  isBlocked?: boolean;
}

export const NOT_LISTED: KeysLeft = { keys: [], isComplete: false };

/** A list can be late, and OpenRouter never lists keys that were created through OAuth. */
export const BLOCKED_BUT_NONE_LISTED: KeysLeft = { ...NOT_LISTED, isBlocked: true };

/** Those of the API keys that are left that still work. */
function workingIn({ keys }: KeysLeft): Key[] {
  return keys.flatMap(({ key, settlesIn }) => (settlesIn === undefined ? key : []));
}

/** How many of the API keys that are left still work; undefined if none is known to, and there may be others. */
export function countWorking(keysLeft: KeysLeft): number | undefined {
  const working = workingIn(keysLeft).length;
  return working === 0 && !keysLeft.isComplete ? undefined : working;
}

/** Of API keys that were not all listed, and of which none is known to work. */
export function mayWork(whose: 'Its' | 'Their'): string {
  return `${whose} API keys may still work, each up to its own limit.`;
}

/** Keys in one sentence. */
const MAX_NAMED = 3;

/** Whether the API keys that are left can spend, in a sentence. The answers begin differently. */
export function describeWorking(keysLeft: KeysLeft): string {
  const working = workingIn(keysLeft);
  if (working.length > 0) {
    const what = [countAll(working, keysLeft), ...boundOf(working, keysLeft)].join(', ');
    return `Still able to spend: ${what}: ${truncateList(working.map(describeKey), MAX_NAMED).join(', ')}.`;
  }
  return WITHOUT_WORKING[stateOf(keysLeft)].sentence;
}

/** The same in a list: `its keys are disabled`, `2 API keys can still spend, $1.40 at most` */
export function summarizeWorking(keysLeft: KeysLeft): string {
  const working = workingIn(keysLeft);
  if (working.length > 0) {
    return [`${countAll(working, keysLeft)} can still spend`, ...boundOf(working, keysLeft)].join(
      ', ',
    );
  }
  return WITHOUT_WORKING[stateOf(keysLeft)].item;
}

/** What is known of API keys of which none is known to work. */
function stateOf({ keys, isComplete, isBlocked }: KeysLeft): keyof typeof WITHOUT_WORKING {
  if (isBlocked) return 'blocked';
  if (!isComplete) return 'unknown';
  if (keys.length === 0) return 'none';
  return keys.every(({ key }) => isDisabled(key)) ? 'disabled' : 'ended';
}

/** The same in a sentence, and in an item of a list. */
const WITHOUT_WORKING = {
  unknown: { sentence: mayWork('Its'), item: 'its keys may still work' },
  blocked: {
    sentence:
      'OpenRouter rejects the deletion, as it does if there are API keys, but lists none. It never lists the keys of OAuth apps. Any key may still work.',
    item: 'it may have API keys that OpenRouter does not list',
  },
  none: { sentence: 'No API key is left: nothing can spend.', item: 'it has no API keys' },
  disabled: {
    sentence: 'All its API keys are disabled: nothing can spend.',
    item: 'its keys are disabled',
  },
  ended: {
    sentence: 'All its API keys are disabled or expired: nothing can spend.',
    item: 'its keys are disabled or expired',
  },
} as const;

function countAll(working: readonly Key[], { isComplete }: KeysLeft): string {
  return `${countKeys(working.length)}${isComplete ? '' : ' or more'}`;
}

/** How much `working` can spend together, where that is known. */
function boundOf(working: readonly Key[], { isComplete }: KeysLeft): string[] {
  if (working.some((key) => key['limit'] === null))
    return [working.length === 1 ? 'no limit' : 'at least one without a limit'];
  const amounts = working.flatMap((key) => leftOf(key) ?? []);
  const isKnown = isComplete && amounts.length === working.length;
  return isKnown ? [`${formatUsd(sumUsd(amounts), 'up')} at most`] : [];
}

/** What `key` can still spend; undefined if unknown, as with a limit that resets. */
function leftOf(key: Key): Usd | undefined {
  const limit = limitOf(key);
  const spent = toUsd(key['usage']);
  if (!limit || limit.reset !== undefined || spent === undefined) return undefined;
  return maxUsd(limit.remaining ?? limit.amount - spent, 0n);
}
