import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
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
import type { JobCost } from '../../../src/actions/preview/comment-jobs.ts';
import {
  commentRenderer,
  describeSpent,
  renderComment,
} from '../../../src/actions/preview/render-comment.ts';
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
  '<tr><th>Job (UTC)</th><th align="right">Cost</th><th align="right">Of its limit</th></tr>';
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
      '<h3>OpenRouter preview: $1.34 spent so far</h3>',
      `<p>⚠️ The key of <a href="${RUN}2">evals</a>, 1\u00a0Oct\u00a012:00, has used up its limit: its requests fail. If a job needs more, raise limit-usd.</p>`,
      '<p>⚠️ Without a limit: 1 key made by hand.</p>',
      `<p>${LINK} · 3 keys so far</p>`,
      '<table>',
      HEADER,
      `<tr><td><a href="${RUN}1">test</a>, 28\u00a0Nov\u00a008:25</td><td align="right">$0.0409</td><td align="right">4\u00a0% of\u00a0$1.00</td></tr>`,
      `<tr><td><a href="${RUN}2">evals</a>, 1\u00a0Oct\u00a012:00</td><td align="right">$1.0000</td><td align="right">⚠️\u00a0all of\u00a0$1.00</td></tr>`,
      '<tr><td><code>By hand</code></td><td align="right">$0.3000</td><td align="right">⚠️ no\u00a0limit</td></tr>',
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
      '<h3>OpenRouter preview: $0.00 spent so far</h3>',
      `<p>${LINK} · 0 keys so far</p>`,
      CLOSING,
    ]);
  });

  test('has no column for limits if no key has one', () => {
    const html = htmlOf(render(factsOf([jobKey({ limit: null })])));
    expect(html).toContain('<tr><th>Job (UTC)</th><th align="right">Cost</th></tr>');
    expect(html.join('')).not.toContain('–');
  });

  test('says of folded keys how many have used up their limits, or have none', () => {
    const keys = manyKeys(8, (at) => [{ usage: 1 }, { limit: null }][at] ?? {});
    expect(render(factsOf(keys))).toContain(
      '<summary>3 earlier keys: $1.50, ⚠️ 1 used up, ⚠️ 1 without a limit</summary>',
    );
  });

  test('warns of a key without a limit only if it works and was made by hand', () => {
    const keys = [
      { limit: null, disabled: true },
      { limit: null, name: 'octo-org/shop / CI / 17.1 / test / a1b2c3' },
      { limit: null, expires_at: '2026-09-01T00:00:00Z' },
    ];
    for (const fields of keys) expect(render(factsOf([keyOf(fields)]))).not.toContain('⚠️');
  });

  test('counts keys that someone has deleted', () => {
    const keys = [keyOf({}), keyOf({ hash: '1' }), keyOf({ hash: '2' })];
    const data = rememberedOf({ workspace, keys });
    const facts = { data, existing: [{ workspace, keys: keys.slice(1) }], isBeingDeleted: false };
    expect(render(facts)).toContain(`<p>${LINK} · 3 keys so far, 1 deleted</p>`);
    expect(render({ ...facts, existing: [{ workspace, keys }] })).toContain('· 3 keys so far</p>');
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
      `<p><a href="https://openrouter.ai/workspaces/demo-42">demo-42</a> · ${LINK} · 2 keys so far</p>`,
    );
    expect(html).toMatch(/Later.*Earlier/s);
    expect(html).toContain('<h3>OpenRouter preview: $0.50 spent so far</h3>');
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
    ['⚠️\u00a0all of\u00a0$1.00 daily', { usage: 8, limit_reset: 'daily', limit_remaining: 0 }],
    ['⚠️\u00a0all of\u00a0$1.00', { usage: 1.01 }],
    ['⚠️\u00a0all of\u00a0$1.00', { limit_remaining: -0.01 }],
    ['⚠️\u00a0all of\u00a0$0.45', { usage: 0.45, limit: 0.45 }],
    ['&lt;1\u00a0% of\u00a0$1.00', { usage: 0.0099 }],
    ['⚠️ no\u00a0limit', { limit: null }],
  ])('is %s with %j', (expected, fields) => {
    expect(render(factsOf([keyOf(fields)]))).toContain(`<td align="right">${expected}</td></tr>`);
  });
});

