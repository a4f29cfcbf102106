import { expect, test } from '@jest/globals';
import { toSettling } from '../../src/openrouter/settlement.ts';
import { describeWorking, type KeysLeft, summarizeWorking } from '../../src/teardown/keys-left.ts';
import { KEY } from '../support/failures.ts';
import { toKey } from '../support/keys.ts';

const NOW = Date.parse('2026-11-28T09:40:00Z');
const left = (keys: readonly object[]): KeysLeft => {
  const listed = keys.map((key) => toKey({ ...KEY, ...key }));
  return toSettling({ keys: listed, serverTime: NOW });
};
const DISABLED = { disabled: true };
const EXPIRED = { expires_at: '2026-11-28T09:39:59Z' };
const SPENT = { limit: 1, usage: 0.3 };

test.each<[KeysLeft, string, string]>([
  [left([]), 'it has no API keys', 'No API key is left: nothing can spend.'],
  [left([DISABLED]), 'its keys are disabled', 'All its API keys are disabled: nothing can spend.'],
  [
    left([DISABLED, EXPIRED]),
    'its keys are disabled or expired',
    'All its API keys are disabled or expired: nothing can spend.',
  ],
  [
    'not-listed',
    'its keys may still work',
    'Its API keys may still work, each up to its own limit.',
  ],
  [
    'blocked',
    'it may have API keys that OpenRouter does not list',
    'OpenRouter rejects the deletion, as it does if there are API keys, but lists none.',
  ],
  [
    left([SPENT, DISABLED, { limit: 2, usage: 0, limit_remaining: 1.5 }]),
    '2 API keys can still spend, $2.20 at most',
    'Still able to spend: 2 API keys, $2.20 at most: ',
  ],
  [
    left([{ limit: 2, usage: 0.002 }]),
    '1 API key can still spend, $2.00 at most',
    'Still able to spend: 1 API key, $2.00 at most: ',
  ],
  [
    left([SPENT, { limit: null }]),
    '2 API keys can still spend, at least one without a limit',
    'Still able to spend: 2 API keys, at least one without a limit: ',
  ],
  [
    left([{ ...SPENT, limit_reset: 'daily' }]),
    '1 API key can still spend',
    'Still able to spend: 1 API key: ',
  ],
])('whether API keys that are left can spend, and how much, is said: %#', (keys, short, long) => {
  expect(summarizeWorking(keys)).toBe(short);
  expect(describeWorking(keys)).toMatch(long);
});
