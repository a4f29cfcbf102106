import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCreateInputs } from '../../src/actions/create/inputs.ts';
import { readSecrets } from '../../src/inputs/connection.ts';
import { inputName } from '../../src/inputs/read-inputs.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { createRedactor } from '../../src/report/report.ts';
import { summaryHtml } from '../../src/report/summary.ts';
import { toLine, toMessage } from '../../src/report/text.ts';
import { ACTIONS } from '../support/actions.ts';
import { expectCpuTimeBelow } from '../support/cpu-time.ts';
import { KEY, NO_LOG, type Reader, readWith, rejectionOf } from '../support/inputs.ts';

/** Every input of every action. */
const INPUTS = ACTIONS.flatMap(({ folder, schema, read }) =>
  Object.keys(schema.shape).map((key) => ({ folder, read, input: inputName(key) })),
);

const MAX_BYTES = 64 * 1024;
const MORE_BYTES = 200_000;
const MAX_CPU_MS = 200;

/** A text in which `unit` is repeated between `start` and `end`. */
interface Repetition {
  start: string;
  unit: string;
  end: string;
}

/** A text of about `bytes` bytes, but not more. */
function textOf({ start, unit, end }: Repetition, bytes: number): string {
  const left = bytes - Buffer.byteLength(start + end);
  return `${start}${unit.repeat(left / Buffer.byteLength(unit))}${end}`;
}

const CHARACTERS = [...'10a $/\\"\'[]{},:.-_@=*?#%\n\r\0é🎈'];
const WORDS = ['a.', 'a/b,', 'x,', '1,', '1a,', '01,', 'name: ', 'a: 1\n', 'a: x\n', 'sk-or-'];
const JSON_WORDS = ['"a",', '\\"', '{},'];
const STARTS = ['', '1', '$1', 'a/', 'a: ', 'a: 1', '{"a": 1', '{"a": "', '[', '["', 'https://a'];

/** Repetitions of anything, in what could begin and end like a valid text. */
const repetitions: fc.Arbitrary<Repetition> = fc.record({
  start: fc.constantFrom(...STARTS),
  unit: fc.oneof(
    fc.constantFrom(...CHARACTERS, ...WORDS, ...JSON_WORDS),
    fc.string({ unit: fc.constantFrom(...CHARACTERS), minLength: 2, maxLength: 5 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }),
  ),
  end: fc.constantFrom('', '1', 'x', '\rx', '1}', '"}', '"]', ']'),
});

/** What took seconds once, for some input. */
const SLOW: readonly Repetition[] = [
  { start: 'x', unit: ' ', end: 'x' },
  { start: 'https://a', unit: '/', end: 'x' },
  { start: 'a: 1', unit: '0', end: '1' },
  { start: 'a: ', unit: ' ', end: '\rx' },
  { start: '', unit: '01,', end: '' },
];

/** Reads inputs, and reports what is wrong with them, as a step does. */
function readAndReport(read: Reader<unknown>): void {
  const { register, redactShown } = createRedactor();
  register(readSecrets().managementKey);
  try {
    read(NO_LOG);
  } catch (error) {
    const { title, lines } = describeError(error, 'none');
    toMessage([title, ...lines].map((line) => toLine(line, redactShown)));
    summaryHtml({ title, paragraphs: lines }, { redact: redactShown, maxBytes: 500_000 });
  }
}

describe.each(INPUTS)('$folder/action.yml, $input', ({ read, input }) => {
  const TOO_LONG = `${input} is longer than 64 KiB`;

  test('can have 64 KiB, and is rejected with one line if it has more', () => {
    // Another invalid input, because some inputs can be any text.
    const invalid = { [input === 'api-url' ? 'timeout' : 'api-url']: 'x' };
    for (const character of ['a', 'é']) {
      const longest = character.repeat(MAX_BYTES / Buffer.byteLength(character));
      expect(rejectionOf(read, { ...invalid, [input]: longest })).not.toContain(TOO_LONG);
      const lines = rejectionOf(read, { ...invalid, [input]: `${longest}a` });
      expect(lines.filter((line) => line.startsWith(`${input} `))).toEqual([TOO_LONG]);
    }
  });

  test.each([MAX_BYTES, MORE_BYTES])(
    'with any text of %i bytes is read or rejected in little time',
    (bytes) => {
      fc.assert(
        fc.property(repetitions, (repetition) => {
          const texts = { [input]: textOf(repetition, bytes) };
          readWith(() => expectCpuTimeBelow(MAX_CPU_MS, () => readAndReport(read)), texts);
        }),
        { numRuns: 20, examples: SLOW.map((repetition) => [repetition]), endOnFailure: true },
      );
    },
  );
});

describe('little time is taken', () => {
  const expectLittle = (texts: Record<string, string>, env: Record<string, string> = {}) => {
    const work = () => expectCpuTimeBelow(MAX_CPU_MS, () => readAndReport(readCreateInputs));
    readWith(work, texts, env);
  };
  const repeat = (unit: string) => textOf({ start: '', unit, end: '' }, MAX_BYTES);

  test.each([
    ['models', 'a/b,', 'a/c,'],
    ['providers', 'a,', 'b,'],
  ])('to compare two lists of %s', (kind, allowed, ignored) => {
    expectLittle({ [`allowed-${kind}`]: repeat(allowed), [`ignored-${kind}`]: repeat(ignored) });
  });

  test('to find a long management key in other inputs', () => {
    const half = 'a'.repeat(MAX_BYTES / 4);
    const others = ['slug', 'default-text-model', 'dry-run', 'if-exists', 'timeout', 'members'];
    const texts = Object.fromEntries(others.map((input) => [input, `a ${repeat('a').slice(2)}`]));
    expectLittle({ ...texts, 'management-key': `${half}b${half}` });
  });

  test('to check the URL of a proxy', () => {
    fc.assert(
      fc.property(repetitions, fc.constantFrom('', 'http://'), (repetition, scheme) => {
        const url = `${scheme}${textOf(repetition, MAX_BYTES)}`.replaceAll('\0', '');
        expectLittle({}, { https_proxy: url });
      }),
      { numRuns: 100 },
    );
  });
});

describe('inputs that are too long', () => {
  const long = 'x'.repeat(MAX_BYTES + 1);

  test('are reported with all other problems, in the order of action.yml', () => {
    const texts = { name: long, slug: 'A', 'api-url': 'nowhere', members: long, 'dry-run': 'yes' };
    expect(rejectionOf(readCreateInputs, texts).map((line) => line.split(';')[0])).toEqual([
      'name is longer than 64 KiB',
      'slug must consist of lower-case letters and digits, separated by single hyphens',
      'members is longer than 64 KiB',
      'dry-run must be true or false',
      'api-url must be a URL such as https://openrouter.ai/api/v1',
    ]);
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