describe('the row of a deployment', () => {
  const deployed = (fields: Partial<Key> = {}) =>
    keyOf({
      name: 'octo-org/shop#42 / CI / deploy',
      created_at: '2026-11-28T08:25:59Z',
      expires_at: '2026-12-28T08:25:59Z',
      ...fields,
    });
  const titlesIn = (...keys: readonly Key[]) =>
    [...render(factsOf(keys)).matchAll(/<tr><td>(.*?)<\/td>/g)].map(([, title]) =>
      title?.replaceAll('\u00a0', ' '),
    );

  test.each<[string, Partial<Key>]>([
    ['works until 28 Dec', {}],
    ['works until 28 Jan 2027', { expires_at: '2027-01-28T08:25:59Z' }],
    ['works', { expires_at: null }],
    ['disabled', { disabled: true }],
    ['used up', { usage: 1 }],
    ['disabled', { usage: 1, disabled: true }],
    ['expired 28 Nov', { expires_at: '2026-11-28T08:25:59Z' }],
  ])('says whether it works: %s', (expected, fields) => {
    expect(titlesIn(deployed(fields))).toEqual([`<code>deploy</code>, ${expected}`]);
  });

  test('says that it was replaced, if a newer key is for the same deployment', () => {
    const older = deployed({ hash: '1', created_at: '2026-11-27T08:25:59Z', disabled: true });
    const other = { ...older, hash: '2', name: 'octo-org/shop#42 / CI / docs' };
    expect(titlesIn(older, deployed(), other)).toEqual([
      '<code>deploy</code>, works until 28 Dec',
      '<code>deploy</code>, replaced',
      '<code>docs</code>, disabled',
    ]);
  });
});

