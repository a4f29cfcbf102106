import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCommand } from '../../sandbox/runner.ts';
import { toHtml, toLine } from '../../src/report/text.ts';

/** Text that is made of the pieces commands are made of. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '::',
        ':',
        '##[',
        '#',
        '[',
        ']',
        '\r',
        '\n',
        '\u001b[',
        '\u001b]8;;',
        '\u2028',
      ),
      fc.constantFrom(
        'add-mask',
        ' ',
        '\u00a0',
        '\u3000',
        '\u0000',
        '\u0085',
        '\u202e',
        '&',
        '<',
        '>',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''));

const redact = (text: string) => text;

describe('toLine', () => {
  test('leaves nothing that the runner takes for a command', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const line = toLine(text, redact);
        expect(parseCommand(line)).toBeUndefined();
        expect(line.trimStart().startsWith('::')).toBe(false);
        expect(line).not.toContain('##[');
      }),
      { numRuns: 2_000 },
    );
  });

  test('leaves one line, without controls', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(toLine(text, redact)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
      }),
      { numRuns: 2_000 },
    );
  });

  test('leaves ordinary text as it is', () => {
    const text = 'Created it: id 1, https://openrouter.ai/a?b=c#d [x] 100 % "Ünï" 🎈 a::b';
    expect(toLine(text, redact)).toBe(text);
  });

  test('is bounded', () => {
    fc.assert(
      fc.property(fc.nat(100_000), (length) => {
        expect(toLine('x'.repeat(length), redact).length).toBeLessThanOrEqual(2_001);
      }),
    );
  });
});

describe('toHtml', () => {
  test('leaves no tag, no entity and no line of its own', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const html = toHtml(text, redact);
        expect(html.replaceAll('<br>', '')).not.toMatch(/[<>"'\n\r]/);
        expect(html.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
      }),
      { numRuns: 2_000 },
    );
  });

  test('keeps the lines of a text', () => {
    expect(toHtml('a\nb\r\nc', redact)).toBe('a<br>b<br>c');
  });
});

describe('a secret', () => {
  const SECRET = 'sk-or-v1-0123456789abcdef';

  test('is in neither, however it is split, surrounded and cut', () => {
    const split = fc.tuple(hostile, fc.nat(SECRET.length), hostile).map(([before, at, after]) => {
      return `${before}${SECRET.slice(0, at)}\u001b[0m${SECRET.slice(at)}${after}`;
    });
    const conceal = (text: string) => text.replaceAll(SECRET, '***');
    fc.assert(
      fc.property(split, fc.nat(2_010), (text, length) => {
        const padded = `${'x'.repeat(length)}${text}`;
        expect(toLine(padded, conceal)).not.toContain(SECRET.slice(0, 20));
        expect(toHtml(padded, conceal)).not.toContain(SECRET.slice(0, 20));
      }),
    );
  });
});
