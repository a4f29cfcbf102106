import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommentContent,
  formatMarker,
  readComment,
} from '../../../src/actions/preview/comment.ts';
import {
  commentRenderer,
  describeSum,
  renderComment,
} from '../../../src/actions/preview/render-comment.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import { COUNT_MS, type SeenKey } from '../../../src/openrouter/settlement.ts';
import { SHOP } from '../../support/known-repositories.ts';
import { ROOT } from '../../support/root.ts';
import { type KeyFields, seen } from '../../support/seen-keys.ts';
import { contentOf, hostileText, keyOf, someContent } from '../../support/some-comments.ts';

const options = {
  repository: SHOP,
  aboutUrl: 'https://docs.test/about',
  redact: (text: string) => text,
};
const render = (content: CommentContent) => renderComment(content, options);
const usd = (text: string) => toUsd(Number(text));

const jobKey = (fields: KeyFields = {}) =>
  keyOf({ name: 'octo-org/shop / Preview / 17.1 / test #a1b2c3', ...fields });
const counted = (key: Key): SeenKey => seen(key, COUNT_MS);
const ended = (key: Key): SeenKey => seen(key, COUNT_MS - 1);
const working = (key: Key): SeenKey => seen(key, undefined);

/** The lines after the data. */
const htmlOf = (body: string) => body.split('\n').slice(1);

const LINK = '<a href="https://openrouter.ai/workspaces/preview-shop-42">preview-shop-42</a>';
const HEADER =
  '<tr><th>Job (UTC)</th><th align="right">Cost</th><th align="right">Of its limit</th></tr>';
const ABOUT = '<a href="https://docs.test/about">What is this?</a>';
const CLOSING = `<p>In the night after this pull request is closed, this becomes the final bill. ${ABOUT}</p>`;
const LATE = '<p>OpenRouter can count what is spent up to an hour late.</p>';
const RUN = 'https://github.com/octo-org/shop/actions/runs/17/attempts/';

/** As many keys that have counted, each made a second after the one before it. */
const manyKeys = (count: number, fields: (at: number) => KeyFields = () => ({})) =>
  Array.from({ length: count }, (_, at) =>
    counted(
      keyOf({
        hash: String(at).padStart(10, 'f'),
        created_at: new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString(),
        ...fields(at),
      }),
    ),
  );

/** The rows of the tables, as text. */
const rowsIn = (content: CommentContent) =>
  htmlOf(render(content))
    .filter((line) => line.startsWith('<tr><td>'))
    .map((line) =>
      line
        .replaceAll('</td><td align="right">', ' | ')
        .replaceAll(/<.*?>/g, '')
        .replaceAll('\u00a0', ' ')
        .replaceAll('&lt;', '<'),
    );
const titleIn = (content: CommentContent) =>
  /<h3>OpenRouter preview: (.*)<\/h3>/.exec(render(content))?.[1];