describe('of keys that have used up their limits, a comment', () => {
  const usedUp = (hash: string, fields: Partial<Key> = {}) =>
    keyOf({
      hash,
      name: `octo-org/shop / CI / 17.1 / ${hash} / a1b2c3`,
      created_at: `2026-11-28T0${hash.length}:12:00Z`,
      usage: 1,
      ...fields,
    });
  const ENDED = { disabled: true };
  const DEPLOYED = { name: 'octo-org/shop#42 / CI / deploy' };
  const [ONE, THREE, FIVE] = [usedUp('e'), usedUp('eee'), usedUp('eeeee')];
  const linesOf = (keys: readonly Key[]) =>
    htmlOf(render(factsOf(keys)))
      .filter((line) => /used.up (its|their)/.test(line))
      .map((line) => line.replaceAll(/<.*?>/g, '').replaceAll('\u00a0', ' '));
  const MORE = 'If a job needs more, raise limit-usd.';

  test.each<[string, readonly Key[], readonly string[]]>([
    [
      'says which one fails now',
      [ONE],
      [`⚠️ The key of e, 28 Nov 01:12, has used up its limit: its requests fail. ${MORE}`],
    ],
    [
      'says which ones fail now, the newest first',
      [ONE, THREE],
      [
        `⚠️ 2 keys have used up their limits, and their requests fail: eee, 28 Nov 03:12; e, 28 Nov 01:12. ${MORE}`,
      ],
    ],
    [
      'names three at most',
      [ONE, THREE, FIVE, usedUp('ee'), usedUp('eeee')],
      [
        `⚠️ 5 keys have used up their limits, and their requests fail: eeeee, 28 Nov 05:12; eeee, 28 Nov 04:12; eee, 28 Nov 03:12; 2 more. ${MORE}`,
      ],
    ],
    [
      'calls one that was made by hand by its name',
      [usedUp('e', { name: 'By hand', created_at: null })],
      [`⚠️ The key By hand has used up its limit: its requests fail. ${MORE}`],
    ],
    [
      'does not say that requests fail of one that is disabled',
      [usedUp('e', ENDED)],
      [
        `The key of e, 28 Nov 01:12, had used up its limit: some of its requests may have failed. ${MORE}`,
      ],
    ],
    [
      'says the same of one that expired before the newest was created',
      [
        usedUp('e', { expires_at: '2026-11-28T03:12:00Z' }),
        keyOf({ created_at: THREE['created_at'] }),
      ],
      [
        `The key of e, 28 Nov 01:12, had used up its limit: some of its requests may have failed. ${MORE}`,
      ],
    ],
    [
      'counts the jobs that have ended',
      [usedUp('e', ENDED), usedUp('eee', ENDED)],
      [`2 jobs had used up their limits: some of their requests may have failed. ${MORE}`],
    ],
    [
      'counts keys if not all of those were of jobs',
      [usedUp('e', ENDED), usedUp('eee', { ...ENDED, name: 'By hand' })],
      [`2 keys had used up their limits: some of their requests may have failed. ${MORE}`],
    ],
    [
      'gives the same advice once',
      [ONE, usedUp('eee', ENDED)],
      [
        '⚠️ The key of e, 28 Nov 01:12, has used up its limit: its requests fail.',
        `The key of eee, 28 Nov 03:12, had used up its limit: some of its requests may have failed. ${MORE}`,
      ],
    ],
    [
      'does not count one of them twice',
      [
        usedUp('d', DEPLOYED),
        ONE,
        THREE,
        usedUp('eeee', ENDED),
        usedUp('eeeee', { ...ENDED, ...DEPLOYED }),
      ],
      [
        '⚠️ The deployed key of deploy, 28 Nov 01:12, has used up its limit: the requests of what is deployed fail. To go on, raise limit-usd and push.',
        '⚠️ 2 other keys have used up their limits, and their requests fail: eee, 28 Nov 03:12; e, 28 Nov 01:12.',
        `2 other jobs had used up their limits: some of their requests may have failed. ${MORE}`,
      ],
    ],
  ])('%s', (_, keys, expected) => {
    expect(linesOf(keys)).toEqual(expected);
  });
});

