import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommentData,
  type CommentFacts,
  type DeletionRecord,
  formatMarker,
  type ListedWorkspace,
  limitComment,
  mergeComment,
  readComment,
  remembersMore,
  totalOf,
} from '../../../src/actions/preview/comment.ts';
import { commentRenderer, renderComment } from '../../../src/actions/preview/render-comment.ts';
import { formatUsd } from '../../../src/lib/format-usd.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import {
  hostileText,
  joined,
  keyOf as keyIn,
  muchData,
  rememberedOf,
  someData,
  someFacts,
} from '../../support/preview-comment.ts';
import { SHOP } from '../../support/repositories.ts';
import { ROOT } from '../../support/root.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const workspace = { id: ID, slug: 'preview-shop-42' };

const options = {
  repository: SHOP,
  aboutUrl: 'https://docs.test/about',
  redact: (text: string) => text,
};
const render = (facts: CommentFacts) => renderComment(facts, options);

const keyOf = (fields: Partial<Key>) => keyIn(workspace, fields);

/** The facts about a workspace that exists with these keys. */
const factsOf = (keys: readonly Key[], isBeingDeleted = false): CommentFacts =>
  joined({
    data: { isCut: false, workspaces: {} },
    existing: [{ workspace, keys }],
    isBeingDeleted,
  });

/** The facts about data without a workspace that exists. */
const gone = (data: CommentData): CommentFacts => ({ data, existing: [], isBeingDeleted: false });

/** The lines after the data. */
const htmlOf = (body: string) => body.split('\n').slice(1);

const LINK = '<a href="https://openrouter.ai/workspaces/preview-shop-42">preview-shop-42</a>';
const HEADER =
  '<tr><th>Job</th><th align="right">Cost</th><th align="right">Of its limit</th></tr>';
const ABOUT = '<a href="https://docs.test/about">What is this?</a>';
const CLOSING = `<p>The workspace and its keys are deleted when this pull request is closed. ${ABOUT}</p>`;
const RUN = 'https://github.com/octo-org/shop/actions/runs/17/attempts/';

const jobKey = (fields: Partial<Key>) =>
  keyOf({ name: 'octo-org/shop / Preview / 17.1 / test / a1b2c3', ...fields });

const ended = (state: DeletionRecord['state'], run = '17.1'): DeletionRecord => ({
  state,
  at: Date.UTC(2026, 10, 28, 8, 31, 59) / 1000,
  run,
});

/** As many keys, each made a second after the one before it. */
const manyKeys = (count: number, fields: (at: number) => Partial<Key> = () => ({})) =>
  Array.from({ length: count }, (_, at) =>
    keyOf({
      hash: String(at).padStart(10, 'f'),
      created_at: new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString(),
      ...fields(at),
    }),
  );

