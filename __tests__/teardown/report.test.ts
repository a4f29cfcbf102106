import { describe, expect, test } from '@jest/globals';
import { CLEAN_UP } from '../../src/actions/preview/clean-up.ts';
import { SWEEP, staleNotice } from '../../src/actions/sweep/report.ts';
import type { Cell, Table } from '../../src/lib/table.ts';
import { toUsd } from '../../src/lib/usd.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { Failure } from '../../src/shared/failure.ts';
import { keysKeepAppearing, sweepFailure } from '../../src/teardown/failures.ts';
import {
  type DeletionOutcome,
  type SweepResult,
  type SweepWords,
  type SweptWorkspace,
  withOutcome,
} from '../../src/teardown/outcome.ts';
import { foldedGroups, sweepOutputs, sweepSummary, sweptTable } from '../../src/teardown/report.ts';

const spent = (text: string, isExact = true) => ({
  spent: { amount: toUsd(Number(text)), isExact },
});

const HOUR = 3_600_000;

const swept = (
  slug: string,
  outcome: DeletionOutcome,
  fields: Partial<SweptWorkspace> = {},
): SweptWorkspace => ({
  id: 'a',
  slug,
  age: 72 * HOUR,
  reason: '3 d old',
  outcome,
  keys: [],
  ...fields,
});

/** What a reader sees of a cell. */
function textOf(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  if ('code' in cell) return cell.code;
  return 'url' in cell ? cell.text : cell.map(textOf).join('');
}

/** The header of a table, and its rows with the total. */
const rowsOf = (table: Table | undefined) =>
  table && {
    header: table.header.map((heading) =>
      typeof heading === 'string' ? heading : heading.numbers,
    ),
    rows: [...table.rows, ...(table.total ? [table.total] : [])].map((row) => row.map(textOf)),
  };

/** What a reader sees of the summary about `result`, whether or not its step fails. */
function shownOf(result: SweepResult, words: SweepWords = SWEEP) {
  const failure = sweepFailure(result, words, { maxDeletions: 1 });
  const {
    title,
    table,
    folded = [],
  } = failure
    ? describeError(failure, 'possible')
    : sweepSummary(result, words, { deleteKeys: true });
  return {
    title,
    table: rowsOf(table),
    folded: folded.map((part) => [textOf(part.title), rowsOf(part.table)] as const),
  };
}

const many = (count: number, outcome: DeletionOutcome) =>
  Array.from({ length: count }, (_, at) => swept(`preview-${at}-🎈🎈🎈`, outcome));

const apart = (text: string) => text.replaceAll(' ', '\u00a0');

test('of a sweep that failed in part, the failures are shown alone, and all else is folded with its sums', () => {
  const { title, table, folded } = shownOf([
    swept('already', 'already-deleted'),
    swept('pr-10', 'deleted', spent('0.1')),
    swept('pr-9', 'deleted', { ...spent('20.02'), age: 75 * HOUR }),
    swept('kept', 'kept', { reason: 'only 2 h old' }),
    swept('z', 'failed', { reason: 'not attempted: the timeout of 10 m has expired' }),
    swept('y', 'failed', { reason: 'OpenRouter: HTTP 403' }),
  ]);
  expect(title).toBe('Could not delete 2 OpenRouter workspaces');
  expect(table).toEqual({
    header: ['Workspace', 'Reason'],
    rows: [
      ['y', 'OpenRouter: HTTP 403'],
      ['z', 'not attempted: the timeout of 10 m has expired'],
    ],
  });
  expect(folded).toEqual([
    [
      'Deleted: 2, $20.12 spent',
      {
        header: ['Workspace', 'Age', 'Spent'],
        rows: [
          ['pr-9', apart('3 d 3 h'), '$20.02'],
          ['pr-10', apart('3 d'), '$0.10'],
          ['Total', '', '$20.12'],
        ],
      },
    ],
    [
      'Already deleted by another job: 1',
      { header: ['Workspace', 'Age'], rows: [['already', apart('3 d')]] },
    ],
    ['Kept: 1', { header: ['Workspace', 'Reason'], rows: [['kept', 'only 2 h old']] }],
  ]);
});

