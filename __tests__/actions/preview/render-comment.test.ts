import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommentData,
  type Deletion,
  formatMarker,
  type KeyData,
  mergeComment,
  readComment,
  totalOf,
} from '../../../src/actions/preview/comment.ts';
import { renderComment } from '../../../src/actions/preview/render-comment.ts';
import { hostileText, muchData, someData } from '../../support/preview-comment.ts';
import { SHOP } from '../../support/repositories.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';

const options = { existing: undefined, repository: SHOP, redact: (text: string) => text };
const render = (data: CommentData) => renderComment(data, options);

const row = (at: number, name: string) => ({ at, limit: '1', name });

const dataOf = (keys: Record<string, KeyData>, deletion: Deletion = 'none'): CommentData => ({
  isCut: false,
  workspaces: { [ID]: { slug: 'preview-shop-42', deletion, keys } },
});

/** The lines after the data. */
const htmlOf = (body: string) => body.split('\n').slice(1);

const LINK =
  '<p><a href="https://openrouter.ai/workspaces/preview-shop-42">preview-shop-42</a></p>';
const HEADER =
  '<tr><th>Run</th><th>API key</th><th align="right">Cost</th><th align="right">Limit</th></tr>';

describe('the comment of a preview', () => {
  test('has the data, the workspace with its link, a row per key, and the total', () => {
    const data = dataOf({
      '1a': { spent: '0.0421', row: row(2, 'octo-org/shop / CI / 123.2 / test / a1b2c3') },
      '2b': { spent: null, row: { at: 1, limit: null, name: 'by hand' } },
    });
    expect(render(data).split('\n')).toEqual([
      formatMarker(data),
      '<h3>OpenRouter preview</h3>',
      LINK,
      '<table>',
      HEADER,
      '<tr><td><a href="https://github.com/octo-org/shop/actions/runs/123/attempts/2">123, attempt 2</a></td><td><code>octo-org/shop / CI / 123.2 / test / a1b2c3</code></td><td align="right">$0.0421</td><td align="right">$1.00</td></tr>',
      '<tr><td>1970-01-01T00:00:01Z</td><td><code>by hand</code></td><td align="right">unknown</td><td align="right">–</td></tr>',
      '</table>',
      '<p>Total: at least $0.0421</p>',
    ]);
  });

  test('of a workspace without keys has no table', () => {
    expect(htmlOf(render(dataOf({})))).toEqual([
      '<h3>OpenRouter preview</h3>',
      LINK,
      '<p>Total: $0.00</p>',
    ]);
  });

  test.each<[Deletion, string]>([
    ['finished', '<p>Total: $0.50</p>'],
    ['unfinished', '<p>Total: at least $0.50</p>'],
  ])('of a workspace whose deletion is %s ends with Deleted, without a link', (deletion, total) => {
    const html = htmlOf(render(dataOf({ '1a': { spent: '0.5', row: row(1, 'CI') } }, deletion)));
    expect(html.slice(-2)).toEqual([total, '<p>Deleted</p>']);
    expect(html).not.toContain(LINK);
  });

  test('of a workspace that exists after a deletion that did not finish has its link', () => {
    const html = htmlOf(renderComment(dataOf({}, 'unfinished'), { ...options, existing: ID }));
    expect(html).toContain(LINK);
    expect(html.at(-1)).toBe('<p>Total: at least $0.00</p>');
  });

  test('has the link of the new workspace, and the keys of the one before', () => {
    const { workspaces } = dataOf({ '1a': { spent: '0.5', row: row(1, 'before') } }, 'finished');
    const other = dataOf({ '2b': { spent: '0.1', row: row(2, 'after') } }).workspaces[ID];
    const both = { ...workspaces, [ID.replace('3', '4')]: other as never };
    const html = htmlOf(render({ isCut: false, workspaces: both }));
    expect(html.filter((line) => line === LINK)).toHaveLength(1);
    expect(html.join('').match(/<code>.*?<\/code>/g)).toEqual([
      '<code>after</code>',
      '<code>before</code>',
    ]);
    expect(html.at(-1)).toBe('<p>Total: $0.60</p>');
  });

  test('is the same text, whichever of two runs merges what both know', () => {
    fc.assert(
      fc.property(someData, someData, (a, b) => {
        expect(render(mergeComment(a, b)) === render(mergeComment(b, a))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('sums up the oldest keys in one row', () => {
    const data = dataOf({
      '1a': { spent: '0.1' },
      '2b': { spent: '0.2' },
      '3c': { spent: '0.5', row: row(3, 'CI') },
    });
    const last = (body: string) =>
      htmlOf(body)
        .filter((line) => line.startsWith('<tr>'))
        .at(-1);
    expect(last(render(data))).toBe(
      '<tr><td></td><td>… and 2 older keys</td><td align="right">$0.30</td><td align="right"></td></tr>',
    );
    expect(last(render(dataOf({ '1a': { spent: null } })))).toContain(
      '<td>… and 1 older key</td><td align="right">at least $0.00</td>',
    );
  });
});

describe('the run of a key', () => {
  const runIn = (name: string) =>
    /<td>(?:<a href="([^"]*)">)?/.exec(
      render(dataOf({ '1a': { spent: '0', row: row(1, name) } })),
    )?.[1];

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
    const data = dataOf({ '1a': { spent: '0', row: row(1, 'octo-org/shop / CI / 123.2 / test') } });
    const repository = { ...SHOP, isGitea: true };
    expect(renderComment(data, { ...options, repository })).toContain(
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
      fc.property(someData, (data) => {
        const body = render(data);
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

  test('are read as they were written', () => {
    fc.assert(
      fc.property(hostileText, (name) => {
        const data = dataOf({ '1a': { spent: '1', row: row(1, name) } });
        expect(readComment(render(data))).toEqual(data);
      }),
      { numRuns: 100 },
    );
  });

  test('have no secrets, and are cut behind those', () => {
    const secret = 'sk-or-v1-0123456789abcdef';
    const name = `${'x'.repeat(190)}${secret}${'y'.repeat(100)}`;
    const data = dataOf({ '1a': { spent: '1', row: row(1, name) } });
    const redact = (text: string) => text.replaceAll(secret, '***');
    const body = renderComment(data, { ...options, redact });
    expect(body).not.toContain('sk-or');
    expect(readComment(body)?.workspaces[ID]?.keys['1a']?.row?.name).toBe(
      `${'x'.repeat(190)}***${'y'.repeat(7)}`,
    );
  });
});

describe('a comment with more than it has space for', () => {
  test('is not too long, has whole data, and says what is missing', () => {
    fc.assert(
      fc.property(muchData, (data) => {
        const body = render(data);
        expect(body.length).toBeLessThanOrEqual(60_000);
        const read = readComment(body) as CommentData;
        const [total, shown] = [totalOf(data), totalOf(read)];
        expect(shown.amount <= total.amount).toBe(true);
        if (shown.amount < total.amount) expect(shown.isComplete).toBe(false);
        expect(render(read) === body).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('leaves out nothing of 600 keys but the rows of the oldest', () => {
    const keys = Array.from({ length: 600 }, (_, at) => {
      const key = { spent: '0.001', row: row(at, `octo-org/shop / CI / ${at}.1 / test / a1b2c3`) };
      return [at.toString(16).padStart(16, '0'), key] as const;
    });
    const body = render(dataOf(Object.fromEntries(keys)));
    const html = htmlOf(body);
    const names = html.flatMap((line) => /CI \/ (\d+)\.1/.exec(line)?.[1] ?? []).map(Number);
    const rest = 600 - names.length;
    expect(names.length).toBeGreaterThan(90);
    expect(names).toEqual(names.map((_, at) => 599 - at));
    expect(html).toContain(
      `<tr><td></td><td>… and ${rest} older keys</td><td align="right">$${rest / 1000}</td><td align="right"></td></tr>`,
    );
    expect(html.at(-1)).toBe('<p>Total: $0.60</p>');
  });
});
