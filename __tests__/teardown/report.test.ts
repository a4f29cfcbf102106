import { describe, expect, test } from '@jest/globals';
import type { ApiError, ApiErrorDetails } from '../../src/http/request.ts';
import type { Cell, Table } from '../../src/lib/table.ts';
import { toUsd } from '../../src/lib/usd.ts';
import { toSettling } from '../../src/openrouter/settlement.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { Failure } from '../../src/shared/failure.ts';
import {
  keysKeepAppearing,
  sweepIncomplete,
  teardownIncomplete,
  workspaceHasKeys,
} from '../../src/teardown/failures.ts';
import { foldedGroups, sweepOutputs, sweepSummary, sweptTable } from '../../src/teardown/report.ts';
import { sweepFailure } from '../../src/teardown/sweep-failure.ts';
import type {
  SweepKind,
  SweepOutcome,
  SweepResult,
  SweptWorkspace,
} from '../../src/teardown/sweep-result.ts';
import { apiError, KEY, WORKSPACE } from '../support/failures.ts';
import { toKey } from '../support/keys.ts';

const spent = (text: string, isExact = true) => ({
  spent: { amount: toUsd(Number(text)), isExact },
});

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
function shownOf(result: SweepResult, kind: SweepKind = 'sweep') {
  const failure = sweepFailure(result, { kind, maxDeletions: 1 });
  const {
    title,
    table,
    folded = [],
  } = failure
    ? describeError(failure, 'possible')
    : sweepSummary(result, { kind, deleteKeys: true });
  return {
    title,
    table: rowsOf(table),
    folded: folded.map((part) => [textOf(part.title), rowsOf(part.table)] as const),
  };
}

const many = (count: number, outcome: SweepOutcome) =>
  Array.from({ length: count }, (_, at) => swept(`preview-${at}-🎈🎈🎈`, outcome));

const apart = (text: string) => text.replaceAll(' ', '\u00a0');

