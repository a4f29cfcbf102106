import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { extractServerMessage } from '../../src/http/response.ts';
import { createRedactor } from '../../src/report/report.ts';
import { toHtml, toLine } from '../../src/report/text.ts';
import { expectCpuTimeBelow } from '../support/cpu-time.ts';

const MIB = 1024 * 1024;
/** A minute is far more than any of these takes, and less than a quadratic pass over 1 MiB takes. */
const MAX_CPU_MS = 60_000;

/** Texts of up to 1 MiB, made of what a server could repeat. */
const texts = fc
  .record({
    unit: fc.oneof(
      fc.constantFrom('\u001b]', '\u001b[', '\u009b', '<', '<a', '<script>', '</'),
      fc.constantFrom('::', '##[', '\r\n', ' ', '%'),
      fc.constant(`sk-or-v1-${'7'.repeat(24)} `),
      fc.string({ minLength: 1, maxLength: 6, unit: 'binary' }),
    ),
    size: fc.integer({ min: 1, max: MIB }),
  })
  .map(({ unit, size }) => unit.repeat(Math.ceil(size / unit.length)).slice(0, size));

describe('a text from the network costs bounded time', () => {
  const { redactShown } = createRedactor();
  test.each<[string, (text: string) => unknown]>([
    ['as a line of the log', (text) => toLine(text, redactShown)],
    ['in a summary', (text) => toHtml(text, redactShown)],
    ['as an error page', extractServerMessage],
    ['as an error in JSON', (message) => extractServerMessage(JSON.stringify({ message }))],
  ])('%s', (_, work) => {
    fc.assert(
      fc.property(texts, (text) => {
        expectCpuTimeBelow(MAX_CPU_MS, () => work(text));
      }),
      { numRuns: 40, examples: [['\u001b]'.repeat(MIB / 2)], ['<a'.repeat(MIB / 2)]] },
    );
  });
});

test.each([1_500, 3_500, 16_000])(
  'a secret of %i characters that the cut of a long text divides is not shown in part',
  (length) => {
    const secret = Array.from({ length }, (_, at) => (at % 36).toString(36)).join('');
    const redactor = createRedactor();
    redactor.register([secret, 'another-secret-0123456789']);
    for (const before of ['x'.repeat(600), '\u001b[31m'.repeat(400)]) {
      for (const show of [toLine, toHtml]) {
        const text = `${before}${secret.slice(0, 5)}\u0000${secret.slice(5)}${'\u0000'.repeat(5_000)}`;
        expect(show(text, redactor.redactShown)).not.toContain(secret.slice(6, 42));
      }
    }
  },
);

test('a secret that the cut of a long text divides is not shown in part', () => {
  const secret = 'secret-without-the-shape-of-a-key-0123456789';
  const redactor = createRedactor();
  redactor.register([secret]);
  for (let at = 16_300; at <= 16_400; at += 1) {
    // Control characters vanish, so that the cut comes into view.
    const text = `${'\u0000'.repeat(at)}${secret}${'x'.repeat(2_000)}`;
    for (const show of [toLine, toHtml]) {
      expect(show(text, redactor.redactShown)).not.toContain(secret.slice(0, 12));
    }
  }
});
