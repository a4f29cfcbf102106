import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../src/http/request.ts';
import { Failure } from '../../src/operations/shared/failure.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { describeWarning } from '../../src/report/describe-warning.ts';

const WORKSPACE = { id: '3fa85f64-5717-4562-b3fc-2c963f66afa6', slug: 'preview-42', name: 'P' };
const KEY = { hash: 'ab', name: 'CI', label: 'sk-or-v1-ab...cd', workspace_id: WORKSPACE.id };
const OTHER_KEY = { ...KEY, label: 'sk-or-v1-ef...01' };
const UNDELETED = {
  key: KEY,
  error: new ApiError({
    operation: 'delete the API key "CI"',
    method: 'DELETE',
    path: '/keys/ab',
    kind: 'rejected',
    reason: 'HTTP 403 Forbidden',
    attempts: 1,
    ambiguous: false,
    wasThrottled: false,
  }),
};

describe('API keys of an unknown owner', () => {
  const OWNER = { name: 'CI', workspace: WORKSPACE, isDistinguishable: false };

  test('that are one key are described in the singular', () => {
    expect(describeWarning('key-owner-unknown', { ...OWNER, keys: [KEY] })).toMatchObject({
      title: 'Cannot determine which job created the API key named "CI"',
      lines: [
        'A response was lost. Since then, the workspace preview-42 has a new API key: "CI" (sk-or-v1-ab...cd).',
        expect.anything(),
        'Check whether it is in use, and delete it if not.',
      ],
    });
  });

  test('that are several keys are described in the plural', () => {
    const keys = [KEY, OTHER_KEY];
    expect(describeWarning('key-owner-unknown', { ...OWNER, keys })).toMatchObject({
      title: 'Cannot determine which job created the API keys named "CI"',
      lines: [
        'A response was lost. Since then, the workspace preview-42 has these new API keys: "CI" (sk-or-v1-ab...cd), "CI" (sk-or-v1-ef...01).',
        expect.anything(),
        'Check which of them are in use, and delete the others.',
      ],
    });
  });
});

test.each([
  [1, 1, 'Could not delete the replaced API key', 'deletes it,'],
  [1, 2, 'Could not delete 1 of 2 replaced API keys', 'deletes it,'],
  [2, 2, 'Could not delete 2 of 2 replaced API keys', 'deletes them,'],
])('%i of %i replaced API keys that could not be deleted', (left, count, title, again) => {
  const undeleted = Array(left).fill(UNDELETED);
  const failure = new Failure('replaced-keys-not-deleted', { key: OTHER_KEY, undeleted, count });
  const described = describeError(failure, 'possible');
  expect(described.title).toBe(title);
  expect(described.lines.at(-1)).toBe(`Running this again ${again} together with the new key.`);
});

describe('the warning of stale workspaces', () => {
  const ENTRY = { ...WORKSPACE, created_at: null, age: 1, reason: 'old' };
  const NONE = {
    deleted: [],
    failed: [],
    alreadyDeleted: [],
    wouldDelete: [],
    tooMany: [],
    kept: [],
    staleCount: 1,
    keptCount: 0,
  };
  const STILL_OPEN =
    'The pull request of a preview may still be open. If it is closed, check why the workflow that deletes previews did not.';
  const DELETED = 'Check why the workflow that deletes previews did not.';

  test.each([
    ['were deleted', { deleted: [ENTRY] }, DELETED],
    ['were deleted in part', { deleted: [ENTRY], failed: [ENTRY] }, DELETED],
    ['could not be deleted', { failed: [ENTRY] }, STILL_OPEN],
    ['a dry run would delete', { wouldDelete: [ENTRY] }, STILL_OPEN],
    ['are too many to be deleted', { tooMany: [ENTRY] }, STILL_OPEN],
  ])('that %s says what to check', (_, entries, advice) => {
    const { title, lines } = describeWarning('stale-workspaces', {
      result: { ...NONE, ...entries },
    });
    expect(title).toBe('Stale: 1 workspace');
    expect(lines.at(-1)).toBe(advice);
  });
});