describe('the comment of a preview', () => {
  test('has the data, the sum, why it can grow, the workspace, a row per key, and what comes next', () => {
    const content = contentOf([
      ended(jobKey({ hash: '2b', usage: 0.0409, created_at: '2026-11-28T08:25:59Z' })),
      counted(
        keyOf({ hash: '1a', usage: 1, name: 'octo-org/shop / Preview / 17.2 / evals #a1b2c3' }),
      ),
      working(keyOf({ hash: '3c', usage: 0, name: 'By hand', limit: null, created_at: null })),
    ]);
    expect(render(content).split('\n')).toEqual([
      formatMarker(content.data),
      '<h3>OpenRouter preview: $1.04 spent so far</h3>',
      LATE,
      `<p>${LINK} · 3 keys so far</p>`,
      '<table>',
      HEADER,
      `<tr><td><a href="${RUN}1">test</a>, 28\u00a0Nov\u00a008:25</td><td align="right">at least $0.0409</td><td align="right">of\u00a0$1.00</td></tr>`,
      `<tr><td><a href="${RUN}2">evals</a>, 1\u00a0Oct\u00a012:00</td><td align="right">$1.0000</td><td align="right">⚠️\u00a0all of\u00a0$1.00</td></tr>`,
      '<tr><td><code>By hand</code></td><td align="right">not yet counted</td><td align="right">⚠️ no\u00a0limit</td></tr>',
      '</table>',
      CLOSING,
    ]);
  });

  test('says that OpenRouter counts late only until each key ended an hour ago', () => {
    for (const late of [ended, working]) {
      expect(htmlOf(render(contentOf([counted(keyOf()), late(keyOf({ hash: '1' }))])))).toContain(
        LATE,
      );
    }
    expect(htmlOf(render(contentOf([counted(keyOf())])))).not.toContain(LATE);
  });

  test('shows $0.00 only for what is known to be nothing', () => {
    const nothing = keyOf({ usage: 0 });
    for (const late of [ended, working]) {
      expect(titleIn(contentOf([late(nothing)]))).toBe('nothing counted so far');
      expect(rowsIn(contentOf([late(nothing)]))).toEqual([
        'CI, 1 Oct 12:00 | not yet counted | of $1.00',
      ]);
    }
    expect(rowsIn(contentOf([counted(nothing)]))).toEqual([
      'CI, 1 Oct 12:00 | $0.00 | 0 % of $1.00',
    ]);
  });

  test('of a workspace without keys has no table', () => {
    expect(htmlOf(render(contentOf([])))).toEqual([
      '<h3>OpenRouter preview: nothing counted so far</h3>',
      `<p>${LINK} · 0 keys so far</p>`,
      CLOSING,
    ]);
  });

  test('has no column for limits if no key has one', () => {
    const html = htmlOf(render(contentOf([counted(jobKey({ limit: null }))])));
    expect(html).toContain('<tr><th>Job (UTC)</th><th align="right">Cost</th></tr>');
    expect(html.join('')).not.toContain('–');
  });

  test('warns of a key without a limit only if it works and was made by hand', () => {
    const byHand = keyOf({ limit: null });
    expect(render(contentOf([working(byHand)]))).toContain('⚠️ no\u00a0limit');
    for (const harmless of [ended(byHand), counted(byHand), working(jobKey({ limit: null }))]) {
      expect(render(contentOf([harmless]))).not.toContain('⚠️');
    }
  });

  test('folds all but the newest five keys, with their costs', () => {
    const html = htmlOf(render(contentOf(manyKeys(7))));
    const at = html.indexOf('<details><summary>2 earlier keys: $0.50</summary>');
    expect(html.slice(at + 1, at + 3)).toEqual(['<table>', HEADER]);
    expect(html.slice(at + 5)).toEqual(['</table>', '</details>', CLOSING]);
    expect(html.slice(0, at).filter((line) => line.includes('<code>'))).toHaveLength(5);
    expect(render(contentOf(manyKeys(6)))).toContain('<summary>1 earlier key: $0.25</summary>');
    expect(render(contentOf(manyKeys(5)))).not.toContain('details');
  });

  test.each<[string, (keys: SeenKey[]) => SeenKey[], string]>([
    [
      'unknown',
      ([first, ...keys]) => [counted({ ...(first?.key as Key), usage: undefined }), ...keys],
      '$0.25',
    ],
    ['not counted yet', ([first, ...keys]) => [ended(first?.key as Key), ...keys], '$0.50'],
  ])('does not take the sum of its folded rows for exact if one is %s', (_, change, sum) => {
    const content = contentOf(change(manyKeys(7)));
    expect(render(content)).toContain(`<summary>2 earlier keys: at least ${sum}</summary>`);
  });
});

const AT_LEAST = { state: 'bill', isAtLeast: true } as const;

