import { expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { previewTask } from '../../../src/actions/preview/task.ts';

const taskFor = (subject: object) => ({
  subject,
  repository: { id: 123456, defaultBranch: 'main' },
  workspace: { id: '3fa85f64-5717-4562-b3fc-2c963f66afa6', slug: 'preview-shop-42' },
  comment: true,
});

test.each<[string, object, boolean]>([
  ['a pull request with its number', { kind: 'pull', number: 42 }, true],
  ['a branch with its name', { kind: 'branch', name: 'main' }, true],
  ['a pull request without its number', { kind: 'pull', name: 'main' }, false],
  ['a branch without its name', { kind: 'branch', number: 42 }, false],
  ['something else', { kind: 'tag', name: 'v1' }, false],
])('a saved task about %s is read only if it is whole', (_, subject, isValid) => {
  const { data } = z.safeParse(previewTask(), taskFor(subject));
  expect(data).toEqual(isValid ? taskFor(subject) : undefined);
});

const isValid = (subject: object) => z.safeParse(previewTask(), taskFor(subject)).success;

test.each(['main', 'feature/x', 'a..b', '.x', 'x.'])(
  'a task can be about the branch %j',
  (name) => {
    expect(isValid({ kind: 'branch', name })).toBe(true);
  },
);

test.each(['', '.', '..', '../../user', 'a/../b', 'a//b', '/a', 'a/'])(
  'a task is not about the branch %j, which would change a path',
  (name) => {
    expect(isValid({ kind: 'branch', name })).toBe(false);
  },
);

test.each([0, -1, 0.5, 1e308])('a task is not about the pull request %d', (number) => {
  expect(isValid({ kind: 'pull', number })).toBe(false);
});
