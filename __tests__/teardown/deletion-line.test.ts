import { expect, test } from '@jest/globals';
import { parseUsd } from '../../src/lib/usd.ts';
import { deletionLine } from '../../src/teardown/deletion-line.ts';

test.each([
  [
    { deleted: true, keyCount: 2, keysSpent: parseUsd('0.8449') ?? null },
    'Deleted "a": 2 API keys, $0.84 spent.',
  ],
  [{ deleted: true, keyCount: 1, keysSpent: null }, 'Deleted "a": 1 API key, spending unknown.'],
  [{ deleted: true, keyCount: 0, keysSpent: 0n }, 'Deleted "a": no API keys.'],
  [
    { deleted: false, keyCount: 1, keysSpent: 0n },
    'Another job had deleted "a". This step deleted 1 API key, $0.00 spent.',
  ],
])(
  'the line about a deletion (%#) says by whom, how many API keys, and what they had spent',
  (deletion, line) => {
    expect(deletionLine('"a"', deletion)).toBe(line);
  },
);
