import { describe, expect, test } from '@jest/globals';
import { staleNotice } from '../../src/actions/sweep/report.ts';
import { sweepSummary } from '../../src/teardown/report.ts';
import { sweepFailure } from '../../src/teardown/sweep-failure.ts';
import {
  meaningOf,
  outcomeOfNone,
  type SweepOutcome,
  withOutcome,
} from '../../src/teardown/sweep-result.ts';
import { sweptTo } from '../support/failures.ts';

type Row = [outcomes: SweepOutcome[], meaning: ReturnType<typeof meaningOf>];

describe('workspaces with these outcomes', () => {
  test.each<Row>([
    [[], 'nothing-stale'],
    [['kept', 'kept'], 'nothing-stale'],
    [['kept', 'deleted'], 'deleted'],
    [['already-deleted'], 'deleted'],
    [['kept', 'reopened'], 'deleted'],
    [['kept', 'would-delete'], 'would-delete'],
    [['deleted', 'failed'], 'incomplete'],
    [['kept', 'unread'], 'incomplete'],
    [['unread', 'would-delete'], 'incomplete'],
    [['kept', 'too-many', 'too-many'], 'too-many'],
    [['unread', 'too-many'], 'too-many'],
  ])('%j mean %s, for title, notice and failure', (outcomes, meaning) => {
    const result = outcomes.map((outcome) => sweptTo(outcome));
    expect(meaningOf(result)).toBe(meaning);
    const codes: Record<string, string> = {
      'too-many': 'too-many-stale',
      incomplete: 'sweep-incomplete',
    };
    expect(sweepFailure(result, { kind: 'sweep', maxDeletions: 1 })?.code).toBe(codes[meaning]);
    if (codes[meaning]) return;
    const icons = { 'nothing-stale': '✅ Nothing ', 'would-delete': '🔎', deleted: '✅ ' };
    const { title } = sweepSummary(result, { kind: 'sweep', deleteKeys: true });
    expect(title).toMatch(new RegExp(`^${icons[meaning as keyof typeof icons]}`, 'u'));
    expect(staleNotice(result) === undefined).toBe(meaning === 'nothing-stale');
  });
});

test.each([
  [2, false, undefined],
  [2, true, 'would-delete'],
  [3, false, 'too-many'],
  [3, true, 'too-many'],
])(
  'if 2 may be deleted, what becomes of %i stale workspaces without a deletion (dry run: %s) is %s',
  (count, dryRun, outcome) => {
    const stale = Array.from({ length: count }, () => sweptTo('kept'));
    expect(outcomeOfNone(stale, { maxDeletions: 2, dryRun })).toBe(outcome);
  },
);

test('workspaces are listed by the requested outcomes, and else in the order of the result', () => {
  const result = (['kept', 'failed', 'deleted', 'unread', 'deleted'] as const).map(
    (outcome, index) => ({ ...sweptTo(outcome), slug: `pr-${index}` }),
  );
  const slugs = withOutcome(result, 'deleted', 'unread').map(({ slug }) => slug);
  expect(slugs).toEqual(['pr-2', 'pr-4', 'pr-3']);
});