test('a preview has a link to its pull request, and no age', () => {
  const link = { text: '#42', url: 'https://github.com/octo-org/shop/pull/42' };
  const fields = { age: undefined, link, ...spent('0.3') };
  const result = [swept('a', 'deleted', fields), swept('b', 'failed', fields)];
  const [header, row] = [
    ['Preview', 'Reason', 'Spent'],
    ['b #42', '3 d old', '$0.30'],
  ];
  expect(shownOf(result, CLEAN_UP)).toEqual({
    title: 'Could not check or delete 1 OpenRouter preview',
    table: { header, rows: [row] },
    folded: [
      ['Deleted: 1, $0.30 spent', { header: ['Preview', 'Spent'], rows: [['a #42', '$0.30']] }],
    ],
  });
  expect(sweptTable(result, CLEAN_UP)?.rows[0]?.[0]).toEqual([{ code: 'a' }, ' ', link]);
});

test.each<[string, DeletionOutcome[]]>([
  [
    'Could not check or delete 2 OpenRouter previews',
    ['failed', 'failed', 'deleted', 'already-deleted', 'kept'],
  ],
  ['🔎 Dry run: would delete 1 OpenRouter preview', ['would-delete', 'kept']],
  ['✅ Deleted 1 OpenRouter preview', ['deleted', 'already-deleted', 'kept']],
  [
    '✅ Already deleted by another job: 2 OpenRouter previews',
    ['already-deleted', 'already-deleted', 'kept'],
  ],
  ['✅ Left to the next clean-up: 1 OpenRouter preview', ['left', 'kept']],
  ['✅ Nothing to delete: no OpenRouter preview is closed', ['kept', 'kept']],
  ['✅ Nothing to delete: no OpenRouter preview is closed', []],
])('the verdict is: %s', (title, outcomes) => {
  const result = outcomes.map((outcome) => swept('a', outcome));
  expect(shownOf(result, CLEAN_UP).title).toBe(title);
});

test.each<[DeletionOutcome[], string | undefined]>([
  [[], undefined],
  [['deleted', 'already-deleted', 'left', 'would-delete', 'kept'], undefined],
  [['deleted', 'failed'], 'sweep-incomplete'],
  [['failed', 'would-delete'], 'sweep-incomplete'],
  [['failed', 'too-many'], 'too-many-stale'],
])('workspaces with the outcomes %j fail the step with %s', (outcomes, code) => {
  const result = outcomes.map((outcome) => swept('a', outcome));
  expect(sweepFailure(result, SWEEP, { maxDeletions: 1 })?.code).toBe(code);
});

test.each<[DeletionOutcome, string | undefined]>([
  ['kept', undefined],
  ['already-deleted', 'Found 1 stale workspace: a. Check why'],
  ['would-delete', 'Found 1 stale workspace: a. If no one needs them, check why'],
])('the notice of a sweep whose workspace is %s begins: %s', (outcome, begin) => {
  expect(staleNotice([swept('a', outcome)])?.slice(0, begin?.length)).toBe(begin);
});

test('workspaces are listed by the requested outcomes, and else in the order of the result', () => {
  const result = (['kept', 'deleted', 'failed', 'deleted'] as const).map((outcome, index) =>
    swept(`pr-${index}`, outcome),
  );
  const slugs = withOutcome(result, 'deleted', 'kept').map(({ slug }) => slug);
  expect(slugs).toEqual(['pr-1', 'pr-3', 'pr-0']);
});

