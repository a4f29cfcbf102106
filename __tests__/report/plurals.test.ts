import { expect, test } from '@jest/globals';
import { replacedKeysNotDeleted } from '../../src/actions/key/failures.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { Failure } from '../../src/shared/failure.ts';
import { sweepIncomplete, workspaceHasKeys } from '../../src/teardown/failures.ts';
import { KEY, sweptTo, UNDELETED_KEY, WORKSPACE } from '../support/failures.ts';

const OTHER_KEY = { ...KEY, label: 'sk-or-v1-ef...01' };

test.each([
  [1, 'Could not delete the replaced API key: HTTP 403 Forbidden'],
  [2, 'Could not delete 2 of 2 replaced API keys: HTTP 403 Forbidden'],
])('the failure of %i replaced API keys that were not deleted counts them', (count, title) => {
  const undeleted = Array(count).fill(UNDELETED_KEY);
  const failure = new Failure(replacedKeysNotDeleted, { key: OTHER_KEY, undeleted, count });
  const described = describeError(failure, 'possible');
  expect(described.title).toBe(title);
  expect(described.lines.at(-1)).toMatch(/^What was not deleted can still work/);
});

const HAS_KEYS = new Failure(workspaceHasKeys, {
  workspace: WORKSPACE,
  keys: [{ key: KEY, settlesIn: undefined }],
});

test.each([
  ['helps with the others', [sweptTo('failed', HAS_KEYS), sweptTo('failed')], true],
  ['is not advised', [sweptTo('failed', HAS_KEYS)], false],
])(
  'after a sweep that left workspaces with API keys, running it again %s',
  (_, result, isAdvised) => {
    const { lines } = describeError(
      new Failure(sweepIncomplete, { result, kind: 'sweep' }),
      'possible',
    );
    expect(lines.some((line) => line.includes('Run this again'))).toBe(isAdvised);
  },
);
