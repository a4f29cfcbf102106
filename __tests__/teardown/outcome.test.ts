import { expect, test } from '@jest/globals';
import { toUsd } from '../../src/lib/usd.ts';
import { type Deletion, deletionLine } from '../../src/teardown/outcome.ts';
import { KEY } from '../support/failure-facts.ts';
import { seen } from '../support/seen-keys.ts';

const spent = (text: string, isExact: boolean) => ({ amount: toUsd(Number(text)), isExact });
const keys = (count: number) => Array.from({ length: count }, () => seen(KEY, undefined));

test.each<[Deletion, string]>([
  [
    { outcome: 'deleted', keys: keys(2), spent: spent('0.8449', true) },
    'Deleted "a": 2 API keys, $0.84 spent.',
  ],
  [
    { outcome: 'deleted', keys: keys(2), spent: spent('0.8469', false) },
    'Deleted "a": 2 API keys, at least $0.84 spent.',
  ],
  [
    { outcome: 'deleted', keys: keys(1), spent: spent('0', false) },
    'Deleted "a": 1 API key, spending not yet counted.',
  ],
  [{ outcome: 'deleted', keys: keys(1) }, 'Deleted "a": 1 API key, spending unknown.'],
  [{ outcome: 'deleted', keys: [], spent: spent('0', true) }, 'Deleted "a": no API keys.'],
  [
    { outcome: 'already-deleted', keys: keys(1), spent: spent('0', true) },
    'Another job had deleted "a". This step deleted 1 API key, $0.00 spent.',
  ],
])(
  'the line about a deletion (%#) says by whom, how many API keys, and what they had spent',
  (deletion, line) => {
    expect(deletionLine('"a"', deletion)).toBe(line);
  },
);
