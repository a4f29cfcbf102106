import { expect, test } from '@jest/globals';
import { replacedKeysNotDeleted } from '../../src/actions/key/failures.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { Failure } from '../../src/shared/failure.ts';
import { KEY, UNDELETED_KEY } from '../support/failure-facts.ts';

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
