import fc from 'fast-check';
import type { CommentData } from '../../src/actions/preview/comment.ts';

/** Pieces of what could end a comment in HTML, break a table, or reach people and pages. */
const PIECES = [
  '-->',
  '--!>',
  '<!--',
  '</code>',
  '</table>',
  '<img src=x onerror=alert(1)>',
  '@octocat',
  '#42',
  '|',
  '`',
  '\n\n',
  '\r',
  '\u2028',
  '\u0000',
  '\u202e',
  '\ud800',
  '"}}',
  '\\',
  'octo-org/shop / CI / 123.1 / test',
  '://evil.example',
];

/** A text that someone chose to do harm. */
export const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 5 })), {
    maxLength: 6,
  })
  .map((pieces) => [...pieces.join('')].slice(0, 200).join(''));

const amount = fc.oneof(
  fc.constantFrom('0', '1', '1.0', '0.1', '0.2', '0.000000000000000000000000000001'),
  fc.nat(1_000_000).map((units) => String(units / 10_000)),
);

const orNull = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null, freq: 9 });

const row = fc.record({
  at: fc.constantFrom(0, 1_790_000_000, 1_790_000_001),
  limit: orNull(amount),
  name: hostileText,
});

const keyData = fc.record({ spent: orNull(amount), row }, { requiredKeys: ['spent'] });

const records = <Value>(ids: readonly string[], values: fc.Arbitrary<Value>) =>
  fc.dictionary(fc.constantFrom(...ids), values, { maxKeys: ids.length, noNullPrototype: true });

const IDS = ['a', 'b', 'c'].map((digit) => `3fa85f64-5717-4562-b3fc-2c963f66afa${digit}`);

/** The data of two comments have often the same workspaces and keys. */
export const someData: fc.Arbitrary<CommentData> = fc.record({
  isCut: fc.boolean(),
  workspaces: records(
    IDS,
    fc.record({
      slug: fc.constantFrom('preview-shop-42', 'other-42'),
      deletion: fc.constantFrom('none' as const, 'unfinished' as const, 'finished' as const),
      keys: records(['constructor', '0', '1f', 'e2d4c6b8a0918273', 'ffffffffffffffff'], keyData),
    }),
  ),
});

const hex = (at: number) => at.toString(16).padStart(16, '0');

/** More than a comment has space for. */
export const muchData: fc.Arbitrary<CommentData> = fc
  .record({
    count: fc.nat(700),
    perWorkspace: fc.integer({ min: 1, max: 700 }),
    name: hostileText,
    spent: fc.constantFrom('0.5', '9'.repeat(40)),
    hasRows: fc.boolean(),
    deletion: fc.constantFrom('none' as const, 'unfinished' as const, 'finished' as const),
  })
  .map(({ count, perWorkspace, name, spent, hasRows, deletion }) => {
    const workspaces: CommentData['workspaces'] = {};
    for (let at = 0; at < count; at += 1) {
      const id = `3fa85f64-5717-4562-b3fc-${hex(Math.floor(at / perWorkspace)).slice(4)}`;
      const slug = `preview-${hex(Math.floor(at / perWorkspace))}`.padEnd(50, 'x');
      workspaces[id] ??= { slug, deletion, keys: {} };
      const withRow = { row: { at, limit: spent, name: `${at} ${name}`.slice(0, 200) } };
      workspaces[id].keys[hex(at)] = { spent, ...(hasRows && withRow) };
    }
    return { isCut: false, workspaces };
  });
