import { describe, expect, test } from '@jest/globals';
import { keyOwnerUnknownWarning, replacedKeysNotDeleted } from '../../src/actions/key/failures.ts';
import { staleWorkspaces } from '../../src/actions/sweep/failures.ts';
import { describeError, describeWarning } from '../../src/report/describe-error.ts';
import { Failure } from '../../src/shared/failure.ts';
import { EMPTY_SWEEP, KEY, STALE, UNDELETED_KEY, WORKSPACE } from '../support/failures.ts';

const OTHER_KEY = { ...KEY, label: 'sk-or-v1-ef...01' };

test.each([
  [
    'Cannot determine which job created the API key named "CI"',
    [KEY],
    'a new API key: "CI" (sk-or-v1-ab...cd).',
    'Check whether it is in use, and delete it if not.',
  ],
  [
    'Cannot determine which job created the API keys named "CI"',
    [KEY, OTHER_KEY],
    'these new API keys: "CI" (sk-or-v1-ab...cd), "CI" (sk-or-v1-ef...01).',
    'Check which of them are in use, and delete the others.',
  ],
])('API keys of an unknown owner are counted: %s', (title, keys, named, advice) => {
  const details = { name: 'CI', workspace: WORKSPACE, isDistinguishable: false, keys };
  const described = describeWarning(keyOwnerUnknownWarning, details);
  expect(described.title).toBe(title);
  expect(described.lines).toEqual([
    `A response was lost. Since then, the workspace preview-42 has ${named}`,
    expect.anything(),
    advice,
  ]);
});

test.each([
  [1, 1, 'Could not delete the replaced API key', 'one'],
  [1, 2, 'Could not delete 1 of 2 replaced API keys', 'one'],
  [2, 2, 'Could not delete 2 of 2 replaced API keys', 'ones'],
])('%i of %i replaced API keys that could not be deleted', (left, count, title, again) => {
  const undeleted = Array(left).fill(UNDELETED_KEY);
  const failure = new Failure(replacedKeysNotDeleted, { key: OTHER_KEY, undeleted, count });
  const described = describeError(failure, 'possible');
  expect(described.title).toBe(title);
  expect(described.lines.at(-1)).toBe(
    `Running this again creates another key, then deletes this one and the older ${again}.`,
  );
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
