import fc from 'fast-check';
import {
  type CommentData,
  type CommentFacts,
  type ListedWorkspace,
  mergeComment,
  toCommentData,
} from '../../src/actions/preview/comment.ts';
import type { JobCost } from '../../src/actions/preview/comment-jobs.ts';
import type { Key } from '../../src/openrouter/resources/keys.ts';
import { SLUG_MAX_LENGTH, type WorkspaceRef } from '../../src/openrouter/resources/workspaces.ts';

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

const amount = fc.oneof(
  fc.constantFrom('0', '1', '1.0', '0.1', '0.2', '0.000000000000000000000000000001'),
  fc.nat(1_000_000).map((units) => String(units / 10_000)),
);

/** What is to be remembered of a workspace whose names of jobs have no secrets. */
export function rememberedOf(
  listed: ListedWorkspace,
  known: Partial<Parameters<typeof toCommentData>[1]> = {},
): CommentData {
  return toCommentData(listed, { toLine: (text) => text, ...known });
}

const orNull = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null, freq: 9 });

const deletion = fc.record({
  state: fc.constantFrom('unfinished' as const, 'finished' as const),
  at: fc.constantFrom(0, 1_790_000_000, 1_790_000_001),
  run: fc.constantFrom('', '17.1', '17.2'),
});

const cap = fc.record({
  usd: orNull(amount),
  at: fc.constantFrom(0, 1_790_000_000, 1_790_000_001),
});

const records = <Value>(ids: readonly string[], values: fc.Arbitrary<Value>) =>
  fc.dictionary(fc.constantFrom(...ids), values, { maxKeys: ids.length, noNullPrototype: true });

const IDS = ['a', 'b', 'c'].map((digit) => `3fa85f64-5717-4562-b3fc-2c963f66afa${digit}`);
const PREFIXES = ['1f', '1234567890', 'e2d4c6b8a0', 'ffffffffff', 'toString', '__proto__'];

/** Two lists have often the same labels. */
export const someJobs: fc.Arbitrary<JobCost[]> = records(
  ['__proto__', 'CI / test', 'CI / evals', '-->', '@octocat #42 \u2028é\u{1f4a5}', '<!--\ud800'],
  fc.tuple(amount, fc.integer({ min: 1, max: 50 })),
).map((costs) =>
  Object.entries(costs)
    .map(([label, [usd, count]]): JobCost => [label, usd, count])
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

/** The data of two comments have often the same workspaces and keys. */
export const someData: fc.Arbitrary<CommentData> = fc.record({
  isCut: fc.boolean(),
  workspaces: records(
    IDS,
    fc.record({
      slug: fc.constantFrom('preview-shop-42', 'other-42'),
      deletion: orNull(deletion),
      cap: orNull(cap),
      keys: records(PREFIXES, orNull(amount)),
      jobs: someJobs,
    }),
  ),
});

/** An API key of a workspace, as OpenRouter lists it. */
export function keyOf(workspace: Pick<WorkspaceRef, 'id'>, fields: Partial<Key> = {}): Key {
  return {
    hash: 'e2d4c6b8a09182736455',
    name: 'CI',
    label: 'sk-or-v1-e2d...455',
    workspace_id: workspace.id,
    created_at: '2026-10-01T12:00:00Z',
    usage: 0.25,
    limit: 1,
    ...fields,
  };
}

/** A workspace of the same data that exists, with keys whose names someone chose to do harm. */
const existing: fc.Arbitrary<ListedWorkspace> = fc
  .record({
    id: fc.constantFrom(...IDS),
    keys: fc.uniqueArray(
      fc.record({
        hash: fc.constantFrom('1f', 'e2d4c6b8a0918273', 'ffffffffffffffff', '12345678901'),
        name: fc.oneof(
          { weight: 2, arbitrary: hostileText },
          fc.constantFrom(
            'octo-org/shop / CI / 123.1 / test / a1b2c3',
            'octo-org/shop#42 / CI / deploy',
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
        usage: fc.constantFrom(0.1, 0.25, 'much'),
        limit: fc.constantFrom(1, 0, 0.25, null),
        limit_remaining: fc.constantFrom(undefined, 0.5, -1, null),
        limit_reset: fc.constantFrom(undefined, null, 'daily'),
      }),
      { selector: ({ hash }) => hash },
    ),
  })
  .map(({ id, keys }) => {
    const workspace = { id, slug: 'preview-shop-42' };
    return { workspace, keys: keys.map((key) => keyOf(workspace, key)) };
  });

export const someFacts: fc.Arbitrary<CommentFacts> = fc
  .record({
    data: someData,
    existing: fc.array(existing, { maxLength: 1 }),
    isBeingDeleted: fc.boolean(),
  })
  .map((facts) => joined(facts));

/** The facts of a run that has read a comment with `data`. */
export function joined(facts: CommentFacts): CommentFacts {
  const all = facts.existing.map((one) => rememberedOf(one));
  return { ...facts, data: all.reduce(mergeComment, facts.data) };
}

const hex = (at: number, length: number) => at.toString(16).padStart(length, '0');

/** More than a comment has space for. */
export const muchData: fc.Arbitrary<CommentData> = fc
  .record({
    count: fc.nat(3_000),
    perWorkspace: fc.integer({ min: 1, max: 3_000 }),
    spent: fc.constantFrom('0.5', '9'.repeat(40)),
    unknown: fc.integer({ min: 1, max: 5 }),
    deletion: orNull(deletion),
  })
  .map(({ count, perWorkspace, spent, unknown, deletion: ended }) => {
    const workspaces: CommentData['workspaces'] = {};
    for (let at = 0; at < count; at += 1) {
      const owner = Math.floor(at / perWorkspace);
      const id = `3fa85f64-5717-4562-b3fc-${hex(owner, 12)}`;
      const slug = `preview-${hex(owner, 16)}`.padEnd(SLUG_MAX_LENGTH, 'x');
      workspaces[id] ??= { slug, deletion: ended, cap: null, keys: {}, jobs: [] };
      workspaces[id].keys[hex(at, 10)] = at % unknown === 1 ? null : spent;
    }
    return { isCut: false, workspaces };
  });
