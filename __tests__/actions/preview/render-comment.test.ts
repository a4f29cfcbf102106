import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommentData,
  type CommentFacts,
  type Deletion,
  formatMarker,
  limitComment,
  mergeComment,
  observe,
  readComment,
  totalOf,
} from '../../../src/actions/preview/comment.ts';
import { renderComment } from '../../../src/actions/preview/render-comment.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import {
  hostileText,
  joined,
  keyOf as keyIn,
  muchData,
  someData,
  someFacts,
} from '../../support/preview-comment.ts';
import { SHOP } from '../../support/repositories.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const workspace = { id: ID, slug: 'preview-shop-42' };

const options = { repository: SHOP, redact: (text: string) => text };
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

const LINK =
  '<p><a href="https://openrouter.ai/workspaces/preview-shop-42">preview-shop-42</a></p>';
const HEADER =
  '<tr><th>Run</th><th>API key</th><th align="right">Cost</th><th align="right">Limit</th></tr>';

const ended = (state: Deletion['state']): Deletion => ({ state, at: 1_790_000_000, run: '17.1' });

describe('the comment of a preview', () => {
  test('has the data, the workspace with its link, a row per key, and the total', () => {
    const facts = factsOf([
      keyOf({ hash: '2b', created_at: '2026-09-30T12:00:00Z', usage: null, limit: null }),
      keyOf({ hash: '1a', name: 'octo-org/shop / CI / 123.2 / test / a1b2c3', usage: 0.0421 }),
    ]);
    expect(render(facts).split('\n')).toEqual([
      formatMarker(limitComment(facts.data)),
      '<h3>OpenRouter preview</h3>',
      LINK,
      '<table>',
      HEADER,
      '<tr><td><a href="https://github.com/octo-org/shop/actions/runs/123/attempts/2">123, attempt 2</a></td><td><code>octo-org/shop / CI / 123.2 / test / a1b2c3</code></td><td align="right">$0.0421</td><td align="right">$1.00</td></tr>',
      '<tr><td>2026-09-30T12:00:00Z</td><td><code>CI</code></td><td align="right">unknown</td><td align="right">–</td></tr>',
      '</table>',
      '<p>Total: at least $0.0421</p>',
    ]);
  });

  test('of a workspace without keys has no table', () => {
    expect(htmlOf(render(factsOf([])))).toEqual([
      '<h3>OpenRouter preview</h3>',
      LINK,
      '<p>Total: $0.00</p>',
    ]);
  });

  test.each<[Deletion['state'], string]>([
    ['finished', '<p>Total: $0.25</p>'],
    ['unfinished', '<p>Total: at least $0.25</p>'],
  ])('of a workspace whose deletion is %s ends with Deleted, without a link', (state, total) => {
    const data = observe({ workspace, keys: [keyOf({})] }, ended(state));
    const html = htmlOf(render(gone(data)));
    expect(html.slice(-2)).toEqual([total, '<p>Deleted</p>']);
    expect(html).not.toContain(LINK);
  });

  test('of a workspace that is about to be deleted says so', () => {
    const html = htmlOf(render(factsOf([keyOf({})], true)));
    expect(html).toContain(LINK);
    expect(html.at(-1)).toBe('<p>Total: at least $0.25, being deleted</p>');
  });

  test('has the keys of the workspace that exists, and the total of the one before', () => {
    const before = { ...workspace, id: ID.replace('3', '4') };
    const data = observe({ workspace: before, keys: [keyOf({ usage: 0.5 })] }, ended('finished'));
    const { existing } = factsOf([keyOf({ usage: 0.1, name: 'after' })]);
    const html = htmlOf(render(joined({ data, existing, isBeingDeleted: false })));
    expect(html.filter((line) => line === LINK)).toHaveLength(1);
    expect(html.join('').match(/<code>.*?<\/code>/g)).toEqual(['<code>after</code>']);
    expect(html.join('')).toContain('<td>… and 1 older key</td><td align="right">$0.50</td>');
    expect(html.at(-1)).toBe('<p>Total: $0.60</p>');
  });

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

describe('the run of a key', () => {
  const runIn = (name: string) =>
    /<td>(?:<a href="([^"]*)">)?/.exec(render(factsOf([keyOf({ name })])))?.[1];

  test.each<[string, string | undefined]>([
    ['octo-org/shop / CI / 123.1 / test / a1b2c3', '123/attempts/1'],
    // A workflow has any name, a job only letters, digits, hyphens and underscores.
    ['octo-org/shop / 9.9 / 123.1 / test / a1b2c3', '123/attempts/1'],
    ['octo-org/shop / CI / 123 / test / 123456', undefined],
    ['octo-org/other / CI / 123.1 / test / a1b2c3', undefined],
    ['CI', undefined],
    ['', undefined],
  ])('of the key %j is %p', (name, expected) => {
    const start = 'https://github.com/octo-org/shop/actions/runs/';
    expect(runIn(name)).toBe(expected && start + expected);
  });

  test('has a link without the attempt on Gitea and Forgejo', () => {
    const facts = factsOf([keyOf({ name: 'octo-org/shop / CI / 123.2 / test' })]);
    const repository = { ...SHOP, isGitea: true };
    expect(renderComment(facts, { ...options, repository })).toContain(
      '<a href="https://github.com/octo-org/shop/actions/runs/123">123, attempt 2</a>',
    );
  });
});

describe('texts that others chose', () => {
  /** What the program writes. Anything else would have come from a text. */
  const TAGS =
    /<\/?(?:h3|p|table|tr|th|td|code|br)>|<t[hd] align="right">|<a href="https:[^"<>]*">|<\/a>/g;

  test('add no HTML, no mentions and no lines, and do not end the data', () => {
    fc.assert(
      fc.property(someFacts, (facts) => {
        const body = render(facts);
        expect(body.indexOf('-->')).toBe(body.indexOf('\n') - '-->'.length);
        const html = htmlOf(body);
        expect(html.join('').replaceAll(TAGS, '')).not.toMatch(/[<>]/);
        expect(html.join('').replaceAll(/<code>.*?<\/code>/g, '')).not.toMatch(/[@#|`]/);
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

  const manyKeys = (count: number, fields: (at: number) => Partial<Key>) =>
    Array.from({ length: count }, (_, at) =>
      keyOf({
        hash: String(at).padStart(10, 'f'),
        created_at: new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString(),
        ...fields(at),
      }),
    );
  const nameOf = (at: number) => `octo-org/shop / Preview / 170000${at}.1 / integration / a1b2c3`;
  const rowsIn = (body: string) => htmlOf(body).filter((line) => line.includes('<code>')).length;

  test('has 1,500 keys with amounts of 12 characters, and 50 rows', () => {
    const keys = manyKeys(1_500, (at) => ({ name: nameOf(at), usage: 1 + at / 1e10 + 1e-10 }));
    const facts = factsOf(keys);
    const body = render(facts);
    expect(body.length).toBeLessThanOrEqual(60_000);
    expect(readComment(body)).toEqual(facts.data);
    expect(rowsIn(body)).toBe(50);
    expect(htmlOf(body).at(-1)).toMatch(/^<p>Total: \$/);
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
    const keys = manyKeys(60, (at) => ({ name: nameOf(at) }));
    const body = render(factsOf(keys));
    const names = [...body.matchAll(/170000(\d+)\.1 \//g)].map(([, at]) => Number(at));
    expect(names).toEqual(Array.from({ length: 50 }, (_, at) => 59 - at));
    expect(body).toContain('<td>… and 10 older keys</td><td align="right">$2.50</td>');
  });
});
