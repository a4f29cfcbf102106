import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommentData,
  formatMarker,
  isBill,
  readComment,
} from '../../../src/actions/preview/comment.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { someData, WORKSPACE } from '../../support/some-comments.ts';

const ID = WORKSPACE.id;
const usd = (text: string) => toUsd(Number(text));
const DATA: CommentData = {
  workspace: ID,
  spent: usd('0.25'),
  state: 'so far',
  isAtLeast: false,
  cap: usd('5'),
};

describe('the data in a comment', () => {
  test('are read as they were written, in plain ASCII that nothing ends early', () => {
    fc.assert(
      fc.property(someData, fc.string(), (data, rest) => {
        const marker = formatMarker(data);
        expect(marker).toMatch(/^<!-- openrouter-preview:v1 [ !-"$-;=?A-~]+ -->$/);
        expect(readComment(`${marker}\n${rest}`)).toEqual(data);
      }),
    );
  });

  test('are the workspace, what was spent, what kind of sum that is, and the cap', () => {
    expect(formatMarker(DATA)).toBe(
      `<!-- openrouter-preview:v1 {"workspace":"${ID}","spent":0.25,"state":"so far","isAtLeast":false,"cap":5} -->`,
    );
    expect(formatMarker({ ...DATA, state: 'bill', isAtLeast: true, cap: undefined })).toBe(
      `<!-- openrouter-preview:v1 {"workspace":"${ID}","spent":0.25,"state":"bill","isAtLeast":true} -->`,
    );
  });

  const marker = formatMarker(DATA);
  test.each<[string, string]>([
    ['a body with something before the marker', ` ${marker}`],
    ['a quoted marker', `> ${marker}`],
    ['a marker of another version', marker.replace('v1', 'v2')],
    ['a marker without its end', marker.replace('-->', '')],
    ['a marker without JSON', '<!-- openrouter-preview:v1 {"workspace": -->'],
    ['a marker that is a list', '<!-- openrouter-preview:v1 [] -->'],
    ['data without a workspace', marker.replace('workspace', 'space')],
    ['data without an amount', marker.replace('spent', 'sum')],
    ['data without a state', marker.replace('state', 'kind')],
    ['data that do not say whether more was spent', marker.replace('isAtLeast', 'x')],
    ['an id that is none', marker.replace(ID, 'x')],
    ['__proto__ as an id', marker.replace(ID, '__proto__')],
    ['an amount that is none', marker.replace('0.25', '1e999')],
    ['an amount that is a text', marker.replace('0.25', '"0.25"')],
    ['a cap that is none', marker.replace('5}', '"much"}')],
    ['a state that is none', marker.replace('so far', 'deleted')],
    ['data that are too long', marker.replace('{', `{"x":"${'x'.repeat(1_000)}",`)],
  ])('%s has no data', (_, body) => {
    expect(body).not.toBe(marker);
    expect(readComment(body)).toBeUndefined();
  });
});

test.each([
  ['so far', false],
  ['bill', true],
] as const)('a comment in the state "%s" is a bill: %s', (state, expected) => {
  expect(isBill({ ...DATA, state })).toBe(expected);
});