describe('the sum in the title', () => {
  const sumOf = (data: Partial<CommentContent['data']>) =>
    titleIn(contentOf([counted(keyOf())], data));
  test.each<[string, Partial<CommentContent['data']>]>([
    ['$0.25 spent so far', {}],
    ['$0.84 spent so far', { spent: usd('0.8499') }],
    ['$0.25 of $5.00 spent so far', { cap: usd('5') }],
    ['$3.99 of $5.00 spent so far', { spent: usd('3.999'), cap: usd('5') }],
    ['⚠️ $4.50 of $5.00 spent so far', { spent: usd('4.5'), cap: usd('5') }],
    ['nothing counted so far', { spent: 0n, cap: usd('5') }],
    ['at least $0.25 of $5.00 spent so far', { isAtLeast: true, cap: usd('5') }],
    ['$0.25 spent, closed', { state: 'bill' }],
    ['$0.85 spent, closed', { state: 'bill', spent: usd('0.8499') }],
    ['$0.00 spent, closed', { state: 'bill', spent: 0n }],
    ['$0.25 of $5.00 spent, closed', { state: 'bill', cap: usd('5') }],
    ['at least $0.84 spent, closed', { ...AT_LEAST, spent: usd('0.8499') }],
    ['at least $0.25 of $5.00 spent, closed', { ...AT_LEAST, cap: usd('5') }],
    ['spending unknown, closed', { ...AT_LEAST, spent: 0n, cap: usd('5') }],
  ])('is %s', (expected, data) => {
    expect(sumOf(data)).toBe(expected);
  });

  test('is the same in the log', () => {
    fc.assert(
      fc.property(someContent, (content) => {
        const title = `<h3>OpenRouter preview: ${describeSum(content.data).replace('<', '&lt;')}</h3>`;
        expect(render(content).replace('preview: ⚠️ ', 'preview: ')).toContain(title);
      }),
    );
  });

  test('says "closed" in a final bill, and nothing else does', () => {
    fc.assert(
      fc.property(someContent, (content) => {
        const { state, isAtLeast, spent } = content.data;
        const [title = ''] = htmlOf(render(content));
        expect(title.endsWith(' so far</h3>')).toBe(state === 'so far');
        expect(title.endsWith(', closed</h3>')).toBe(state !== 'so far');
        const says = title.includes('at least') || title.includes('unknown');
        expect(says).toBe(isAtLeast && (state === 'bill' || spent > 0n));
      }),
    );
  });
});

describe('a cap without room for another key', () => {
  const keys = [counted(jobKey({ limit: 0.2 })), counted(jobKey({ limit: 0.5 }))];
  const almost = { spent: usd('4.51'), cap: usd('5') };
  const WARNING =
    '<p>⚠️ preview-limit-usd is $5.00: new jobs may get no key, and fail. To go on, raise it and push.</p>';
  const linesOf = (data: Partial<CommentContent['data']>) => htmlOf(render(contentOf(keys, data)));

  test('is a warning, as long as there can be new jobs', () => {
    expect(linesOf(almost)[1]).toBe(WARNING);
    expect(linesOf({ ...almost, spent: usd('4.5') })).not.toContain(WARNING);
    for (const isAtLeast of [true, false]) {
      const bill = { ...almost, state: 'bill', isAtLeast } as const;
      expect(linesOf(bill).join()).not.toContain('push');
    }
  });

  test('is none in a bill', () => {
    expect(linesOf({ ...almost, state: 'bill' })[0]).toBe(
      '<h3>OpenRouter preview: $4.51 of $5.00 spent, closed</h3>',
    );
  });
});

describe('the final bill', () => {
  test('has the sum, the keys, and neither a link to the workspace nor what comes next', () => {
    const keys = [counted(jobKey({ usage: 0.5 })), counted(keyOf({ hash: '1' }))];
    expect(htmlOf(render(contentOf(keys, { state: 'bill' })))).toEqual([
      '<h3>OpenRouter preview: $0.75 spent, closed</h3>',
      '<p>The workspace had 2 keys.</p>',
      '<table>',
      HEADER,
      '<tr><td><code>CI</code>, 1\u00a0Oct\u00a012:00</td><td align="right">$0.25</td><td align="right">25\u00a0% of\u00a0$1.00</td></tr>',
      `<tr><td><a href="${RUN}1">test</a>, 1\u00a0Oct\u00a012:00</td><td align="right">$0.50</td><td align="right">50\u00a0% of\u00a0$1.00</td></tr>`,
      '</table>',
      `<p>This is the final bill. ${ABOUT}</p>`,
    ]);
  });

  test('says why it is a lower bound', () => {
    const html = htmlOf(render(contentOf([], { ...AT_LEAST, spent: usd('1') })));
    expect(html.slice(0, 2)).toEqual([
      '<h3>OpenRouter preview: at least $1.00 spent, closed</h3>',
      '<p>More may have been spent: an API key was deleted, OpenRouter did not report what one has spent, or a clean-up was interrupted.</p>',
    ]);
  });
});

