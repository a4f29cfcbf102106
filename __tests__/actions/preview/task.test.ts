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