test.each<[DeletionOutcome[], string[], string[]]>([
  [['would-delete', 'kept'], ['would-delete'], ['Kept: 1']],
  [['would-delete', 'failed'], ['failed'], ['Would be deleted: 1']],
  [
    ['too-many', 'failed', 'too-many', 'kept'],
    ['too-many', 'too-many'],
    ['Failed: 1', 'Kept: 1'],
  ],
  [['deleted', 'kept', 'kept'], [], ['Deleted: 1', 'Kept: 2']],
])('%j are all shown, the most important ones first', (outcomes, first, others) => {
  const { table, folded } = shownOf(outcomes.map((outcome) => swept(outcome, outcome)));
  expect(table?.rows.map(([slug]) => slug) ?? []).toEqual(first);
  expect(folded.map(([title]) => title)).toEqual(others);
});

describe('what the deleted API keys had spent', () => {
  test('has a sum that is "at least" if it is not yet counted for one workspace', () => {
    const [deleted] = shownOf([
      swept('known', 'deleted', spent('0.3')),
      swept('late', 'deleted', spent('0', false)),
      swept('none', 'deleted'),
    ]).folded;
    expect(deleted?.[0]).toBe('Deleted: 3, at least $0.30 spent');
    expect(deleted?.[1]?.rows.map((row) => row[2])).toEqual([
      '$0.30',
      'not yet counted',
      '–',
      'at least $0.30',
    ]);
  });

  test('is also shown of a workspace that could not be deleted then', () => {
    expect(shownOf([swept('a', 'failed', spent('0.3', false))]).table?.rows).toEqual([
      ['a', '3 d old', 'at least $0.30'],
    ]);
  });

  test.each([
    ['0.3', true, 'Deleted: 1, $0.30 spent'],
    ['0.3', false, 'Deleted: 1, at least $0.30 spent'],
    ['0', false, 'Deleted: 1, spending not yet counted'],
  ])('has no total of one amount: %s (exact: %s)', (amount, isExact, title) => {
    const result = [swept('one', 'deleted', spent(amount, isExact))];
    expect(shownOf(result).folded[0]?.[0]).toBe(title);
    expect(sweptTable(result, SWEEP)?.total).toBeUndefined();
  });
});

test.each<[SweepResult, string[]]>([
  [[swept('a', 'deleted', spent('0.3')), swept('b', 'kept')], []],
  [
    [swept('a', 'deleted', spent('0.3', false)), swept('b', 'already-deleted', spent('0', false))],
    ['OpenRouter can count what is spent up to an hour late.'],
  ],
])('a summary says once why amounts are lower bounds: %#', (result, notes) => {
  expect(sweepSummary(result, SWEEP, { deleteKeys: true }).notes).toEqual(notes);
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
    expect(foldedGroups(result, SWEEP).notes).toEqual([
      `The output ${output} lacks ${900 - length} of 900 workspaces: it is limited to 60 kB.`,
    ]);
  });
});

test('only a dry run that would delete workspaces and no keys says that it did not look for any', () => {
  const noteOf = (outcome: DeletionOutcome, { deleteKeys } = { deleteKeys: false }) =>
    sweepSummary([swept('pr-1', outcome)], SWEEP, { deleteKeys }).paragraphs;
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
      'Its API keys may still work, each up to its own limit.',
    ],
  });
});

test('a failure of many lists ten of them, and says once what to do', () => {
  const result = many(12, 'failed').map((one) => ({ ...one, reason: 'OpenRouter: HTTP 500' }));
  const failure = sweepFailure(result, CLEAN_UP, { maxDeletions: 50 });
  const { rows = [], lines } = describeError(failure, 'none');
  expect(rows).toHaveLength(12);
  expect(rows[0]).toBe('preview-0-🎈🎈🎈: OpenRouter: HTTP 500');
  expect(rows.slice(-2)).toEqual(['… and 2 more', 'Deleted: 0.']);
  expect(lines).toEqual([
    'Correct what does not pass by itself. Then run this again, or wait for the next clean-up.',
  ]);
});