test('the comment ends with a link to the section of the documents about it', () => {
  const body = commentRenderer({ repository: SHOP }, options)(contentOf([]));
  const [, page = '', anchor] =
    /\/blob\/main\/(docs\/.*)#(.*)">What is this\?<\/a><\/p>$/.exec(body) ?? [];
  expect(anchor).toBe('the-comment');
  expect(readFileSync(join(ROOT, page), 'utf8')).toContain('\n## The comment\n');
});

describe('the part of its limit that a key has used', () => {
  const partOf = (one: SeenKey) => rowsIn(contentOf([one]))[0]?.split(' | ')[2];
  test.each<[string, KeyFields]>([
    ['25 % of $1.00', { limit_remaining: 0.75 }],
    ['25 % of $1.00', {}],
    ['99 % of $1.00', { usage: 0.9999 }],
    ['0 % of $0.00', { usage: 0, limit: 0 }],
    // OpenRouter says what remains of the current day, and the counter is of the key's life.
    ['10 % of $1.00 daily', { usage: 8, limit_reset: 'daily', limit_remaining: 0.9 }],
    ['unknown', { usage: 8, limit_reset: 'daily' }],
    ['unknown', { usage: null }],
    ['unknown', { limit: 'much' }],
    ['unknown', { limit: undefined }],
    ['⚠️ all of $1.00 daily', { usage: 8, limit_reset: 'daily', limit_remaining: 0 }],
    ['⚠️ all of $1.00', { usage: 1.01 }],
    ['⚠️ all of $1.00', { limit_remaining: -0.01 }],
    ['⚠️ all of $0.45', { usage: 0.45, limit: 0.45 }],
    ['<1 % of $1.00', { usage: 0.0099 }],
  ])('is %s with %j', (expected, fields) => {
    expect(partOf(counted(keyOf(fields)))).toBe(expected);
  });

  test.each<[string, KeyFields]>([
    ['of $1.00', {}],
    ['of $1.00', { usage: 0 }],
    ['of $1.00 daily', { usage: 8, limit_reset: 'daily', limit_remaining: 0.9 }],
    ['⚠️ all of $1.00', { usage: 1 }],
  ])('is %s with %j while that is not counted', (expected, fields) => {
    for (const late of [ended, working]) expect(partOf(late(keyOf(fields)))).toBe(expected);
  });
});

describe('the row of a deployment', () => {
  const deployed = (fields: KeyFields = {}) =>
    keyOf({
      name: 'octo-org/shop#42 / CI / deploy #a1b2c3',
      created_at: '2026-11-28T08:25:59Z',
      expires_at: '2026-12-28T08:25:59Z',
      ...fields,
    });
  const titlesIn = (...keys: readonly SeenKey[]) =>
    rowsIn(contentOf(keys)).map((row) => row.split(' | ')[0]);

  test.each<[string, SeenKey]>([
    ['works until 28 Dec', working(deployed())],
    ['works until 28 Jan 2027', working(deployed({ expires_at: '2027-01-28T08:25:59Z' }))],
    ['works', working(deployed({ expires_at: null }))],
    ['used up', working(deployed({ usage: 1 }))],
    ['disabled', ended(deployed({ disabled: true }))],
    ['disabled', counted(deployed({ usage: 1, disabled: true }))],
    ['expired 28 Nov', ended(deployed({ expires_at: '2026-11-28T08:25:59Z' }))],
    ['expired 28 Nov', counted(deployed({ expires_at: '2026-11-28T08:25:59Z' }))],
  ])('says whether it works: %s', (expected, one) => {
    expect(titlesIn(one)).toEqual([`deploy, ${expected}`]);
  });

  test('says that it was replaced, if a newer key is for the same deployment', () => {
    const older = deployed({ hash: '1', created_at: '2026-11-27T08:25:59Z', disabled: true });
    const other = { ...older, hash: '2', name: 'octo-org/shop#42 / CI / docs' };
    expect(titlesIn(counted(older), working(deployed()), counted(other))).toEqual([
      'deploy, works until 28 Dec',
      'deploy, replaced',
      'docs, disabled',
    ]);
  });

  test('does not say that the working key was replaced by one of a job that failed', () => {
    const older = deployed({ hash: '1', created_at: '2026-11-27T08:25:59Z' });
    expect(titlesIn(working(older), ended(deployed({ disabled: true })))).toEqual([
      'deploy, disabled',
      'deploy, works until 28 Dec',
    ]);
  });
});