test('of a sweep that failed in part, the failures are shown alone, and all else is folded with its sums', () => {
  const { title, table, folded } = shownOf([
    swept('already', 'already-deleted'),
    swept('pr-10', 'deleted', spent('0.1')),
    swept('pr-9', 'deleted', { ...spent('20.02'), age: 75 * HOUR }),
    swept('kept', 'kept', { reason: 'only 2 h old' }),
    swept('z', 'failed', { reason: 'not attempted: the timeout of 10 m has expired' }),
    swept('y', 'failed', {
      reason: 'DELETE /keys/ab: HTTP 403 Forbidden',
      error: apiError({ status: 403 }),
    }),
  ]);
  expect(title).toBe('2 of 5 old OpenRouter workspaces could not be deleted');
  expect(table).toEqual({
    header: ['Workspace', 'Reason'],
    rows: [
      ['y', 'OpenRouter: HTTP 403\nits keys may still work'],
      ['z', 'not attempted: the timeout of 10 m has expired\nits keys may still work'],
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
    ['Others, kept: 1', { header: ['Workspace', 'Reason'], rows: [['kept', 'only 2 h old']] }],
  ]);
});

test('a preview has a link to its pull request, and no age', () => {
  const link = { text: '#42', url: 'https://github.com/octo-org/shop/pull/42' };
  const fields = { age: undefined, link, ...spent('0.3') };
  const result = [swept('a', 'deleted', fields), swept('b', 'failed', fields)];
  const [header, row] = [
    ['Preview', 'Reason', 'Spent'],
    ['b #42', '3 d old\nits keys may still work', '$0.30'],
  ];
  expect(shownOf(result, 'clean-up')).toEqual({
    title: '1 of 2 closed OpenRouter previews could not be deleted',
    table: { header, rows: [row] },
    folded: [
      ['Deleted: 1, $0.30 spent', { header: ['Preview', 'Spent'], rows: [['a #42', '$0.30']] }],
    ],
  });
  expect(sweptTable(result, 'clean-up')?.rows[1]?.[0]).toEqual([{ code: 'a' }, ' ', link]);
});

test.each<[string, SweepOutcome[]]>([
  [
    '2 of 4 closed OpenRouter previews could not be deleted',
    ['failed', 'failed', 'deleted', 'already-deleted', 'kept'],
  ],
  ['1 of 3 OpenRouter previews could not be checked', ['unread', 'kept', 'deleted']],
  ['2 of 3 OpenRouter previews could not be checked or deleted', ['unread', 'failed', 'kept']],
  [
    '2 OpenRouter previews are closed, more than max-deletions allows (1): none was deleted',
    ['too-many', 'unread', 'too-many'],
  ],
  ['🔎 Dry run: would delete 1 OpenRouter preview', ['would-delete', 'kept']],
  ['✅ Deleted 1 OpenRouter preview', ['deleted', 'already-deleted', 'kept', 'reopened']],
  [
    '✅ Already deleted by another job: 2 OpenRouter previews',
    ['already-deleted', 'already-deleted', 'kept'],
  ],
  ['✅ Nothing to delete at OpenRouter: 2 previews kept', ['kept', 'reopened']],
  ['✅ Nothing to delete at OpenRouter: no preview found', []],
])('the verdict is: %s', (title, outcomes) => {
  expect(
    shownOf(
      outcomes.map((outcome) => swept('a', outcome)),
      'clean-up',
    ).title,
  ).toBe(title);
});

test.each<[SweepOutcome[], string[], string[]]>([
  [['would-delete', 'kept'], ['would-delete'], ['Others, kept: 1']],
  [['would-delete', 'unread'], ['unread'], ['Would be deleted: 1']],
  [
    ['too-many', 'unread', 'too-many', 'kept'],
    ['too-many', 'too-many'],
    ['Not checked: 1', 'Others, kept: 1'],
  ],
  [['deleted', 'reopened', 'kept'], [], ['Deleted: 1', 'Others, kept: 2']],
])('%j are all shown, the most important ones first', (outcomes, first, others) => {
  const { table, folded } = shownOf(outcomes.map((outcome) => swept(outcome, outcome)));
  expect(table?.rows.map(([slug]) => slug) ?? []).toEqual(first);
  expect(folded.map(([title]) => title)).toEqual(others);
});

describe('the reason of a failure is in words, without ids and requests', () => {
  const of = (details: Partial<ApiErrorDetails>) =>
    apiError({
      kind: 'ambiguous',
      reason: 'HTTP 500 Internal Server Error',
      status: 500,
      ...details,
    });
  const noResponse = { host: 'openrouter.ai', elapsedMs: 60_000 };
  const left = (...errors: ApiError[]) => {
    const facts = { workspace: WORKSPACE, errors, deletedKeys: 1, keysLeft: [] };
    return new Failure(teardownIncomplete, facts);
  };
  test.each<[Error, string]>([
    [of({ attempts: 7 }), 'OpenRouter: HTTP 500, 7 attempts'],
    [of({ serverMessage: 'Oops' }), 'OpenRouter: HTTP 500'],
    [
      of({ kind: 'rejected', status: 403, serverMessage: 'Only administrators can' }),
      'OpenRouter: HTTP 403: Only administrators can',
    ],
    [
      of({
        kind: 'rejected',
        status: 404,
        reason: 'HTTP 404 Not Found',
        server: 'GitHub',
      }),
      'GitHub: HTTP 404',
    ],
    [
      of({ status: 200, reason: 'HTTP 200, but the body is no JSON' }),
      'OpenRouter: HTTP 200, but the body is no JSON',
    ],
    [
      apiError({
        kind: 'unsent',
        reason: 'the connection was refused (ECONNREFUSED)',
        noResponse,
        attempts: 2,
      }),
      'OpenRouter: the connection was refused (ECONNREFUSED), 2 attempts',
    ],
    [
      apiError({ kind: 'aborted', reason: 'the timeout of 60 s has expired' }),
      'the timeout of 60 s has expired',
    ],
    [left(of({ attempts: 7 })), 'OpenRouter: HTTP 500, 7 attempts'],
    [left(of({}), of({})), '2 API keys not deleted. OpenRouter: HTTP 500'],
    [
      new Failure(workspaceHasKeys, {
        workspace: WORKSPACE,
        keys: [{ key: KEY, settlesIn: undefined }],
      }),
      'has 1 API key, and delete-keys is false',
    ],
    [
      new Failure(keysKeepAppearing, { workspace: WORKSPACE, rounds: 5, deletedKeys: 7 }),
      'new API keys keep appearing in it',
    ],
  ])('%s', (error, words) => {
    const reason = error instanceof Failure ? 'new API keys keep appearing in it' : error.message;
    const reasonOf = (outcome: SweepOutcome) =>
      shownOf([swept('a', outcome, { error, reason })]).table?.rows[0]?.[1];
    expect(reasonOf('failed')).toBe(`${words}\nits keys may still work`);
    expect(reasonOf('unread')).toBe(`not checked, and kept. ${words}\nits keys may still work`);
  });
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
      ['a', '3 d old\nits keys may still work', 'at least $0.30'],
    ]);
  });

  test.each([
    ['0.3', true, 'Deleted: 1, $0.30 spent'],
    ['0.3', false, 'Deleted: 1, at least $0.30 spent'],
    ['0', false, 'Deleted: 1, spending not yet counted'],
  ])('has no total of one amount: %s (exact: %s)', (amount, isExact, title) => {
    const result = [swept('one', 'deleted', spent(amount, isExact))];
    expect(shownOf(result).folded[0]?.[0]).toBe(title);
    expect(sweptTable(result, 'sweep')?.total).toBeUndefined();
  });
});

