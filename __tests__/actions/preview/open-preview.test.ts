import { expect, test } from '@jest/globals';
import { identify } from '../../../src/actions/preview/naming.ts';
import { assertOurs } from '../../../src/actions/preview/open-preview.ts';
import { SHOP } from '../../support/known-repositories.ts';

const SUBJECT = { kind: 'branch', name: 'default' } as const;

test('a preview never takes the default workspace, whatever its description says', () => {
  const identity = identify(SUBJECT, SHOP, undefined);
  const { description } = identity;
  const use = (slug: string) =>
    assertOurs(
      { id: 'a1', name: 'Any', slug, description },
      { subject: SUBJECT, identity },
      {
        repository: SHOP,
      },
    );
  expect(() => use(identity.slug)).not.toThrow();
  expect(() => use('default')).toThrow(expect.objectContaining({ code: 'preview-not-ours' }));
});
