import { expect, test } from '@jest/globals';
import { toUsd } from '../../src/lib/usd.ts';
import { deletionLine } from '../../src/teardown/deletion-line.ts';

const spent = (text: string, isExact: boolean) => ({ amount: toUsd(Number(text)), isExact });

test.each([
  [
    { deleted: true, keyCount: 2, spent: spent('0.8449', true) },
    'Deleted "a": 2 API keys, $0.84 spent.',
  ],
  [
    { deleted: true, keyCount: 2, spent: spent('0.8469', false) },
    'Deleted "a": 2 API keys, at least $0.84 spent.',
  ],
  [
    { deleted: true, keyCount: 1, spent: spent('0', false) },
    'Deleted "a": 1 API key, spending not yet counted.',
  ],
  [{ deleted: true, keyCount: 1, spent: undefined }, 'Deleted "a": 1 API key, spending unknown.'],
  [{ deleted: true, keyCount: 0, spent: spent('0', true) }, 'Deleted "a": no API keys.'],
  [
    { deleted: false, keyCount: 1, spent: spent('0', true) },
    'Another job had deleted "a". This step deleted 1 API key, $0.00 spent.',
  ],
])(
  'the line about a deletion (%#) says by whom, how many API keys, and what they had spent',
  (deletion, line) => {
    expect(deletionLine('"a"', deletion)).toBe(line);
  },
);
