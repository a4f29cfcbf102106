import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { updateWorkspaceRequest } from '../../../sandbox/openrouter/resources/workspaces.ts';
import {
  describePreview,
  identify,
  isInUse,
  linkTo,
  lockOf,
  readMark,
} from '../../../src/actions/preview/naming.ts';
import type { Subject } from '../../../src/actions/preview/subject.ts';
import { SHOP } from '../../support/known-repositories.ts';

const pull = (number: number): Subject => ({ kind: 'pull', number });
const branch = (name: string): Subject => ({ kind: 'branch', name });
const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8);

test.each<[Subject, string, string, string]>([
  [
    pull(42),
    'preview-shop-42',
    'octo-org/shop#42',
    'Preview of https://github.com/octo-org/shop/pull/42 (repository 123456)',
  ],
  [
    branch('feature/Größe_2'),
    `preview-shop-feature-große-2-${hash('feature/Größe_2')}`.replace('große', 'gro-e'),
    'octo-org/shop: feature/Größe_2',
    'Preview of https://github.com/octo-org/shop/tree/feature/Größe_2 (repository 123456)',
  ],
  [
    branch('日本語'),
    `preview-shop-${hash('日本語')}`,
    'octo-org/shop: 日本語',
    'Preview of https://github.com/octo-org/shop/tree/日本語 (repository 123456)',
  ],
])('%j has the slug %s', (subject, slug, name, description) => {
  expect(identify(subject, SHOP, undefined)).toEqual({ slug, name, description });
});

test.each([
  ['octo-org/a-name-of-21-letters', 'preview-a-name-of-21-letters-1'],
  ['octo-org/a-name-of-twenty-two-x', `preview-a-name-of-tw-${hash('a-name-of-twenty-two-x')}-1`],
  ['octo-org/___', `preview-${hash('___')}-1`],
])('the slug of pull request 1 of %s is %s', (name, slug) => {
  expect(identify(pull(1), { ...SHOP, name }, undefined).slug).toBe(slug);
});

const subjects = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 31 }).map(pull),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 400 })
    // Git allows neither a space nor a control character.
    .map((name) => branch(name.replace(/[ \p{Cc}]/gu, '-'))),
);
const repositories = fc.record({
  name: fc.stringMatching(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/),
  id: fc.integer({ min: 1, max: 2 ** 40 }),
  serverUrl: fc.constantFrom('https://github.com', 'https://git.example/a'),
});

const ID = '9c6a4f0e-1d2b-4c3d-8e5f-60718293a4b5';

test('OpenRouter accepts the slug, name and description of any preview, and its mark is read back, locked or not', () => {
  fc.assert(
    fc.property(subjects, repositories, (subject, named) => {
      const repository = { ...SHOP, ...named };
      const identity = identify(subject, repository, undefined);
      expect(updateWorkspaceRequest.safeParse(identity)).toMatchObject({ success: true });
      const { description } = lockOf({ ...identity, id: ID });
      expect(updateWorkspaceRequest.safeParse({ description })).toMatchObject({ success: true });
      expect([identity.description, description].map((text) => readMark(text, repository))).toEqual(
        [false, true].map((isLocked) => ({ subject, isLocked })),
      );
      expect(describePreview({ description })).toBe(describePreview(identity));
    }),
  );
});

test('the slug of a workspace that is locked has its id, and OpenRouter accepts it', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      const id = uuid.toUpperCase();
      const { slug } = lockOf({ id, description: '' });
      expect(slug).toBe(`locked-${uuid}`);
      expect(updateWorkspaceRequest.safeParse({ slug })).toMatchObject({ success: true });
      expect([isInUse({ id, slug: 'preview-42' }), isInUse({ id, slug })]).toEqual([true, false]);
      expect(isInUse(undefined)).toBe(false);
    }),
  );
});

test('two subjects with the same slug are the same subject', () => {
  fc.assert(
    fc.property(subjects, subjects, (one, other) => {
      const [first, second] = [one, other].map(
        (subject) => identify(subject, SHOP, undefined).slug,
      );
      if (JSON.stringify(one) !== JSON.stringify(other)) expect(first).not.toBe(second);
    }),
  );
});

test('the link to a branch is escaped, but for its slashes', () => {
  const page = 'https://github.com/octo-org/shop';
  expect(linkTo(pull(42), SHOP)).toEqual({ text: '#42', url: `${page}/pull/42` });
  const text = 'feature/100 %#1';
  expect(linkTo(branch(text), SHOP)).toEqual({ text, url: `${page}/tree/feature/100%20%25%231` });
});

describe('the mark of a workspace belongs to', () => {
  const OF_42 = 'Preview of https://github.com/octo-org/shop/pull/42 (repository 123456)';
  test.each<[string, string, Subject | undefined]>([
    ['a repository that was renamed', OF_42.replace('shop', 'old'), pull(42)],
    ['no new repository with an old name', OF_42.replace('123456', '9'), undefined],
    ['no repository without an id', OF_42.replace(' (repository 123456)', ''), undefined],
    ['no other server', OF_42.replace('github.com', 'evil.example'), undefined],
    ['no server whose name begins so', OF_42.replace('github.com', 'github.com.evil'), undefined],
    ['nothing if text follows', `${OF_42} and more`, undefined],
    ['nothing if text precedes', `A ${OF_42}`, undefined],
    ['nothing if it is not one', 'Staging of web', undefined],
    ['a repository that was locked', `${OF_42}, locked`, pull(42)],
    ['nothing if it is locked twice', `${OF_42}, locked, locked`, undefined],
  ])('%s', (_, description, subject) => {
    expect(readMark(description, SHOP)?.subject).toEqual(subject);
  });

  test.each(['x/pull/42', 'a\u00a0b', 'a\u2028b', 'x,locked'])('the branch %j', (name) => {
    const { description } = identify(branch(name), SHOP, undefined);
    expect(readMark(description, SHOP)).toEqual({ subject: branch(name), isLocked: false });
  });
});
