import { describe, expect, test } from '@jest/globals';
import { readCreateInputs } from '../../src/actions/create/inputs.ts';
import { readSecrets } from '../../src/inputs/connection.ts';
import { inputName } from '../../src/inputs/read-inputs.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { createRedactor } from '../../src/report/redactor.ts';
import { toLine } from '../../src/report/text.ts';
import { ACTIONS } from '../support/action-inputs.ts';
import { expectCpuTimeBelow } from '../support/cpu-time.ts';
import { KEY, NO_LOG, type Reader, readWith, rejectionOf } from '../support/read-inputs.ts';

const MAX_BYTES = 64 * 1024;
/** Far more than any input takes, and less than one whose time grows with the square of its length. */
const MAX_CPU_MS = 200;

/** The longest text in which `unit` is repeated between `start` and `end`. */
function longest(unit: string, { start = '', end = '' } = {}): string {
  const left = MAX_BYTES - Buffer.byteLength(start + end);
  return `${start}${unit.repeat(left / Buffer.byteLength(unit))}${end}`;
}

/** Reads inputs, and reports what is wrong with them, as a step does. */
function readAndReport(read: Reader<unknown>): void {
  const { register, redactShown } = createRedactor();
  register(readSecrets().managementKey);
  try {
    read(NO_LOG);
  } catch (error) {
    for (const line of describeError(error, 'none').lines) toLine(line, redactShown);
  }
}

/** Expects that `read` needs little time for the inputs in `texts`. */
function expectLittleTime(read: Reader<unknown>, texts: Record<string, string>, env = {}): void {
  readWith(() => expectCpuTimeBelow(MAX_CPU_MS, () => readAndReport(read)), texts, env);
}

describe.each(ACTIONS)('little time is taken by inputs of "$folder"', ({ schema, read }) => {
  // What took seconds once, for some input.
  test.each([
    ['spaces', longest(' ', { start: 'x', end: 'x' })],
    ['slashes', longest('/', { start: 'https://a', end: 'x' })],
    ['zeros', longest('0', { start: 'a: 1', end: '1' })],
    ['spaces in an object', longest(' ', { start: 'a: ', end: '\rx' })],
    ['numbers', longest('01,')],
  ])('of 64 KiB of %s', (_, text) => {
    for (const input of Object.keys(schema.shape).map(inputName)) {
      expectLittleTime(read, { [input]: text });
    }
  });
});

test.each<[string, Record<string, string>, Record<string, string>]>([
  [
    'to compare two lists',
    { 'allowed-models': longest('a/b,'), 'ignored-models': longest('a/c,') },
    {},
  ],
  [
    'to find a long management key in other inputs',
    {
      'management-key': `${'a'.repeat(MAX_BYTES / 4)}b${'a'.repeat(MAX_BYTES / 4)}`,
      slug: longest('a', { start: 'a ' }),
      members: longest('a', { start: 'a ' }),
    },
    {},
  ],
  [
    'to check the URL of a proxy',
    {},
    { https_proxy: longest('/', { start: 'http://a', end: 'x' }) },
  ],
])('little time is taken %s', (_, texts, env) => {
  expectLittleTime(readCreateInputs, texts, env);
});

describe('inputs that are too long', () => {
  const long = 'x'.repeat(MAX_BYTES + 1);

  test.each(['a', 'é'])('have more than 64 KiB of %s', (character) => {
    const text = longest(character);
    const linesFor = (name: string) => rejectionOf(readCreateInputs, { name, slug: 'A' });
    expect(linesFor(text)).not.toContain('name is longer than 64 KiB');
    expect(linesFor(`${text}a`)).toContain('name is longer than 64 KiB');
  });

  test('count as provided for the checks that compare inputs', () => {
    const texts = { 'delete-keys': 'true', 'delete-after-job': long };
    const lines = rejectionOf(readCreateInputs, { name: 'A', slug: 'a', ...texts });
    expect(lines).toEqual(['delete-after-job is longer than 64 KiB']);
  });

  test('are not shown, and neither is a management key that is too long', () => {
    const key = `${KEY}-${long}`;
    const texts = { 'management-key': key, name: `${key}\n`, slug: `${key.slice(0, 200)}\n-` };
    expect(rejectionOf(readCreateInputs, texts).join('\n')).not.toContain(KEY);
  });
});