describe('the comment of a preview', () => {
  test('has the data, the total, the workspace, a row per key, and what comes next', () => {
    const facts = factsOf([
      jobKey({ hash: '2b', usage: 0.0409, created_at: '2026-11-28T08:25:59Z' }),
      keyOf({ hash: '1a', usage: 1, name: 'octo-org/shop / Preview / 17.2 / evals / a1b2c3' }),
      keyOf({ hash: '3c', usage: 0.3, name: 'By hand', limit: null, created_at: null }),
    ]);
    expect(render(facts).split('\n')).toEqual([
      formatMarker(limitComment(facts.data)),
      '<h3>OpenRouter preview: $1.34</h3>',
      `<p>${LINK} · 3 keys so far · ⚠️ one has used up its limit</p>`,
      '<table>',
      HEADER,
      `<tr><td><a href="${RUN}1">Preview / test</a>, 28 Nov 08:25 UTC</td><td align="right">$0.0409</td><td align="right">4\u00a0% of\u00a0$1.00</td></tr>`,
      `<tr><td><a href="${RUN}2">Preview / evals</a>, 1 Oct 12:00 UTC, attempt 2</td><td align="right">$1.0000</td><td align="right">⚠️\u00a0used\u00a0up</td></tr>`,
      '<tr><td><code>By hand</code></td><td align="right">$0.3000</td><td align="right">–</td></tr>',
      '</table>',
      CLOSING,
    ]);
  });

  test('does not take the sum of its folded rows for exact if one is unknown', () => {
    const keys = manyKeys(7, (at) => ({ usage: at === 0 ? null : 0.25 }));
    expect(render(factsOf(keys))).toContain('<summary>2 earlier keys: at least $0.25</summary>');
  });

  test('does not announce a deletion that is under way', () => {
    const html = htmlOf(render(factsOf([keyOf({})], true)));
    expect(html.at(-1)).toBe(`<p>${ABOUT}</p>`);
  });

  test('of more keys than it remembers is not rendered for each number of rows', () => {
    let redacted = 0;
    const redact = (text: string) => {
      redacted += 1;
      return text;
    };
    const count = 3_000;
    renderComment(factsOf(manyKeys(count)), { ...options, redact });
    expect(redacted).toBeLessThan(3 * count);
  });

  test('of a workspace without keys has no table', () => {
    expect(htmlOf(render(factsOf([])))).toEqual([
      '<h3>OpenRouter preview: $0.00</h3>',
      `<p>${LINK} · 0 keys so far</p>`,
      CLOSING,
    ]);
  });

  test('has no column for limits if no key has one', () => {
    const html = htmlOf(render(factsOf([keyOf({ limit: null })])));
    expect(html).toContain('<tr><th>Job</th><th align="right">Cost</th></tr>');
    expect(html.join('')).not.toContain('–');
  });

  test('counts the keys that have used up their limits', () => {
    const usedUp = [1, 2].map((at) => keyOf({ hash: `${at}`, usage: 1 }));
    expect(render(factsOf([...usedUp, keyOf({})]))).toContain(
      ' · 3 keys so far · ⚠️ 2 have used up their limits</p>',
    );
  });

  test('folds all but the newest five keys, with their costs', () => {
    const html = htmlOf(render(factsOf(manyKeys(7))));
    const at = html.indexOf('<details><summary>2 earlier keys: $0.50</summary>');
    expect(html.slice(at + 1, at + 3)).toEqual(['<table>', HEADER]);
    expect(html.slice(at + 5)).toEqual(['</table>', '</details>', CLOSING]);
    expect(html.slice(0, at).filter((line) => line.includes('<code>'))).toHaveLength(5);
    expect(render(factsOf(manyKeys(6)))).toContain('<summary>1 earlier key: $0.25</summary>');
    expect(render(factsOf(manyKeys(5)))).not.toContain('details');
  });

  test('has the keys of all workspaces that exist, the newest first', () => {
    const other = { id: ID.replace('3', '4'), slug: 'demo-42' };
    const keys = [
      keyIn(other, { hash: 'other', name: 'Later', created_at: '2026-11-01T00:00:00Z' }),
    ];
    const [own] = factsOf([keyOf({ name: 'Earlier' })]).existing as [ListedWorkspace];
    const html = render(joined({ ...factsOf([]), existing: [own, { workspace: other, keys }] }));
    expect(html).toContain(
      `<p>${LINK} · <a href="https://openrouter.ai/workspaces/demo-42">demo-42</a> · 2 keys so far</p>`,
    );
    expect(html).toMatch(/Later.*Earlier/s);
    expect(html).toContain('<h3>OpenRouter preview: $0.50</h3>');
  });
});

test('the comment ends with a link to the section of the documents about it', () => {
  const body = commentRenderer({ repository: SHOP }, options)(factsOf([]));
  const [, page = '', anchor] =
    /\/blob\/main\/(docs\/.*)#(.*)">What is this\?<\/a><\/p>$/.exec(body) ?? [];
  expect(anchor).toBe('the-comment');
  expect(readFileSync(join(ROOT, page), 'utf8')).toContain('\n## The comment\n');
});

describe('the part of its limit that a key has used', () => {
  test.each<[string, Partial<Key>]>([
    ['25\u00a0% of\u00a0$1.00', { limit_remaining: 0.75 }],
    ['25\u00a0% of\u00a0$1.00', {}],
    ['99\u00a0% of\u00a0$1.00', { usage: 0.9999 }],
    ['0\u00a0% of\u00a0$0.00', { usage: 0, limit: 0 }],
    // OpenRouter says what remains of the current day, and the counter is of the key's life.
    ['10\u00a0% of\u00a0$1.00 daily', { usage: 8, limit_reset: 'daily', limit_remaining: 0.9 }],
    ['unknown', { usage: 8, limit_reset: 'daily' }],
    ['unknown', { usage: null }],
    ['unknown', { limit: 'much' }],
    ['unknown', { limit: undefined }],
    ['⚠️\u00a0used\u00a0up', { usage: 8, limit_reset: 'daily', limit_remaining: 0 }],
    ['⚠️\u00a0used\u00a0up', { usage: 1.01 }],
    ['⚠️\u00a0used\u00a0up', { limit_remaining: -0.01 }],
  ])('is %s with %j', (expected, fields) => {
    expect(render(factsOf([keyOf(fields)]))).toContain(`<td align="right">${expected}</td></tr>`);
  });
});

