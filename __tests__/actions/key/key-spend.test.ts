import { describe, expect, test } from '@jest/globals';
import { formatSpend } from '../../../src/actions/key/key-spend.ts';
import { parseUsd, type Usd } from '../../../src/lib/usd.ts';

const usd = (text: string) => parseUsd(text) as Usd;

describe('what a key has spent, in one sentence', () => {
  const limit = { amount: usd('1'), reset: undefined, remaining: usd('0.7') };
  test.each<[string, Parameters<typeof formatSpend>[0], string]>([
    [
      'with a limit that resets',
      { spent: usd('0.3'), byok: 0n, limit: { ...limit, reset: 'daily' }, isSoFar: false },
      'Spent $0.30 in total',
    ],
    [
      'with your own provider keys',
      { spent: usd('0.3'), byok: usd('0.25'), limit, isSoFar: false },
      'Spent $0.30 of $1.00, and $0.25 with your own provider keys',
    ],
    [
      'if it may spend more, with a limit that resets',
      { spent: usd('0.3'), byok: usd('0.25'), limit: { ...limit, reset: 'daily' }, isSoFar: true },
      'Spent $0.30 in total so far, and $0.25 with your own provider keys',
    ],
    [
      'if it may spend more',
      { spent: usd('0.3'), byok: usd('0.25'), limit, isSoFar: true },
      'Spent $0.30 of $1.00 so far, and $0.25 with your own provider keys',
    ],
  ])('%s', (_, spend, sentence) => {
    expect(formatSpend(spend)).toBe(sentence);
  });

  test('can say where, and has all decimals if the rounded amount would be the limit', () => {
    const spend = { spent: usd('0.999'), byok: 0n, limit, isSoFar: true };
    expect(formatSpend(spend, 'at OpenRouter')).toBe('Spent $0.999 of $1.00 at OpenRouter so far');
  });
});
