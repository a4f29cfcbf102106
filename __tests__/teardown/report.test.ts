import { describe, expect, test } from '@jest/globals';
import type { Table } from '../../src/lib/table.ts';
import { parseUsd, type Usd } from '../../src/lib/usd.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { Failure } from '../../src/shared/failure.ts';
import { keysKeepAppearing } from '../../src/teardown/failures.ts';
import { sweepOutputs, sweepSummary, sweepTables } from '../../src/teardown/report.ts';
import type { SweepEntry, SweepResult } from '../../src/teardown/sweep-result.ts';
import { EMPTY_SWEEP } from '../support/failures.ts';

const HOUR = 3_600_000;
const REQUEST = {
  slugPattern: 'pr-*',
  olderThanMs: 24 * HOUR,
  keep: [],
  deleteKeys: false,
  maxDeletions: 50,
  dryRun: false,
  timeoutMs: 60_000,
};

const entryOf = (slug: string, fields: Partial<SweepEntry> = {}): SweepEntry => ({
  id: 'a',
  slug,
  created_at: null,
  age: 72 * HOUR,
  reason: '3 d old',
  ...fields,
});

const resultOf = (fields: Partial<SweepResult>): SweepResult => ({ ...EMPTY_SWEEP, ...fields });

function tableOf(result: SweepResult): Table {
  const { table } = sweepTables(result);
  if (!table) throw new Error('the sweep has no table');
  return table;
}

const many = (count: number) =>
  Array.from({ length: count }, (_, at) => entryOf(`preview-${at}-🎈🎈🎈`));

test('the table of a sweep has the outcome for each workspace, failures first, sorted by slug', () => {
  const result = resultOf({
    wouldDelete: [entryOf('stale')],
    alreadyDeleted: [entryOf('already')],
    deleted: [entryOf('pr-10'), entryOf('pr-9')],
    failed: [entryOf('z', { reason: 'HTTP 502' }), entryOf('failed', { reason: 'HTTP 403' })],
  });
  const { header, rows, total } = tableOf(result);
  expect(header).toEqual(['Workspace', 'Age', 'Outcome']);
  expect(rows).toEqual([
    [{ code: 'failed' }, '3 d', '❌ HTTP 403'],
    [{ code: 'z' }, '3 d', '❌ HTTP 502'],
    [{ code: 'already' }, '3 d', 'already deleted by another job'],
    [{ code: 'pr-9' }, '3 d', 'deleted'],
    [{ code: 'pr-10' }, '3 d', 'deleted'],
    [{ code: 'stale' }, '3 d', 'would be deleted'],
  ]);
  expect(total).toBeUndefined();
});

test('what a sweep keeps is folded, sorted by slug, and has its age once', () => {
  const kept = [
    entryOf('pr-2', { reason: 'only 2 h old' }),
    entryOf('pr-1', { age: undefined, reason: 'its age is unknown' }),
  ];
  const { table, folded } = sweepTables(resultOf({ kept, keptCount: 7 }));
  expect({ table, folded }).toEqual({
    table: undefined,
    folded: [
      {
        title: 'Kept: 7 workspaces',
        table: {
          header: ['Workspace', 'Reason'],
          rows: [
            [{ code: 'pr-1' }, 'its age is unknown'],
            [{ code: 'pr-2' }, 'only 2 h old'],
          ],
          more: 5,
        },
      },
    ],
  });
});

test('those of which there are too many are not deleted, and those that are not listed are counted', () => {
  const { rows, more } = tableOf(resultOf({ tooMany: [entryOf('pr-1')], staleCount: 9 }));
  expect([rows, more]).toEqual([[[{ code: 'pr-1' }, '3 d', 'not deleted']], 8]);
});