describe('a total that is a lower bound', () => {
  const before = { ...workspace, id: ID.replace('3', '4') };
  const deleted = (deletion: DeletionRecord | null) =>
    rememberedOf({ workspace: before, keys: [keyOf({ usage: 0.5 })] }, { deletion });
  const withData = (data: CommentData, facts = factsOf([keyOf({})])) => ({
    ...facts,
    data: mergeComment(facts.data, data),
  });

  test.each<[string, CommentFacts]>([
    ['it is being deleted', factsOf([keyOf({})], true)],
    [
      'a key was deleted',
      withData(rememberedOf({ workspace, keys: [keyOf({ hash: 'gone', usage: 0.5 })] })),
    ],
    ['the cost of a key is unknown', factsOf([keyOf({}), keyOf({ hash: '1', usage: null })])],
    ['the last cost before the deletion is unknown', withData(deleted(ended('unfinished')))],
    ['the last cost before the deletion is unknown', gone(deleted(null))],
    ['not all keys are remembered', withData({ isCut: true, workspaces: {} })],
  ])('says in its title that it is, and why: %s', (reason, facts) => {
    const [title, why] = htmlOf(render(facts));
    expect(title).toMatch(/^<h3>OpenRouter preview: at least \$0\.\d+(, deleted)?<\/h3>$/);
    expect(why).toBe(`<p>At least: ${reason}.</p>`);
  });

  test('has a line for keys that are gone', () => {
    const keys = [keyOf({}), keyOf({ hash: '1', usage: 0.5 }), keyOf({ hash: '2', usage: null })];
    const html = htmlOf(render(withData(rememberedOf({ workspace, keys }))));
    expect(html.slice(-2)).toEqual(['<p>2 deleted keys: at least $0.50</p>', CLOSING]);
    expect(html[0]).toContain('at least $0.75');
  });
});

