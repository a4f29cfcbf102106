import { describe, expect, test } from '@jest/globals';
import { formatSpend } from '../../../src/actions/key/key-spend.ts';
import { toUsd } from '../../../src/lib/usd.ts';

const usd = (text: string) => toUsd(Number(text));

describe('what a key has spent, in one sentence', () => {
  const limit = { amount: usd('1'), reset: undefined, remaining: usd('0.7') };
  const USUAL = { spent: { amount: usd('0.3'), isExact: true }, byok: 0n, limit, isSoFar: false };
  const LATE = { ...USUAL, spent: { amount: usd('0.3'), isExact: false } };
  const NOTHING = { amount: 0n, isExact: false };
  test.each<[string, Parameters<typeof formatSpend>[0], string]>([
    [
      'with a limit that resets',
      { ...USUAL, limit: { ...limit, reset: 'daily' } },
      'Spent $0.30 in total',
    ],
    [
      'with your own provider keys',
      { ...USUAL, byok: usd('0.25') },
      'Spent $0.30 of $1.00, and $0.25 with your own provider keys',
    ],
    [
      'if it may spend more, with a limit that resets',
      { ...LATE, byok: usd('0.25'), limit: { ...limit, reset: 'daily' }, isSoFar: true },
      'Spent at least $0.30 in total so far, and at least $0.25 with your own provider keys',
    ],
    [
      'if it may spend more',
      { ...LATE, byok: usd('0.25'), isSoFar: true },
      'Spent at least $0.30 of $1.00 so far, and at least $0.25 with your own provider keys',
    ],
    ['if OpenRouter has not counted it', { ...LATE, spent: NOTHING }, 'Spending not yet counted'],
    [
      'if OpenRouter has counted only your own provider keys',
      { ...LATE, spent: NOTHING, byok: usd('0.25') },
      'Spending not yet counted, and at least $0.25 with your own provider keys',
    ],
    [
      'if that is nothing',
      { ...USUAL, spent: { amount: 0n, isExact: true } },
      'Spent $0.00 of $1.00',
    ],
  ])('%s', (_, spend, sentence) => {
    expect(formatSpend(spend)).toBe(sentence);
  });

  test('can say where, and has all decimals if the rounded amount would be the limit', () => {
    const spent = { amount: usd('0.999'), isExact: false };
    const spend = { ...USUAL, spent, isSoFar: true };
    expect(formatSpend(spend, 'at OpenRouter')).toBe(
      'Spent at least $0.99 of $1.00 at OpenRouter so far',
    );
  });
});