describe('the label of a job', () => {
  const labelsIn = (...labels: readonly string[]) =>
    rowsIn(
      contentOf(
        labels.map((label, at) =>
          counted(keyOf({ hash: `${at}`, name: `octo-org/shop#42 / ${label}`, expires_at: null })),
        ),
      ),
    ).map((row) => row.split(', ')[0]);

  test.each<[string, readonly string[], readonly string[]]>([
    [
      'is without the only workflow',
      ['CI / test', 'CI / evals', 'deploy'],
      ['test', 'evals', 'deploy'],
    ],
    [
      'has its workflow if there are several',
      ['CI / test', 'Nightly / evals'],
      ['CI / test', 'Nightly / evals'],
    ],
    [
      'is without a workflow that has slashes',
      ['A / B / test', 'A / B / evals'],
      ['test', 'evals'],
    ],
    ['is whole without a workflow', ['test'], ['test']],
    [
      'has a long workflow shortened, and all of its job',
      [`Preview of every pull request of the shop / ${'deploy-'.repeat(10)}`, 'CI / test'],
      [`Preview of every pull request of the… / ${'deploy-'.repeat(10)}`, 'CI / test'],
    ],
    [
      'is without a workflow that only the key of a deployment has in full',
      [
        'Preview of every pull request of the shop / deploy',
        'Preview of every pull request of the… / test',
      ],
      ['deploy', 'test'],
    ],
  ])('%s', (_, labels, expected) => {
    expect(labelsIn(...labels)).toEqual(expected);
  });
});

test('the text of a comment follows from the facts alone, in whatever order they are listed', () => {
  const times = fc.array(fc.integer({ min: 1.7e12, max: 2e12 }), { minLength: 2, maxLength: 2 });
  jest.useFakeTimers();
  fc.assert(
    fc.property(someContent, times, (content, nows) => {
      const reversed = { ...content, keys: content.keys.toReversed() };
      const [one, other] = [content, reversed].map((listed, at) => {
        jest.setSystemTime(nows[at] ?? 0);
        return render(listed);
      });
      expect(one === other).toBe(true);
    }),
    { numRuns: 300 },
  );
  jest.useRealTimers();
});

test('two runs agree about the text, however many milliseconds ago a key ended, until it is counted', () => {
  const one = (endedFor: number) => render(contentOf([seen(keyOf(), endedFor)]));
  expect(one(0)).toBe(one(COUNT_MS - 1));
});