describe('the cap', () => {
  const other = (id: string) => ({ ...workspace, id: ID.replace('3', id) });
  const earlierOf = (keys: readonly Key[], state: DeletionRecord['state'] = 'finished', id = '4') =>
    rememberedOf({ workspace: other(id), keys }, { deletion: ended(state) });
  const EARLIER = earlierOf([keyOf({ usage: 9 })]);

  /** The facts about a workspace with these keys, whose newest was created with a cap, and about what `rest` remembers. */
  const factsWith = (keys: readonly Key[], rest: CommentData, usd: string | null = '5') => {
    const capped = rememberedOf(
      { workspace, keys },
      { own: { hash: keys[0]?.hash ?? '', cap: usd } },
    );
    const data = mergeComment(capped, rest);
    return { data, existing: [{ workspace, keys }], isBeingDeleted: false };
  };
  const titleIn = (html: readonly string[]) =>
    html[0]?.replace(/^<h3>OpenRouter preview: (.*)<\/h3>$/, '$1');
  /** What the comment says besides its rows. */
  const wordsOf = (facts: CommentFacts) => {
    const html = htmlOf(render(facts));
    const isRest = (line: string) => line.startsWith('<p>') && !/openrouter|docs/.test(line);
    return [titleIn(html), ...html.filter(isRest).map((line) => line.replaceAll(/<.?p>/g, ''))];
  };

  test.each([
    [2.33, '5', '$2.33 of $5.00'],
    [4.499, '5', '$4.50 of $5.00'],
    [4.5, '5', '⚠️ $4.50 of $5.00'],
    [2.33, null, '$11.33'],
  ])('is in the title with what is spent of it: %s of %s', (usage, usd, expected) => {
    expect(wordsOf(factsWith([keyOf({ usage })], EARLIER, usd))[0]).toBe(expected);
  });

  const deletedKeys = rememberedOf({
    workspace,
    keys: [keyOf({ hash: 'gone', usage: 4.5 }), keyOf({ hash: 'gone too', usage: null })],
  });
  const unfinished = earlierOf([keyOf({ usage: 9 })], 'unfinished');
  const withUnknown = earlierOf([keyOf({ usage: 9 }), keyOf({ hash: '1', usage: null })]);
  const CUT = { isCut: true, workspaces: {} };

  test.each<[string, CommentData, readonly string[]]>([
    ['no line if there is nothing else', rememberedOf({ workspace, keys: [] }), []],
    [
      'earlier workspaces with the total',
      mergeComment(EARLIER, earlierOf([keyOf({ usage: 1 })], 'finished', '5')),
      ['2 earlier workspaces: $10.00, not counted in the $5.00. In total: $10.25.'],
    ],
    [
      'an earlier workspace whose last cost is unknown',
      unfinished,
      [
        '1 earlier workspace: at least $9.00, not counted in the $5.00. In total: at least $9.25.',
        'At least: the last cost before the deletion is unknown.',
      ],
    ],
    [
      'an earlier workspace with a key whose cost is unknown',
      withUnknown,
      [
        '1 earlier workspace: at least $9.00, not counted in the $5.00. In total: at least $9.25.',
        'At least: the cost of a key is unknown.',
      ],
    ],
    [
      'deleted keys with the total',
      deletedKeys,
      [
        '2 deleted keys: at least $4.50, not counted in the $5.00. In total: at least $4.75.',
        'At least: a key was deleted.',
      ],
    ],
    [
      'the total once, after deleted keys and earlier workspaces',
      mergeComment(deletedKeys, EARLIER),
      [
        '2 deleted keys: at least $4.50, not counted in the $5.00.',
        '1 earlier workspace: $9.00, not counted in the $5.00. In total: at least $13.75.',
        'At least: a key was deleted.',
      ],
    ],
    [
      'the total alone if keys or workspaces are no longer remembered',
      CUT,
      ['In total: at least $0.25.', 'At least: not all keys are remembered.'],
    ],
    [
      'earlier workspaces of which some are no longer remembered',
      mergeComment(EARLIER, CUT),
      [
        '1 earlier workspace: at least $9.00, not counted in the $5.00. In total: at least $9.25.',
        'At least: not all keys are remembered.',
      ],
    ],
  ])('leaves to lines of their own what does not count towards it: %s', (_, rest, expected) => {
    expect(wordsOf(factsWith([keyOf({})], rest))).toEqual(['$0.25 of $5.00', ...expected]);
  });

  test('with a key of unknown cost makes a lower bound of the total too, with one reason', () => {
    const keys = [keyOf({}), keyOf({ hash: '1', usage: 'much' })];
    expect(wordsOf(factsWith(keys, unfinished))).toEqual([
      'at least $0.25 of $5.00',
      'At least: the cost of a key is unknown.',
      '1 earlier workspace: at least $9.00, not counted in the $5.00. In total: at least $9.25.',
    ]);
  });

  test('counts usage with own provider keys in the title and in the total', () => {
    const keys = [keyOf({ include_byok_in_limit: true, byok_usage: 2 })];
    expect(wordsOf(factsWith(keys, EARLIER))).toEqual([
      '$2.25 of $5.00',
      '1 earlier workspace: $9.00, not counted in the $5.00. In total: $11.25.',
    ]);
  });

  test('counts of a key what is remembered of it if the list lags behind', () => {
    const later = rememberedOf({ workspace, keys: [keyOf({ usage: 1 })] });
    expect(wordsOf(factsWith([keyOf({})], later))).toEqual(['$1.00 of $5.00']);
  });

  test('is not shown with two workspaces that exist, because neither of them counts alone', () => {
    const facts = factsWith([keyOf({})], EARLIER);
    const second = { workspace: other('6'), keys: [keyIn(other('6'), { usage: 1 })] };
    expect(wordsOf(joined({ ...facts, existing: [...facts.existing, second] }))).toEqual([
      '$10.25',
      '1 earlier workspace: $9.00',
    ]);
  });

  test('has the total of all workspaces next to it if, and only if, something does not count', () => {
    const withCap = someFacts.filter(
      ({ existing: [one], data }) =>
        one !== undefined && (data.workspaces[one.workspace.id]?.cap?.usd ?? null) !== null,
    );
    fc.assert(
      fc.property(withCap, (facts) => {
        const [one] = facts.existing as [ListedWorkspace];
        const { amount, isComplete } = totalOf(facts);
        const total = `In total: ${isComplete ? formatUsd(amount) : `at least ${formatUsd(amount, 'down')}`}.`;
        const isAll =
          Object.keys(facts.data.workspaces).length === 1 &&
          !facts.data.isCut &&
          !remembersMore(facts.data, one);
        expect(render(facts).includes('In total: ')).toBe(!isAll);
        expect(isAll || render(facts).includes(total)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('counts all keys that exist, also if not all are remembered', () => {
    const keys = manyKeys(3_000);
    expect(wordsOf(factsWith(keys, EARLIER, '1000'))).toEqual([
      '$750.00 of $1,000.00',
      '1 earlier workspace: at least $9.00, not counted in the $1,000.00. In total: at least $759.00.',
      'At least: not all keys are remembered.',
    ]);
  });
});

describe('the comment of a deleted preview', () => {
  const deleted = (deletion: DeletionRecord | null, keys: readonly Key[], id = ID) =>
    rememberedOf({ workspace: { ...workspace, id }, keys }, { deletion });

  test('has the total, what was deleted, when, and by which run', () => {
    const data = deleted(ended('finished'), [keyOf({}), keyOf({ hash: 'other' })]);
    expect(htmlOf(render(gone(data)))).toEqual([
      '<h3>OpenRouter preview: $0.50, deleted</h3>',
      `<p>The workspace preview-shop-42 and its 2 keys were deleted on <a href="${RUN}1">28 Nov 08:31 UTC</a>.</p>`,
    ]);
  });

  test.each<[string, DeletionRecord | null, readonly Key[]]>([
    ['and its 1 key were deleted on 28 Nov 08:31 UTC.', ended('finished', ''), [keyOf({})]],
    ['was deleted.', null, []],
  ])('%s', (expected, deletion, keys) => {
    expect(htmlOf(render(gone(deleted(deletion, keys)))).at(-1)).toBe(
      `<p>The workspace preview-shop-42 ${expected}</p>`,
    );
  });

  test('has a line for the workspaces before the last one', () => {
    const earlier = { ...ended('finished', '16.1'), at: 1_790_000_000 };
    const first = deleted(earlier, [keyOf({ usage: 0.5 })], ID.replace('3', '2'));
    const second = deleted(earlier, [keyOf({ usage: 1 })], ID.replace('3', '4'));
    const last = deleted(ended('finished'), [keyOf({})]);
    const html = htmlOf(render(gone([first, second, last].reduce(mergeComment))));
    expect(html[0]).toBe('<h3>OpenRouter preview: $1.75, deleted</h3>');
    expect(html[1]).toContain('28 Nov 08:31 UTC');
    expect(html.slice(2)).toEqual(['<p>2 earlier workspaces: $1.50</p>']);
  });

  test('that was reopened has that line, and the keys of the new workspace', () => {
    const before = deleted(ended('finished'), [keyOf({ usage: 0.5 })], ID.replace('3', '4'));
    const { existing } = factsOf([keyOf({ usage: 0.1, name: 'after' })]);
    const html = htmlOf(render(joined({ data: before, existing, isBeingDeleted: false })));
    expect(html[0]).toBe('<h3>OpenRouter preview: $0.60</h3>');
    expect(html.join('').match(/<code>.*?<\/code>/g)).toEqual(['<code>after</code>']);
    expect(html.slice(-2)).toEqual(['<p>1 earlier workspace: $0.50</p>', CLOSING]);
  });
});

describe('the text of a comment', () => {
  test('is the same text, whichever of two runs merges what both know', () => {
    fc.assert(
      fc.property(someData, someData, (a, b) => {
        const [one, other] = [mergeComment(a, b), mergeComment(b, a)].map(gone).map(render);
        expect(one === other).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('is the same text after its data were read', () => {
    fc.assert(
      fc.property(someFacts, (facts) => {
        const body = render(facts);
        const data = mergeComment(facts.data, readComment(body) as CommentData);
        expect(render({ ...facts, data }) === body).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the title of a key', () => {
  const titleIn = (name: string, repository = SHOP) =>
    /<td>(.*?), 1 Oct/.exec(
      renderComment(factsOf([keyOf({ name })]), { ...options, repository }),
    )?.[1];
  const linked = (text: string, run: string) =>
    `<a href="https://github.com/octo-org/shop/actions/runs/${run}">${text}</a>`;

  test.each<[string, string]>(
    [
      ['octo-org/shop / CI / 123.1 / test / a1b2c3', linked('CI / test', '123/attempts/1')],
      // A workflow has any name, a job only letters, digits, hyphens and underscores.
      [
        'octo-org/shop / CI / 123.1 / test (3.12) / a1b2c3',
        linked('CI / test (3.12)', '123/attempts/1'),
      ],
      ['octo-org/shop / 9.9 / 123.1 / test / a1b2c3', linked('9.9 / test', '123/attempts/1')],
      ['octo-org/shop / A / B / 1.3 / test / a1b2c3', linked('A / B / test', '1/attempts/3')],
      ['octo-org/shop#42 / CI / deploy', '<code>CI / deploy</code>'],
      ['octo-org/shop#42', '<code>octo-org/shop#42</code>'],
      ['octo-org/shop / CI / 123 / test / 123456', undefined],
      ['octo-org/other / CI / 123.1 / test / a1b2c3', undefined],
      ['CI', undefined],
      ['', undefined],
    ].map(([name = '', title]) => [name, title ?? `<code>${name}</code>`]),
  )('named %j is %s', (name, expected) => {
    expect(titleIn(name)).toBe(expected);
  });

  test('has a link without the attempt on Gitea and Forgejo', () => {
    const repository = { ...SHOP, isGitea: true } as unknown as typeof SHOP;
    expect(titleIn('octo-org/shop / CI / 123.2 / test / a1b2c3', repository)).toBe(
      linked('CI / test', '123'),
    );
  });
});

describe('the times in a comment', () => {
  const timesIn = (facts: CommentFacts) =>
    render(facts).match(/\d+ \w{3} (\d{4} )?\d\d:\d\d UTC/g) ?? [];
  const createdIn = (year: number, expires_at: unknown) =>
    keyOf({ hash: `${year}`, created_at: `${year}-11-28T08:25:59Z`, expires_at });

  test.each<[string, readonly Key[], readonly string[]]>([
    [
      'have no year if all keys are created, and expire, in one',
      [createdIn(2026, '2026-11-28T14:25:59Z')],
      ['28 Nov 08:25 UTC'],
    ],
    [
      'have a year if a key expires in another',
      [createdIn(2026, '2027-11-28T08:25:59Z')],
      ['28 Nov 2026 08:25 UTC'],
    ],
    ['have a year if a key never expires', [createdIn(2026, null)], ['28 Nov 2026 08:25 UTC']],
    [
      'have a year if keys are created in more than one',
      [createdIn(2025, '2025-11-28T14:25:59Z'), createdIn(2026, '2026-11-28T14:25:59Z')],
      ['28 Nov 2026 08:25 UTC', '28 Nov 2025 08:25 UTC'],
    ],
  ])('%s', (_, keys, expected) => {
    expect(timesIn(factsOf(keys))).toEqual(expected);
  });

  test('have a year if workspaces were deleted in more than one', () => {
    const deletedIn = (year: number, id: string) => {
      const deletion = { ...ended('finished'), at: Date.UTC(year, 10, 28, 8, 25) / 1000 };
      return rememberedOf({ workspace: { ...workspace, id }, keys: [] }, { deletion });
    };
    const last = deletedIn(2026, ID);
    expect(timesIn(gone(last))).toEqual(['28 Nov 08:25 UTC']);
    const both = mergeComment(last, deletedIn(2025, ID.replace('3', '4')));
    expect(timesIn(gone(both))).toEqual(['28 Nov 2026 08:25 UTC']);
  });
});

describe('texts that others chose', () => {
  /** What the program writes. Anything else would have come from a text. */
  const TAGS =
    /<\/?(?:h3|p|table|tr|th|td|code|br|details|summary)>|<t[hd] align="right">|<a href="https:[^"<>]*">|<\/a>/g;

  test('add no HTML, no mentions and no lines, and do not end the data', () => {
    fc.assert(
      fc.property(someFacts, (facts) => {
        const body = render(facts);
        expect(body.indexOf('-->')).toBe(body.indexOf('\n') - '-->'.length);
        const html = htmlOf(body);
        expect(html.join('').replaceAll(TAGS, '')).not.toMatch(/[<>]/);
        // GitHub finds no mentions in code and in links.
        const quoted = /<code>.*?<\/code>|<a [^>]*>.*?<\/a>/g;
        expect(html.join('').replaceAll(quoted, '')).not.toMatch(/[@#|`]/);
        // A blank line would end the HTML, and what follows would be Markdown.
        for (const line of html) expect(line).toMatch(/^<.*>$/);
      }),
      { numRuns: 100 },
    );
  });

  test('do not get into the data', () => {
    fc.assert(
      fc.property(hostileText, (name) => {
        const facts = factsOf([keyOf({ name, usage: 1 })]);
        expect(readComment(render(facts))).toEqual(facts.data);
      }),
      { numRuns: 100 },
    );
  });

  test('have no secrets, and are cut behind those', () => {
    const secret = 'sk-or-v1-0123456789abcdef';
    const name = `${'x'.repeat(190)}${secret}${'y'.repeat(100)}`;
    const redact = (text: string) => text.replaceAll(secret, '***');
    const body = renderComment(factsOf([keyOf({ name })]), { ...options, redact });
    expect(body).toContain(`<code>${'x'.repeat(190)}***${'y'.repeat(7)}</code>`);
  });
});

describe('a comment with more than it has space for', () => {
  test('is not too long, has whole data, and says that something is missing', () => {
    fc.assert(
      fc.property(muchData, (data) => {
        const body = render(gone(data));
        expect(body.length).toBeLessThanOrEqual(60_000);
        const read = readComment(body) as CommentData;
        const [total, shown] = [totalOf(gone(data)), totalOf(gone(read))];
        expect(shown.amount <= total.amount).toBe(true);
        if (shown.amount < total.amount) expect(shown.isComplete).toBe(false);
        expect(render(gone(mergeComment(read, data))) === body).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  const nameOf = (at: number) => `octo-org/shop / Preview / 170000${at}.1 / integration / a1b2c3`;
  const rowsIn = (body: string) =>
    htmlOf(body).filter((line) => line.startsWith('<tr><td>')).length;

  test('has 1,500 keys with amounts of 12 characters, and 50 rows', () => {
    const keys = manyKeys(1_500, (at) => ({ name: nameOf(at), usage: 1 + at / 1e10 + 1e-10 }));
    const facts = factsOf(keys);
    const body = render(facts);
    expect(body.length).toBeLessThanOrEqual(60_000);
    expect(readComment(body)).toEqual(facts.data);
    expect(rowsIn(body)).toBe(50);
    expect(body).toContain('<p>… and 1450 more</p>\n</details>');
  });

  test('has fewer rows before it has less data', () => {
    const keys = manyKeys(900, () => ({ name: '<'.repeat(200) }));
    const facts = factsOf(keys);
    const body = render(facts);
    expect(rowsIn(body)).toBeGreaterThan(20);
    expect(rowsIn(body)).toBeLessThan(50);
    expect(readComment(body)).toEqual(facts.data);
  });

  test('has the newest keys in its rows', () => {
    const body = render(factsOf(manyKeys(60, (at) => ({ name: nameOf(at) }))));
    const runs = [...body.matchAll(/runs\/170000(\d+)\//g)].map(([, at]) => Number(at));
    expect(runs).toEqual(Array.from({ length: 50 }, (_, at) => 59 - at));
    expect(body).toContain('<summary>55 earlier keys: $13.75</summary>');
    expect(body).toContain('<p>… and 10 more</p>');
  });

  test('has no rows if there is no space for more than the unfolded ones', () => {
    const keys = manyKeys(4_000, () => ({ name: '<'.repeat(200) }));
    const html = htmlOf(render(factsOf(keys)));
    expect(html[0]).toMatch(/^<h3>OpenRouter preview: at least /);
    expect(html.slice(1)).toEqual([
      '<p>At least: not all keys are remembered.</p>',
      `<p>${LINK} · 4000 keys so far</p>`,
      CLOSING,
    ]);
  });
});
