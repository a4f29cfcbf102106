import { expect, test } from '@jest/globals';
import { breakLine } from '../../../sandbox/cli/terminal.ts';

const TEXT = 'OpenRouter can count what is spent up to an hour late.';

test.each([80, 30, 20, 12, 5, 0, -4])(
  'a line for %d characters keeps its words and its indentation, and has room for ten characters at least',
  (width) => {
    const lines = breakLine(`${' '.repeat(8)}${TEXT}`, width);
    expect(lines.map((line) => line.trim()).join(' ')).toBe(TEXT);
    expect(lines.every((line) => line.startsWith(' '.repeat(8)))).toBe(true);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(
      Math.max(width, 8 + 2 + 10),
    );
  },
);
