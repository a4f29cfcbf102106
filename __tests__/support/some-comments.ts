import fc from 'fast-check';
import type { CommentContent, CommentData } from '../../src/actions/preview/comment.ts';
import { toUsd, type Usd } from '../../src/lib/usd.ts';
import type { Key } from '../../src/openrouter/resources/keys.ts';
import { COUNT_MS, type SeenKey, spentBy } from '../../src/openrouter/settlement.ts';
import { type KeyFields, seen, toKey } from './seen-keys.ts';

/** The workspace that the comments of the tests are about. */
export const WORKSPACE = { id: '3fa85f64-5717-4562-b3fc-2c963f66afa6', slug: 'preview-shop-42' };

/** A text of pieces that could end a comment in HTML, break a table, or reach people and pages. */
export const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom('-->', '--!>', '<!--', '</code>', '</table>', '<img src=x onerror=alert(1)>'),
      fc.constantFrom('@octocat', '#42', '|', '`', '"}}', '\\', '://evil.example'),
      fc.constantFrom('\n\n', '\r', '\u2028', '\u0000', '\u202e', '\ud800'),
      fc.constant('octo-org/shop / CI / 123.1 / test'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 6 },
  )
  .map((pieces) => [...pieces.join('')].slice(0, 200).join(''));

/** Down to the last decimal of an amount. */
export const someUsd: fc.Arbitrary<Usd> = fc.oneof(
  fc.constantFrom(0n, 1n, toUsd(1)),
  fc.nat(1_000_000).map((units) => toUsd(units / 10_000)),
);

/** The data of a comment. */
export const someData: fc.Arbitrary<CommentData> = fc.record({
  workspace: fc.constantFrom(WORKSPACE.id, WORKSPACE.id.toUpperCase()),
  spent: someUsd,
  state: fc.constantFrom('so far' as const, 'bill' as const),
  isAtLeast: fc.boolean(),
  cap: fc.option(someUsd, { nil: undefined }),
});

/** An API key of the workspace, as OpenRouter lists it. */
export function keyOf(fields: KeyFields = {}): Key {
  return toKey({
    hash: 'e2d4c6b8a09182736455',
    name: 'CI',
    workspace_id: WORKSPACE.id,
    created_at: '2026-10-01T12:00:00Z',
    usage: 0.25,
    limit: 1,
    ...fields,
  });
}

/** Keys whose names someone chose to do harm. */
const someKeys: fc.Arbitrary<readonly SeenKey[]> = fc
  .uniqueArray(
    fc.record({
      endedFor: fc.constantFrom(undefined, COUNT_MS, COUNT_MS, 90_000),
      hash: fc.constantFrom('1f', 'e2d4c6b8a0918273', 'ffffffffffffffff', '12345678901'),
      name: fc.oneof(
        { weight: 2, arbitrary: hostileText },
        fc.constantFrom(
          'octo-org/shop / CI / 123.1 / test #a1b2c3',
          'octo-org/shop#42 / CI / deploy #a1b2c3',
        ),
      ),
      disabled: fc.boolean(),
      expires_at: fc.constantFrom(
        undefined,
        null,
        '2026-09-01T12:00:00Z',
        '2026-10-31T12:00:00Z',
        '2030-10-01T12:00:00Z',
      ),
      usage: fc.constantFrom(0, 0.1, 0.25, 'much'),
      limit: fc.constantFrom(1, 0, 0.25, null),
      limit_remaining: fc.constantFrom(undefined, 0.5, -1, null),
      limit_reset: fc.constantFrom(undefined, null, 'daily'),
    }),
    { selector: ({ hash }) => hash },
  )
  .map((list) => list.map(({ endedFor, ...fields }) => seen(keyOf(fields), endedFor)));

/** What a comment is rendered from, with a sum that can be larger than that of the keys. */
export const someContent: fc.Arbitrary<CommentContent> = fc
  .record({ data: someData, keys: someKeys })
  .map(({ data, keys }) => ({ data, slug: WORKSPACE.slug, keys }));

/** The facts about a workspace that exists, and has these keys. */
export function contentOf(
  keys: readonly SeenKey[],
  data: Partial<CommentData> = {},
): CommentContent {
  const { amount } = spentBy(keys);
  return {
    data: {
      workspace: WORKSPACE.id,
      spent: amount,
      state: 'so far',
      isAtLeast: false,
      cap: undefined,
      ...data,
    },
    slug: WORKSPACE.slug,
    keys,
  };
}
