import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCommand } from '../../sandbox/runner/runner.ts';
import { toHtml, toLine, toMessage } from '../../src/report/text.ts';

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('::', ':', '##[', '#', '[', ']', '\r', '\n', 'add-mask', '&', '<', '>'),
      fc.constantFrom('\u001b[', '\u001b]8;;', ' ', '\u00a0', '\u3000', '\u0000', '\u0085'),
      fc.constantFrom('\u2028', '\u202e', '\u200f', '\u061c', '\u200b'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''));

const redact = (text: string) => text;

describe('toLine', () => {
  test('leaves one line without a command that the runner reads, and without control characters', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const line = toLine(text, redact);
        expect(parseCommand(line)).toBeUndefined();
        expect(line.trimStart().startsWith('::')).toBe(false);
        expect(line).not.toContain('##[');
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['a left-to-right mark', '\u200e'],
    ['an override of the direction', '\u202e'],
    ['a zero-width space', '\u200b'],
    ['a soft hyphen', '\u00ad'],
    ['a Hangul filler', '\u3164'],
    ['invisible letters', '\u{e0041}\u{e0042}'],
    ['an annotation', '\ufff9'],
  ])('shows %s as a space', (_, hidden) => {
    expect(toLine(`a${hidden}b`, redact)).toBe('a b');
    expect(toHtml(`a${hidden}b`, redact)).toBe('a b');
  });

  test.each([
    ['emoji', '⚠\ufe0f 👩\u200d💻 ❤\ufe0f\u200d🔥'],
    ['Persian', 'می\u200cخواهم'],
    ['Hindi', 'क्\u200dष'],
    ['a Japanese name', '葛\u{e0100}城'],
    ['Mongolian', 'ᠠ\u180b'],
    ['ordinary text', 'Created: id 1, https://openrouter.ai/a?b=c#d [x] 100 % Ünï 🎈 a::b'],
  ])('leaves %s as it is spelled', (_, text) => {
    expect(toLine(text, redact)).toBe(text);
    expect(toHtml(text, redact)).toBe(text);
  });

  test('is bounded, as HTML is before it is escaped', () => {
    fc.assert(
      fc.property(fc.nat(100_000), (length) => {
        const text = 'x'.repeat(length);
        expect(toLine(text, redact).length).toBeLessThanOrEqual(2_001);
        expect(toHtml(text, redact).length).toBeLessThanOrEqual(2_001);
      }),
    );
  });
});

describe('toMessage', () => {
  const NOTE = /^… and (\d+) more: see the job summary\.$/;
  /** Each one different, to see which of them a message contains. */
  const someLines = fc
    .array(fc.nat(2_700), { minLength: 1, maxLength: 80 })
    .map((lengths) => lengths.map((length, at) => `${at} ${'x'.repeat(length)}`.slice(0, 2_700)));

  test('fits into an annotation, with whole lines in order, the first and short last ones among them, and counts the others', () => {
    fc.assert(
      fc.property(someLines, fc.array(fc.nat(199), { maxLength: 4 }), (long, lengths) => {
        const end = lengths.map((length, at) => `!${at}${'!'.repeat(length)}`);
        const lines = [...long, ...end];
        const { text, omitted } = toMessage(lines);
        expect(text.endsWith(end.join('\n'))).toBe(true);
        expect(text.length).toBeLessThanOrEqual(4_000);
        const shown = text.split('\n');
        const kept = shown.filter((line) => !NOTE.test(line));
        const places = kept.map((line) => lines.indexOf(line));
        expect(places).toEqual([...places].sort((a, b) => a - b));
        expect(places[0]).toBe(0);
        expect(places).not.toContain(-1);
        expect(omitted).toBe(lines.length - kept.length);
        const notes = shown.flatMap((line) => NOTE.exec(line)?.[1] ?? []);
        expect(notes).toEqual(omitted > 0 ? [String(omitted)] : []);
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

test('a secret is in neither a line nor HTML, however it is split, surrounded and cut', () => {
  const SECRET = 'sk-or-v1-0123456789abcdef';
  const split = fc.tuple(hostile, fc.nat(SECRET.length), hostile).map(([before, at, after]) => {
    return `${before}${SECRET.slice(0, at)}\u001b[0m${SECRET.slice(at)}${after}`;
  });
  const redactSecret = (text: string) => text.replaceAll(SECRET, '***');
  fc.assert(
    fc.property(split, fc.nat(2_010), (text, length) => {
      const padded = `${'x'.repeat(length)}${text}`;
      expect(toLine(padded, redactSecret)).not.toContain(SECRET.slice(0, 20));
      expect(toHtml(padded, redactSecret)).not.toContain(SECRET.slice(0, 20));
    }),
  );
});
