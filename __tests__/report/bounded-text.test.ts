import { describe, expect, test } from '@jest/globals';
import { extractServerMessage } from '../../src/http/response.ts';
import { createRedactor } from '../../src/report/redactor.ts';
import { toHtml, toLine } from '../../src/report/text.ts';
import { expectCpuTimeBelow } from '../support/cpu-time.ts';

const MIB = 1024 * 1024;
/** A minute is far more than any of these takes, and less than a quadratic pass over 1 MiB takes. */
const MAX_CPU_MS = 60_000;

describe('a text from the network costs bounded time', () => {
  const { register, redactShown } = createRedactor();
  register(['sk-or-v1-0123456789abcdef']);
  test.each<[string, (text: string) => unknown]>([
    ['as a line of the log', (text) => toLine(text, redactShown)],
    ['in a summary', (text) => toHtml(text, redactShown)],
    ['as an error page', extractServerMessage],
    ['as an error in JSON', (message) => extractServerMessage(JSON.stringify({ message }))],
  ])('%s', (_, work) => {
    for (const unit of ['\u001b]', '\u009b', '<a', '<script>', '##[', '\r\n', ' ', '&a', '\\u']) {
      expectCpuTimeBelow(MAX_CPU_MS, () => work(unit.repeat(MIB / unit.length)));
    }
  });
});

test.each([1_500, 3_500])(
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
  for (let at = 4_050; at <= 4_100; at += 1) {
    // Control characters vanish, so that the cut comes into view.
    const text = `${'\u0000'.repeat(at)}${secret}${'x'.repeat(2_000)}`;
    for (const show of [toLine, toHtml]) {
      expect(show(text, redactor.redactShown)).not.toContain(secret.slice(0, 12));
    }
  }
});
