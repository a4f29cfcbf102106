import { countKeys, truncateList } from '../lib/format.ts';
import { formatUsd } from '../lib/format-usd.ts';
import { maxUsd, sumUsd, type Usd } from '../lib/usd.ts';
import { describeKey, isDisabled, type Key, limitOf } from '../openrouter/resources/keys.ts';
import type { SettlingKey } from '../openrouter/settlement.ts';

/**
 * What is known of the API keys of a workspace that was to be deleted: those that were listed and not deleted, as
 * they are then. They are `not-listed` if no list was complete, and `blocked` if OpenRouter rejects the deletion as if
 * there were API keys, but lists none: a list can be late, and never has keys that were created through OAuth.
 */
export type KeysLeft = readonly SettlingKey[] | 'not-listed' | 'blocked';

/** Those of the API keys that are left that still work. */
function workingIn(keysLeft: KeysLeft): Key[] {
  if (typeof keysLeft === 'string') return [];
  return keysLeft.flatMap(({ key, settlesIn }) => (settlesIn === undefined ? key : []));
}

/** How many of the API keys that are left still work; undefined if unknown. */
export function countWorking(keysLeft: KeysLeft): number | undefined {
  return typeof keysLeft === 'string' ? undefined : workingIn(keysLeft).length;
}

/** Of API keys that were not listed. */
export function mayWork(whose: 'Its' | 'Their'): string {
  return `${whose} API keys may still work, each up to its own limit.`;
}

/** Keys in one sentence. */
const MAX_NAMED = 3;

/** Whether the API keys that are left can spend, in a sentence. The answers begin differently. */
export function describeWorking(keysLeft: KeysLeft): string {
  const working = workingIn(keysLeft);
  if (working.length > 0) {
    const what = [countKeys(working.length), ...boundOf(working)].join(', ');
    return `Still able to spend: ${what}: ${truncateList(working.map(describeKey), MAX_NAMED).join(', ')}.`;
  }
  return WITHOUT_WORKING[stateOf(keysLeft)].sentence;
}

/** The same in a list: `its keys are disabled`, `2 API keys can still spend, $1.40 at most` */
export function summarizeWorking(keysLeft: KeysLeft): string {
  const working = workingIn(keysLeft);
  if (working.length > 0) {
    return [`${countKeys(working.length)} can still spend`, ...boundOf(working)].join(', ');
  }
  return WITHOUT_WORKING[stateOf(keysLeft)].item;
}

/** What is known of API keys of which none is known to work. */
function stateOf(keysLeft: KeysLeft): keyof typeof WITHOUT_WORKING {
  if (typeof keysLeft === 'string') return keysLeft;
  if (keysLeft.length === 0) return 'none';
  return keysLeft.every(({ key }) => isDisabled(key)) ? 'disabled' : 'ended';
}

/** The same in a sentence, and in an item of a list. */
const WITHOUT_WORKING = {
  'not-listed': { sentence: mayWork('Its'), item: 'its keys may still work' },
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

/** How much `working` can spend together, where that is known. */
function boundOf(working: readonly Key[]): string[] {
  if (working.some((key) => key.limit === null))
    return [working.length === 1 ? 'no limit' : 'at least one without a limit'];
  const amounts = working.flatMap((key) => leftOf(key) ?? []);
  return amounts.length === working.length ? [`${formatUsd(sumUsd(amounts), 'up')} at most`] : [];
}

/** What `key` can still spend; undefined if unknown, as with a limit that resets. */
function leftOf(key: Key): Usd | undefined {
  const limit = limitOf(key);
  const { usage: spent } = key;
  if (!limit || limit.reset !== undefined || spent === undefined) return undefined;
  return maxUsd(limit.remaining ?? limit.amount - spent, 0n);
}