describe('the costs by job', () => {
  const jobKeys = (count: number, job = 'test') =>
    manyKeys(count, (at) => ({
      name: `octo-org/shop / CI / ${at}.1 / ${job} / a1b2c3`,
      hash: `${job}${at}`.padStart(10, '0'),
    }));
  /** The rows of the table, as text. */
  const rowsOf = (facts: CommentFacts) => {
    const [, table] =
      /<summary>By job<\/summary>\n<table>\n(.*?)\n<\/table>/s.exec(render(facts)) ?? [];
    return table
      ?.split('\n')
      .map((row) => row.replace(/<\/t[hd]>(?=<t)/g, ' | ').replace(/<.*?>/g, ''));
  };
  const HEAD = 'Job | Cost | Keys';
  const deleted = (keys: readonly Key[]) =>
    gone(rememberedOf({ workspace, keys }, { deletion: ended('finished') }));

  test('are there once the workspace is deleted, also of one job', () => {
    expect(rowsOf(deleted(jobKeys(3)))).toEqual([HEAD, 'test | $0.75 | 3']);
    expect(rowsOf(deleted([keyOf({})]))).toBeUndefined();
  });

  test('are there from the sixth key on if there are two jobs', () => {
    const evals = jobKeys(1, 'evals');
    expect(rowsOf(factsOf([...jobKeys(5), ...evals]))).toEqual([
      HEAD,
      'test | $1.25 | 5',
      'evals | $0.25 | 1',
    ]);
    expect(rowsOf(factsOf([...jobKeys(4), ...evals]))).toBeUndefined();
    expect(rowsOf(factsOf(jobKeys(6)))).toBeUndefined();
    expect(rowsOf(factsOf([...jobKeys(6), keyOf({})]))).toBeUndefined();
  });

  test('end with what else the total has', () => {
    const facts = deleted([...jobKeys(3), keyOf({ usage: 0.0625 })]);
    expect(rowsOf(facts)).toEqual([HEAD, 'test | $0.7500 | 3', 'other keys | $0.0625 | ']);
  });

  test('may exceed a total that has forgotten keys, and are lower bounds as that is', () => {
    const { data, ...rest } = deleted(jobKeys(3));
    const [[id, one]] = Object.entries(data.workspaces) as [
      [string, CommentData['workspaces'][string]],
    ];
    const forgotten = { isCut: true, workspaces: { [id]: { ...one, keys: {} } } };
    expect(rowsOf({ ...rest, data: forgotten })).toEqual([
      'Job | Cost, at least | Keys',
      'test | $0.75 | 3',
    ]);
    expect(render({ ...rest, data: forgotten })).toContain(
      'preview: at least $0.00 spent, deleted<',
    );
  });

  test('are summed over workspaces', () => {
    const before = rememberedOf(
      { workspace: { ...workspace, id: ID.replace('3', '4') }, keys: jobKeys(2) },
      { deletion: ended('finished') },
    );
    expect(rowsOf(gone(mergeComment(before, deleted(jobKeys(3)).data)))).toEqual([
      HEAD,
      'test | $1.25 | 5',
    ]);
  });

  test('never change the total', () => {
    fc.assert(
      fc.property(someFacts, (facts) => {
        const workspaces = Object.entries(facts.data.workspaces);
        const without = workspaces.map(
          ([id, one]) => [id, { ...one, jobs: [] as JobCost[] }] as const,
        );
        const data = { ...facts.data, workspaces: Object.fromEntries(without) };
        expect(totalOf({ ...facts, data })).toEqual(totalOf(facts));
        expect(describeSpent({ ...facts, data })).toBe(describeSpent(facts));
      }),
      { numRuns: 100 },
    );
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
    ['A deletion has begun and has not finished.', factsOf([keyOf({})], true)],
    [
      'A deletion began on 28 Nov 08:31 UTC and has not finished.',
      withData(
        rememberedOf({ workspace, keys: [] }, { deletion: ended('unfinished') }),
        factsOf([keyOf({})], true),
      ),
    ],
    [
      'Someone deleted a key; what it spent last is unknown.',
      withData(rememberedOf({ workspace, keys: [keyOf({ hash: 'gone', usage: 0.5 })] })),
    ],
    [
      'OpenRouter did not report what a key has spent.',
      factsOf([keyOf({}), keyOf({ hash: '1', usage: null })]),
    ],
    [
      'The workspace was deleted; what its keys spent last is unknown.',
      withData(deleted(ended('unfinished'))),
    ],
    ['The workspace was deleted; what its keys spent last is unknown.', gone(deleted(null))],
    [
      'There were more keys than the comment can remember.',
      withData({ isCut: true, workspaces: {} }),
    ],
  ])('says in its title that it is, and why: %s', (reason, facts) => {
    const [title, why] = htmlOf(render(facts));
    expect(title).toMatch(
      /^<h3>OpenRouter preview: at least \$0\.\d+ spent(, deleted| so far)<\/h3>$/,
    );
    expect(why).toBe(`<p>${reason}</p>`);
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
    html[0]?.replace(/^<h3>OpenRouter preview: (.*) spent so far<\/h3>$/, '$1');
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
        'The workspace was deleted; what its keys spent last is unknown.',
      ],
    ],
    [
      'an earlier workspace with a key whose cost is unknown',
      withUnknown,
      [
        '1 earlier workspace: at least $9.00, not counted in the $5.00. In total: at least $9.25.',
        'OpenRouter did not report what a key has spent.',
      ],
    ],
    [
      'deleted keys with the total',
      deletedKeys,
      [
        '2 deleted keys: at least $4.50, not counted in the $5.00. In total: at least $4.75.',
        'Someone deleted a key; what it spent last is unknown.',
      ],
    ],
    [
      'the total once, after deleted keys and earlier workspaces',
      mergeComment(deletedKeys, EARLIER),
      [
        '2 deleted keys: at least $4.50, not counted in the $5.00.',
        '1 earlier workspace: $9.00, not counted in the $5.00. In total: at least $13.75.',
        'Someone deleted a key; what it spent last is unknown.',
      ],
    ],
    [
      'the total alone if keys or workspaces are no longer remembered',
      CUT,
      ['In total: at least $0.25.', 'There were more keys than the comment can remember.'],
    ],
    [
      'earlier workspaces of which some are no longer remembered',
      mergeComment(EARLIER, CUT),
      [
        '1 earlier workspace: at least $9.00, not counted in the $5.00. In total: at least $9.25.',
        'There were more keys than the comment can remember.',
      ],
    ],
  ])('leaves to lines of their own what does not count towards it: %s', (_, rest, expected) => {
    expect(wordsOf(factsWith([keyOf({})], rest))).toEqual(['$0.25 of $5.00', ...expected]);
  });

  test('with a key of unknown cost makes a lower bound of the total too, with one reason', () => {
    const keys = [keyOf({}), keyOf({ hash: '1', usage: 'much' })];
    expect(wordsOf(factsWith(keys, unfinished))).toEqual([
      'at least $0.25 of $5.00',
      'OpenRouter did not report what a key has spent.',
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
    const second = { workspace: other('6'), keys: [keyIn(other('6'), { usage: 0.75 })] };
    expect(wordsOf(joined({ ...facts, existing: [...facts.existing, second] }))).toEqual([
      '$10.00',
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
    const keys = manyKeys(3_000, () => ({ disabled: true }));
    expect(wordsOf(factsWith(keys, EARLIER, '1000'))).toEqual([
      '$750.00 of $1,000.00',
      '1 earlier workspace: at least $9.00, not counted in the $1,000.00. In total: at least $759.00.',
      'There were more keys than the comment can remember.',
    ]);
  });
});

describe('what a cap leaves', () => {
  const job = (hash: string, usage: number, fields: Partial<Key> = {}) =>
    jobKey({ hash, usage, limit: 5, disabled: true, ...fields });
  const working = (hash: string, usage: number, limit: number, fields: Partial<Key> = {}) =>
    job(hash, usage, { limit, disabled: false, ...fields });
  const DEPLOYMENT = { name: 'octo-org/shop#42 / CI / deploy' };
  const NOTHING =
    '⚠️ Nothing is left: new jobs get no key and fail. To go on, raise preview-limit-usd and push.';

  test.each<[string, readonly Key[], string | undefined]>([
    ['says nothing as long as enough is left', [job('1', 4.4999)], undefined],
    [
      'says what the next key can spend from 90 % on, rounded up',
      [job('1', 4.5491)],
      '⚠️ The next key can spend $0.46 at most: preview-limit-usd is $5.00.',
    ],
    [
      'takes off what others can still spend',
      [job('1', 4.5), working('2', 0.05, 0.1)],
      '⚠️ The next key can spend $0.40 at most: preview-limit-usd is $5.00.',
    ],
    ['says that nothing is left', [job('1', 5)], NOTHING],
    ['says that nothing is left after an overshoot', [job('1', 5.01)], NOTHING],
    [
      'tells what is held by running jobs apart',
      [job('1', 3.5), working('2', 0.5, 1.5)],
      '⚠️ Nothing is left: running jobs hold $1.00. Until they end, new jobs get no key and fail. Then run the failed ones again.',
    ],
    [
      'does not wait for a key made by hand',
      [job('1', 4), working('2', 0, 1, { name: 'x' })],
      NOTHING,
    ],
    [
      'does not count a key that expired before the newest was created',
      [
        job('1', 3, { created_at: '2026-11-28T08:25:59Z' }),
        working('2', 0, 2, { expires_at: '2026-11-28T08:25:58Z' }),
      ],
      undefined,
    ],
    [
      'counts a key that expires after that, whatever time it is now',
      [job('1', 3), working('2', 0, 2, { expires_at: '2026-10-01T12:00:01Z' })],
      '⚠️ Nothing is left: running jobs hold $2.00. Until they end, new jobs get no key and fail. Then run the failed ones again.',
    ],
    [
      'does not speak of deployments that replace the key which holds the rest',
      [job('1', 4), working('2', 0, 1, DEPLOYMENT)],
      NOTHING.replace('new jobs', 'new jobs without a deployment'),
    ],
    [
      'knows that of several deployments, the next one replaces what one of them can spend',
      ['1', '2', '3', '4'].map((hash) => working(hash, 0, 2, DEPLOYMENT)),
      NOTHING,
    ],
    [
      'says the same of what the next key can spend',
      [job('1', 4.5), working('2', 0, 0.25, DEPLOYMENT)],
      '⚠️ The next key without a deployment can spend $0.25 at most: preview-limit-usd is $5.00.',
    ],
  ])('%s', (_, keys, expected) => {
    const data = rememberedOf({ workspace, keys }, { own: { hash: '1', cap: '5' } });
    const facts = { data, existing: [{ workspace, keys }], isBeingDeleted: false };
    const first = htmlOf(render(facts))[1];
    expect(first).toBe(expected === undefined ? first : `<p>${expected}</p>`);
    expect(/⚠️ (Nothing|The next)/.test(render(facts))).toBe(expected !== undefined);
    expect(render({ ...facts, isBeingDeleted: true })).not.toMatch(/⚠️ (Nothing|The next)/);
  });

  test('does not advise a larger limit of each key if that does not help', () => {
    const keys = [job('1', 5)];
    const data = rememberedOf({ workspace, keys }, { own: { hash: '1', cap: '5' } });
    expect(render({ data, existing: [{ workspace, keys }], isBeingDeleted: false })).toContain(
      ', had used up its limit: some of its requests may have failed.</p>',
    );
  });
});

describe('the comment of a deleted preview', () => {
  const deleted = (deletion: DeletionRecord | null, keys: readonly Key[], id = ID) =>
    rememberedOf({ workspace: { ...workspace, id }, keys }, { deletion });

  test('has the total, what was deleted, when, and by which run', () => {
    const data = deleted(ended('finished'), [keyOf({}), keyOf({ hash: 'other' })]);
    expect(htmlOf(render(gone(data)))).toEqual([
      '<h3>OpenRouter preview: $0.50 spent, deleted</h3>',
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
    expect(html[0]).toBe('<h3>OpenRouter preview: $1.75 spent, deleted</h3>');
    expect(html[1]).toContain('28 Nov 08:31 UTC');
    expect(html.slice(2)).toEqual(['<p>2 earlier workspaces: $1.50</p>']);
  });

  test('that was reopened has that line, and the keys of the new workspace', () => {
    const before = deleted(ended('finished'), [keyOf({ usage: 0.5 })], ID.replace('3', '4'));
    const { existing } = factsOf([keyOf({ usage: 0.1, name: 'after' })]);
    const html = htmlOf(render(joined({ data: before, existing, isBeingDeleted: false })));
    expect(html[0]).toBe('<h3>OpenRouter preview: $0.60 spent so far</h3>');
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

test('the text of a comment follows from the facts alone, in whatever order they are listed', () => {
  const second = { id: '3fa85f64-5717-4562-b3fc-2c963f66afad', slug: 'another-42' };
  const times = fc.array(fc.integer({ min: 1.7e12, max: 2e12 }), { minLength: 2, maxLength: 2 });
  jest.useFakeTimers();
  fc.assert(
    fc.property(someFacts, fc.boolean(), times, (facts, isAlone, nows) => {
      const keys = [keyIn(second, { hash: 'second' }), keyIn(second, { hash: 'third' })];
      const others = isAlone ? [] : [{ workspace: second, keys }];
      const all = joined({ ...facts, existing: [...facts.existing, ...others] });
      const reversed = all.existing
        .map((one) => ({ ...one, keys: one.keys.toReversed() }))
        .toReversed();
      const [one, other] = [all, { ...all, existing: reversed }].map((listed, at) => {
        jest.setSystemTime(nows[at] ?? 0);
        return render(listed);
      });
      expect(one === other).toBe(true);
    }),
    { numRuns: 300 },
  );
  jest.useRealTimers();
});

test('what a preview has spent is the same in the title and elsewhere', () => {
  fc.assert(
    fc.property(someFacts, (facts) => {
      expect(render(facts).replace('preview: ⚠️ ', 'preview: ')).toContain(
        `<h3>OpenRouter preview: ${describeSpent(facts).replace('<', '&lt;')} spent`,
      );
    }),
    { numRuns: 500 },
  );
});

describe('the title of a key', () => {
  const titleIn = (name: string, repository = SHOP) =>
    /<td>(.*?), (?:1\u00a0Oct|works)/.exec(
      renderComment(factsOf([keyOf({ name })]), { ...options, repository }),
    )?.[1];
  const linked = (text: string, run: string) =>
    `<a href="https://github.com/octo-org/shop/actions/runs/${run}">${text}</a>`;

  test.each<[string, string]>(
    [
      ['octo-org/shop / CI / 123.1 / test / a1b2c3', linked('test', '123/attempts/1')],
      // A workflow has any name, a job only letters, digits, hyphens and underscores.
      [
        'octo-org/shop / CI / 123.1 / test (3.12) / a1b2c3',
        linked('test (3.12)', '123/attempts/1'),
      ],
      ['octo-org/shop / 9.9 / 123.1 / test / a1b2c3', linked('test', '123/attempts/1')],
      ['octo-org/shop / A / B / 1.3 / test / a1b2c3', linked('test', '1/attempts/3')],
      ['octo-org/shop#42 / CI / deploy', '<code>deploy</code>'],
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
      linked('test', '123'),
    );
  });
});

describe('the times in a comment', () => {
  const timesIn = (facts: CommentFacts) =>
    render(facts)
      .replaceAll('\u00a0', ' ')
      .match(/\d+ \w{3} (\d{4} )?\d\d:\d\d( UTC)?/g) ?? [];
  const createdIn = (year: number, expires_at: unknown) =>
    keyOf({ hash: `${year}`, created_at: `${year}-11-28T08:25:59Z`, expires_at });

  test.each<[string, readonly Key[], readonly string[]]>([
    [
      'have no year if all keys are created, and expire, in one',
      [createdIn(2026, '2026-11-28T14:25:59Z')],
      ['28 Nov 08:25'],
    ],
    [
      'have a year if their key expires in another',
      [createdIn(2026, '2027-11-28T08:25:59Z')],
      ['28 Nov 2026 08:25'],
    ],
    [
      'have a year if, and only if, their key never expires',
      [createdIn(2026, null), jobKey({ created_at: '2026-11-27T08:25:59Z' })],
      ['28 Nov 2026 08:25', '27 Nov 08:25'],
    ],
    [
      'have a year if keys are created in more than one',
      [createdIn(2025, '2025-11-28T14:25:59Z'), createdIn(2026, '2026-11-28T14:25:59Z')],
      ['28 Nov 2026 08:25', '28 Nov 2025 08:25'],
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
    /<\/?(?:h3|p|table|tr|th|td|code|w?br|details|summary)>|<t[hd] align="right">|<a href="https:[^"<>]*">|<\/a>/g;

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
      '<p>There were more keys than the comment can remember.</p>',
      `<p>${LINK} · 4000 keys so far</p>`,
      CLOSING,
    ]);
  });
});
