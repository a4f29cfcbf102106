import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { identify } from '../../src/actions/preview/naming.ts';
import { createWorkspaceRequest } from '../../src/openrouter/resources/workspaces.ts';
import { slugFrom } from '../../src/shared/slug.ts';
import { SHOP } from '../support/known-repositories.ts';

// The hashes are written out, because an existing workspace must be found in a later version too.
test.each([
  ['feature/Menü', '', 'feature-menu-b15fda22'],
  ['Feature/menü', '', 'feature-menu-3383da2e'],
  ['feature/Menü', 'preview-shop-', 'preview-shop-feature-menu-b15fda22'],
  ['release_2.0', 'web-', 'web-release-2-0-5e68a622'],
  ['Größe', '', 'gro-e-aedc3f80'],
  ['日本語', '', '77710aed'],
  ['a'.repeat(42), '', `${'a'.repeat(41)}-7a538607`],
  [`${'a'.repeat(40)}-b`, '', `${'a'.repeat(40)}-60ce1e0e`],
  ['a'.repeat(50), `${'p'.repeat(29)}-`, `${'p'.repeat(29)}-${'a'.repeat(11)}-160b4e43`],
])('the slug of %j with the prefix %j is %s', (text, prefix, slug) => {
  expect(slugFrom(text, prefix)).toBe(slug);
});

describe('the slug of any text', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: fc.constantFrom(...'aZ0-_/é '), maxLength: 60 }),
    fc.uuid(),
  );
  const prefixes = fc.oneof(
    fc.constant(''),
    fc.stringMatching(/^[a-z0-9]{1,14}(-[a-z0-9]{1,14})?-$/),
  );

  test('is accepted by OpenRouter, begins with the prefix, and ends with the hash of the text', () => {
    fc.assert(
      fc.property(texts, prefixes, (text, prefix) => {
        const slug = slugFrom(text, prefix);
        expect(createWorkspaceRequest.shape.slug.safeParse(slug).error).toBeUndefined();
        const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
        expect([slug.slice(0, prefix.length), slug.slice(-8)]).toEqual([prefix, hash]);
        expect(slugFrom(text, prefix)).toBe(slug);
      }),
    );
  });

  test('is that of the preview of the branch with this name', () => {
    fc.assert(
      fc.property(texts, fc.option(prefixes, { nil: undefined }), (name, prefix) => {
        const { slug } = identify({ kind: 'branch', name }, SHOP, prefix);
        expect(slugFrom(name, prefix ?? 'preview-shop-')).toBe(slug);
      }),
    );
  });
});