describe('the title of a key', () => {
  const nameIn = (name: string, repository = SHOP) =>
    /<td>(.*?), (?:1\u00a0Oct|works)/.exec(
      renderComment(contentOf([working(keyOf({ name }))]), { ...options, repository }),
    )?.[1];
  const linked = (text: string, run: string) =>
    `<a href="https://github.com/octo-org/shop/actions/runs/${run}">${text}</a>`;

  test.each<[string, string]>(
    [
      ['octo-org/shop / CI / 123.1 / test #a1b2c3', linked('test', '123/attempts/1')],
      // A workflow has any name, a job only letters, digits, hyphens and underscores.
      ['octo-org/shop / CI / 123.1 / test (3.12) #a1b2c3', linked('test (3.12)', '123/attempts/1')],
      ['octo-org/shop / 9.9 / 123.1 / test #a1b2c3', linked('test', '123/attempts/1')],
      ['octo-org/shop / A / B / 1.3 / test #a1b2c3', linked('test', '1/attempts/3')],
      ['octo-org/shop#42 / CI / deploy #a1b2c3', '<code>deploy</code>'],
      ['octo-org/shop#42', '<code>octo-org/shop#42</code>'],
      ['octo-org/shop / CI / 123 / test #123456', undefined],
      ['octo-org/other / CI / 123.1 / test #a1b2c3', undefined],
      ['CI', undefined],
      ['', undefined],
    ].map(([name = '', title]) => [name, title ?? `<code>${name}</code>`]),
  )('named %j is %s', (name, expected) => {
    expect(nameIn(name)).toBe(expected);
  });

  test('has a link without the attempt on Gitea and Forgejo', () => {
    const repository = { ...SHOP, isGitea: true } as unknown as typeof SHOP;
    expect(nameIn('octo-org/shop / CI / 123.2 / test #a1b2c3', repository)).toBe(
      linked('test', '123'),
    );
  });
});

describe('the times in a comment', () => {
  const timesIn = (keys: readonly Key[]) =>
    render(contentOf(keys.map(counted)))
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
    expect(timesIn(keys)).toEqual(expected);
  });
});

describe('texts that others chose', () => {
  /** What the program writes. Anything else would have come from a text. */
  const TAGS =
    /<\/?(?:h3|p|table|tr|th|td|code|w?br|details|summary)>|<t[hd] align="right">|<a href="https:[^"<>]*">|<\/a>/g;

  test('add no HTML, no mentions and no lines, and do not end the data', () => {
    fc.assert(
      fc.property(someContent, (content) => {
        const body = render(content);
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
        const content = contentOf([counted(keyOf({ name, usage: 1 }))]);
        expect(readComment(render(content))).toEqual(content.data);
      }),
      { numRuns: 100 },
    );
  });

  test('have no secrets, and are cut behind those', () => {
    const secret = 'sk-or-v1-0123456789abcdef';
    const name = `${'x'.repeat(190)}${secret}${'y'.repeat(100)}`;
    const redact = (text: string) => text.replaceAll(secret, '***');
    const body = renderComment(contentOf([counted(keyOf({ name }))]), { ...options, redact });
    expect(body).toContain(`<code>${'x'.repeat(190)}***${'y'.repeat(7)}</code>`);
  });
});

describe('a comment with more keys than it has space for', () => {
  const nameOf = (at: number) => `octo-org/shop / Preview / 170000${at}.1 / integration #a1b2c3`;
  const countRows = (body: string) =>
    htmlOf(body).filter((line) => line.startsWith('<tr><td>')).length;

  test('has the newest 50 in its rows, and the sum and the number of all', () => {
    const body = render(contentOf(manyKeys(3_000, (at) => ({ name: nameOf(at) }))));
    const runs = [...body.matchAll(/runs\/170000(\d+)\//g)].map(([, at]) => Number(at));
    expect(runs).toEqual(Array.from({ length: 50 }, (_, at) => 2_999 - at));
    expect(body).toContain('<h3>OpenRouter preview: $750.00 spent so far</h3>');
    expect(body).toContain(' · 3000 keys so far</p>');
    expect(body).toContain('<summary>2995 earlier keys: $748.75</summary>');
    expect(body).toContain('<p>… and 2950 more</p>\n</details>');
  });

  test('has fewer rows if their texts are long, and all of the rest', () => {
    const content = contentOf(manyKeys(900, () => ({ name: '<'.repeat(200) })));
    const body = render(content);
    expect(body.length).toBeLessThanOrEqual(60_000);
    expect(countRows(body)).toBeGreaterThan(20);
    expect(countRows(body)).toBeLessThan(50);
    expect(readComment(body)).toEqual(content.data);
    expect(htmlOf(body).at(-1)).toBe(CLOSING);
  });

  test('is not too long, however hostile', () => {
    const name = '"'.repeat(200);
    const keys = manyKeys(60, () => ({ name, usage: 1e-9, limit_reset: '"'.repeat(100) }));
    expect(render(contentOf(keys)).length).toBeLessThanOrEqual(60_000);
  });
});
