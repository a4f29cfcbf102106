import { expect, test } from '@jest/globals';
import { seenIn } from '../../src/openrouter/settlement.ts';
import { describeWorking, type KeysLeft } from '../../src/teardown/keys-left.ts';
import { KEY } from '../support/failure-facts.ts';
import { toKey } from '../support/seen-keys.ts';

const NOW = Date.parse('2026-11-28T09:40:00Z');
const left = (keys: readonly object[]): KeysLeft => {
  const listed = keys.map((key) => toKey({ ...KEY, ...key }));
  return seenIn({ keys: listed, serverTime: NOW });
};
const DISABLED = { disabled: true };
const EXPIRED = { expires_at: '2026-11-28T09:39:59Z' };
const SPENT = { limit: 1, usage: 0.3 };

test.each<[KeysLeft, string]>([
  [left([]), 'None of its API keys works.'],
  [left([DISABLED, EXPIRED]), 'None of its API keys works.'],
  [undefined, 'Its API keys may still work, each up to its own limit.'],
  [
    left([SPENT, DISABLED, { limit: 2, usage: 0, limit_remaining: 1.5 }]),
    'Still able to spend: 2 API keys, $2.20 at most: ',
  ],
  [left([{ limit: 2, usage: 0.002 }]), 'Still able to spend: 1 API key, $2.00 at most: '],
  [
    left([SPENT, { limit: null }]),
    'Still able to spend: 2 API keys, at least one without a limit: ',
  ],
  [left([{ ...SPENT, limit_reset: 'daily' }]), 'Still able to spend: 1 API key: '],
])('whether API keys that are left can spend, and how much, is said: %#', (keys, sentence) => {
  expect(describeWorking(keys)).toMatch(sentence);
});
