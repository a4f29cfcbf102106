import { describe, expect, test } from '@jest/globals';
import { keyOwnerUnknownWarning, replacedKeysNotDeleted } from '../../src/actions/key/failures.ts';
import { staleWorkspaces } from '../../src/actions/sweep/failures.ts';
import { describeError, describeWarning } from '../../src/report/describe-error.ts';
import { Failure } from '../../src/shared/failure.ts';
import { EMPTY_SWEEP, KEY, STALE, UNDELETED_KEY, WORKSPACE } from '../support/failures.ts';

const OTHER_KEY = { ...KEY, label: 'sk-or-v1-ef...01' };

test('the warning of API keys of an unknown owner counts them', () => {
  const linesFor = (keys: (typeof KEY)[]) => {
    const facts = { name: 'CI', workspace: WORKSPACE, isDistinguishable: false, keys };
    return describeWarning(keyOwnerUnknownWarning, facts).lines;
  };
  expect(linesFor([KEY])).toEqual([
    expect.stringMatching(/, the workspace preview-42 has a new API key: "CI" \(\S+\)\.$/),
    expect.anything(),
    'Check whether it is in use, and delete it if not.',
  ]);
  expect(linesFor([KEY, OTHER_KEY])).toEqual([
    expect.stringMatching(/ has these new API keys: "CI" \(\S+\), "CI" \(\S+\)\.$/),
    expect.anything(),
    'Check which of them are in use, and delete the others.',
  ]);
});

test.each([
  [1, 'Could not delete the replaced API key', 'older one.'],
  [2, 'Could not delete 2 of 2 replaced API keys', 'older ones.'],
])('the failure of %i replaced API keys that were not deleted counts them', (count, title, end) => {
  const undeleted = Array(count).fill(UNDELETED_KEY);
  const failure = new Failure(replacedKeysNotDeleted, { key: OTHER_KEY, undeleted, count });
  const described = describeError(failure, 'possible');
  expect(described.title).toBe(title);
  expect(described.lines.at(-1)).toMatch(new RegExp(` then deletes this one and the ${end}$`));
});

describe('the warning of stale workspaces', () => {
  const STILL_OPEN =
    'The pull request of a preview may still be open. If it is closed, check why the workflow that deletes previews did not.';
  const DELETED = 'Check why the workflow that deletes previews did not.';

  test.each([
    ['were deleted', { deleted: [STALE] }, DELETED],
    ['were deleted in part', { deleted: [STALE], failed: [STALE] }, DELETED],
    ['could not be deleted', { failed: [STALE] }, STILL_OPEN],
    ['a dry run would delete', { wouldDelete: [STALE] }, STILL_OPEN],
    ['are too many to be deleted', { tooMany: [STALE] }, STILL_OPEN],
  ])('that %s says what to check', (_, entries, advice) => {
    const result = { ...EMPTY_SWEEP, staleCount: 1, ...entries };
    const { title, lines } = describeWarning(staleWorkspaces, { result });
    expect(title).toBe('Stale: 1 workspace');
    expect(lines.at(-1)).toBe(advice);
  });
});