test.each<[SweepResult, string[]]>([
  [[swept('a', 'deleted', spent('0.3')), swept('b', 'kept')], []],
  [
    [swept('a', 'deleted', spent('0.3', false)), swept('b', 'already-deleted', spent('0', false))],
    ['OpenRouter counts what is spent some minutes late.'],
  ],
])('a summary says once why amounts are lower bounds: %#', (result, notes) => {
  expect(sweepSummary(result, { kind: 'sweep', deleteKeys: true }).notes).toEqual(notes);
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
    expect(foldedGroups(result, 'sweep').notes).toEqual([
      `The output ${output} lacks ${900 - length} of 900 workspaces: it is limited to 60 kB.`,
    ]);
  });
});

test('only a dry run that would delete workspaces and no keys says that it did not look for any', () => {
  const noteOf = (outcome: SweepOutcome, { deleteKeys } = { deleteKeys: false }) =>
    sweepSummary([swept('pr-1', outcome)], { kind: 'sweep', deleteKeys }).paragraphs;
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

test('of what failed, first comes what can spend, then what may; the message has the same order', () => {
  const keysLeft = (...keys: object[]) => ({
    keysLeft: toSettling({ keys: keys.map((key) => toKey({ ...KEY, ...key })), serverTime: 0 }),
  });
  const result = [
    swept('disabled', 'failed', keysLeft({ disabled: true })),
    swept('unknown', 'failed'),
    swept('works-10', 'failed', keysLeft({ limit: null })),
    swept('works-9', 'failed', keysLeft({ limit: 1, usage: 0.25 })),
  ];
  const { rows = [], table } = describeError(
    new Failure(sweepIncomplete, { result, kind: 'sweep' }),
    'none',
  );
  const order = ['works-9', 'works-10', 'unknown', 'disabled'];
  expect(rowsOf(table)?.rows.map(([slug]) => slug)).toEqual(order);
  expect(rows.slice(0, 4)).toEqual([
    'works-9: 3 d old; 1 API key can still spend, $0.75 at most',
    'works-10: 3 d old; 1 API key can still spend, no limit',
    'unknown: 3 d old; its keys may still work',
    'disabled: 3 d old; its keys are disabled',
  ]);
});

test('each advice names the workspaces that it is for, unless all failed for one cause', () => {
  const rejected = swept('a', 'failed', {
    error: apiError({ kind: 'rejected', status: 404, hint: 'Ask an admin.' }),
  });
  const failed = swept('b', 'failed', { error: apiError({ kind: 'ambiguous', status: 500 }) });
  const linesOf = (...result: SweptWorkspace[]) =>
    describeError(new Failure(sweepIncomplete, { result, kind: 'clean-up' }), 'none').lines;
  expect(linesOf(rejected, failed)).toEqual([
    'For a: Ask an admin. Then run this again, or wait for the next clean-up.',
    'For b: Run this again, or wait for the next clean-up.',
  ]);
  expect(linesOf(rejected)).toEqual([
    'Ask an admin.',
    'Then run this again, or wait for the next clean-up.',
  ]);
  expect(linesOf(failed)).toEqual(['Run this again, or wait for the next clean-up.']);
  expect(linesOf({ ...failed, keysLeft: 'blocked' })).toEqual([
    "Look for API keys in OpenRouter's dashboard, also those of OAuth apps, and delete them before the workspace.",
    'Then run this again, or wait for the next clean-up.',
  ]);
});
