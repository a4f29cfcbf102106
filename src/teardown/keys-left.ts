import { countKeys, truncateList } from '../lib/format.ts';
import { formatUsd } from '../lib/format-usd.ts';
import { maxUsd, sumUsd, type Usd } from '../lib/usd.ts';
import { describeKey, type Key, limitOf } from '../openrouter/resources/keys.ts';
import { isWorking, type SeenKey } from '../openrouter/settlement.ts';

/**
 * The API keys of a workspace that was to be deleted: those that were listed and not deleted, as they are then. Undefined
 * if it may have others: they could not be listed, or OpenRouter rejects the deletion, as it does if there are API keys,
 * but lists none. A list can be late, and never has keys that were created through OAuth.
 */
export type KeysLeft = readonly SeenKey[] | undefined;

/** Those of the API keys that are left that still work; undefined if unknown. */
function workingIn(keysLeft: KeysLeft): Key[] | undefined {
  return keysLeft?.filter(isWorking).map(({ key }) => key);
}

/** Whether any of the API keys that are left may still work. */
export function canSpend(keysLeft: KeysLeft): boolean {
  return workingIn(keysLeft)?.length !== 0;
}

/** Keys in one sentence. */
const MAX_NAMED = 3;

/** Whether the API keys that are left can spend, in a sentence. The answers begin differently. */
export function describeWorking(keysLeft: KeysLeft): string {
  const working = workingIn(keysLeft);
  if (!working) return 'Its API keys may still work, each up to its own limit.';
  if (working.length === 0) return 'None of its API keys works.';
  const what = [countKeys(working.length), ...boundOf(working)].join(', ');
  return `Still able to spend: ${what}: ${truncateList(working.map(describeKey), MAX_NAMED).join(', ')}.`;
}

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