describe('what the deleted API keys had spent', () => {
  const spent = (text: string | null) => ({ keysSpent: text && (parseUsd(text) as Usd) }) as object;
  const columnOf = (fields: Partial<SweepResult>) => {
    const { header, rows, total } = tableOf(resultOf(fields));
    return [header, ...rows, ...(total ? [total] : [])].map((row) => row[3]);
  };

  test('is shown with its total, also for a workspace that could not be deleted then', () => {
    const failed = [entryOf('failed', spent('0.3'))];
    const alreadyDeleted = [entryOf('already', spent('0.1'))];
    expect(columnOf({ failed, alreadyDeleted, deleted: [entryOf('none')] })).toEqual([
      { numbers: 'Spent by the keys it still had' },
      '$0.30',
      '$0.10',
      '',
      '$0.40',
    ]);
  });

  test('has a total that is "at least" if it is unknown for one workspace', () => {
    const deleted = [entryOf('known', spent('0.3')), entryOf('unknown', spent(null))];
    const last = ['$0.30', 'unknown', 'at least $0.30'];
    expect(columnOf({ deleted })).toEqual([{ numbers: 'Spent by the keys it still had' }, ...last]);
  });

  test('is all that its keys had spent in a clean-up of previews, which knows no age', () => {
    const deleted = [entryOf('preview', { age: undefined, ...spent('0.3') })];
    const { header } = tableOf(resultOf({ deleted }));
    expect(header).toEqual(['Workspace', 'Outcome', { numbers: 'Keys spent' }]);
  });

  test.each([['0.3'], [null]])('has no total of one amount: %s', (amount) => {
    expect(tableOf(resultOf({ deleted: [entryOf('one', spent(amount))] })).total).toBeUndefined();
  });
});

describe('of more workspaces than fit', () => {
  test.each([
    ['deleted', { deleted: many(900), staleCount: 900 }],
    ['would-delete', { wouldDelete: many(900), staleCount: 900 }],
    ['failed', { failed: many(900), staleCount: 900 }],
    ['kept', { kept: many(500), keptCount: 900 }],
    ['kept', { tooMany: many(500), staleCount: 800, kept: many(100), keptCount: 100 }],
  ])('the output %s has the first, and a note says how many it lacks', (output, fields) => {
    const result = resultOf(fields);
    const { json } = sweepOutputs(result)[output] as { json: string };
    expect(Buffer.byteLength(json)).toBeLessThan(60_000);
    const { length } = JSON.parse(json);
    expect(length).toBeGreaterThan(300);
    expect(sweepTables(result).notes).toEqual([
      `The output ${output} lacks ${900 - length} of 900 workspaces: it is limited to 60 kB.`,
    ]);
  });
});

test('a sweep that finds nothing has no table', () => {
  expect(sweepTables(resultOf({}))).toEqual({ table: undefined, notes: [] });
});

test('only a dry run that would delete workspaces and no keys says that it did not look for any', () => {
  const stale = { wouldDelete: [entryOf('stale')], staleCount: 1 };
  const noteOf = (request: object, result: object = stale) =>
    sweepSummary(resultOf(result), { ...REQUEST, ...request }).paragraphs;
  expect(noteOf({ dryRun: true })).toEqual([
    expect.stringMatching(/^Whether they have API keys was not checked\./),
  ]);
  expect(noteOf({ dryRun: true, deleteKeys: true })).toEqual([]);
  expect(noteOf({ dryRun: true }, {})).toEqual([]);
  expect(noteOf({})).toEqual([]);
});

test('API keys that keep appearing are described', () => {
  const workspace = { id: 'a', slug: 'preview-42', name: 'Preview' };
  const details = { workspace, rounds: 5, deletedKeys: 7 };
  expect(describeError(new Failure(keysKeepAppearing, details), 'possible')).toMatchObject({
    title: 'New API keys keep appearing in the workspace preview-42',
    lines: [
      'The keys were listed 5 times, and the last list still had new ones. Stop whatever creates them.',
      'API keys deleted before that: 7.',
      'Not deleted, or unknown: the workspace preview-42, id a.',
      'Deleting the workspace again finishes the work.',
    ],
  });
});
