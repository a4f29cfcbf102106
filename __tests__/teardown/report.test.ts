import { describe, expect, test } from '@jest/globals';
import type { Table } from '../../src/lib/table.ts';
import { parseUsd, type Usd } from '../../src/lib/usd.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { Failure } from '../../src/shared/failure.ts';
import { keysKeepAppearing } from '../../src/teardown/failures.ts';
import { sweepOutputs, sweepSummary, sweepTables } from '../../src/teardown/report.ts';
import type { SweepOutcome, SweepResult, SweptWorkspace } from '../../src/teardown/sweep-result.ts';

const HOUR = 3_600_000;

const swept = (
  slug: string,
  outcome: SweepOutcome,
  fields: Partial<SweptWorkspace> = {},
): SweptWorkspace => ({
  id: 'a',
  slug,
  created_at: null,
  age: 72 * HOUR,
  reason: '3 d old',
  outcome,
  ...fields,
});

function tableOf(result: SweepResult): Table {
  const { table } = sweepTables(result);
  if (!table) throw new Error('the sweep has no table');
  return table;
}

const many = (count: number, outcome: SweepOutcome) =>
  Array.from({ length: count }, (_, at) => swept(`preview-${at}-🎈🎈🎈`, outcome));

test('the table of a sweep has the outcome for each workspace, failures first, sorted by slug', () => {
  const { header, rows, total } = tableOf([
    swept('stale', 'would-delete'),
    swept('already', 'already-deleted'),
    swept('pr-10', 'deleted'),
    swept('pr-9', 'deleted'),
    swept('z', 'failed', { reason: 'HTTP 502' }),
    swept('failed', 'unread', { reason: 'HTTP 403' }),
    swept('many', 'too-many'),
  ]);
  expect(header).toEqual(['Workspace', 'Age', 'Outcome']);
  expect(rows).toEqual([
    [{ code: 'failed' }, '3 d', '❌ HTTP 403'],
    [{ code: 'z' }, '3 d', '❌ HTTP 502'],
    [{ code: 'already' }, '3 d', 'already deleted by another job'],
    [{ code: 'many' }, '3 d', 'not deleted'],
    [{ code: 'pr-9' }, '3 d', 'deleted'],
    [{ code: 'pr-10' }, '3 d', 'deleted'],
    [{ code: 'stale' }, '3 d', 'would be deleted'],
  ]);
  expect(total).toBeUndefined();
});

test('what a sweep keeps is folded, sorted by slug, and has its age once', () => {
  const kept = [
    swept('pr-2', 'kept', { reason: 'only 2 h old' }),
    swept('pr-3', 'reopened', { reason: 'it is open again' }),
    swept('pr-1', 'kept', { age: undefined, reason: 'its age is unknown' }),
  ];
  const { table, folded } = sweepTables(kept);
  expect({ table, folded }).toEqual({
    table: undefined,
    folded: [
      {
        title: 'Kept: 3 workspaces',
        table: {
          header: ['Workspace', 'Reason'],
          rows: [
            [{ code: 'pr-1' }, 'its age is unknown'],
            [{ code: 'pr-2' }, 'only 2 h old'],
            [{ code: 'pr-3' }, 'it is open again'],
          ],
        },
      },
    ],
  });
});

describe('what the deleted API keys had spent', () => {
  const spent = (text: string | null) => ({ keysSpent: text && (parseUsd(text) as Usd) }) as object;
  const columnOf = (result: SweepResult) => {
    const { header, rows, total } = tableOf(result);
    return [header, ...rows, ...(total ? [total] : [])].map((row) => row[3]);
  };

  test('is shown with its total, also for a workspace that could not be deleted then', () => {
    const result = [
      swept('already', 'already-deleted', spent('0.1')),
      swept('none', 'deleted'),
      swept('failed', 'failed', spent('0.3')),
    ];
    expect(columnOf(result)).toEqual([
      { numbers: 'Spent by the keys it still had' },
      '$0.30',
      '$0.10',
      '',
      '$0.40',
    ]);
  });

  test('has a total that is "at least" if it is unknown for one workspace', () => {
    const result = [
      swept('known', 'deleted', spent('0.3')),
      swept('unknown', 'deleted', spent(null)),
    ];
    const last = ['$0.30', 'unknown', 'at least $0.30'];
    expect(columnOf(result)).toEqual([{ numbers: 'Spent by the keys it still had' }, ...last]);
  });

  test('is all that its keys had spent in a clean-up of previews, which knows no age', () => {
    const preview = swept('preview', 'deleted', { age: undefined, ...spent('0.3') });
    const { header } = tableOf([preview]);
    expect(header).toEqual(['Workspace', 'Outcome', { numbers: 'Keys spent' }]);
  });

  test.each([['0.3'], [null]])('has no total of one amount: %s', (amount) => {
    expect(tableOf([swept('one', 'deleted', spent(amount))]).total).toBeUndefined();
  });
});

describe('of more workspaces than fit', () => {
  test.each([
    ['deleted', many(900, 'deleted')],
    ['would-delete', many(900, 'would-delete')],
    ['failed', many(900, 'failed')],
    ['kept', many(900, 'kept')],
    ['kept', [...many(100, 'kept'), ...many(800, 'too-many')]],
  ])('the output %s has the first, and a note says how many it lacks', (output, result) => {
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
  expect(sweepTables([])).toEqual({ table: undefined, notes: [] });
});

test('only a dry run that would delete workspaces and no keys says that it did not look for any', () => {
  const noteOf = (outcome: SweepOutcome, { deleteKeys } = { deleteKeys: false }) =>
    sweepSummary([swept('pr-1', outcome)], { deleteKeys }).paragraphs;
  expect(noteOf('would-delete')).toEqual([
    expect.stringMatching(/^Whether they have API keys was not checked\./),
  ]);
  expect(noteOf('would-delete', { deleteKeys: true })).toEqual([]);
  expect(noteOf('kept')).toEqual([]);
  expect(noteOf('deleted')).toEqual([]);
});

test('API keys that keep appearing are described', () => {
  const workspace = { id: 'a', slug: 'preview-42', name: 'Preview' };
  const details = { workspace, rounds: 5, deletedKeys: 7 };
  expect(describeError(new Failure(keysKeepAppearing, details), 'possible')).toMatchObject({
    title: 'New API keys keep appearing in the workspace "preview-42"',
    lines: [
      'Stop whatever creates them: the keys were listed 5 times, and the last list still had new ones.',
      'Deleting the workspace again finishes the work.',
      'Not deleted, or unknown: the workspace "preview-42", id a.',
      'API keys deleted before that: 7.',
      'Whether its API keys still work is unknown.',
    ],
  });
});
