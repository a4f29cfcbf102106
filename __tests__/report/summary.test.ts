import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createReport } from '../../src/report/report.ts';
import { type Summary, summaryHtml } from '../../src/report/summary.ts';

const redact = (text: string) => text;
const htmlOf = (summary: Summary, maxBytes: number) => summaryHtml(summary, { redact, maxBytes });
const sizeOf = (lines: readonly string[]) =>
  Buffer.byteLength(lines.map((line) => `${line}\n`).join(''));

/** Texts that differ. Some become several times as long as HTML, some are so short that line breaks count. */
const texts = fc
  .oneof(
    fc.array(fc.record({ unit: fc.constantFrom('x', '<', 'é', '🎈', '\n'), size: fc.nat(100) }), {
      maxLength: 60,
    }),
    fc
      .nat(1_000)
      .map((count) => Array<{ unit: string; size: number }>(count).fill({ unit: '', size: 0 })),
  )
  .map((all) => all.map(({ unit, size }, at) => `${at}: ${unit.repeat(size)}.`));

const summaries = fc.record({
  title: fc.string({ unit: 'binary' }),
  paragraphs: texts,
  notes: texts,
  folded: fc.array(fc.record({ title: fc.constant('Details'), paragraphs: texts }), {
    maxLength: 2,
  }),
  table: fc.option(
    fc.record({
      header: fc.constant(['Name', 'Other']),
      rows: texts.map((names) => names.map((name) => [{ code: name }, 'é'])),
      more: fc.nat(3),
    }),
    { nil: undefined },
  ),
});

test.each([
  ['enable_paid_model_training', 'enable_<wbr>paid_<wbr>model_<wbr>training'],
  ['openrouter:web_search', 'openrouter:<wbr>web_<wbr>search'],
  ['anthropic/claude-opus-4.5-20251124', 'anthropic/<wbr>claude-opus-<wbr>4.5-<wbr>20251124'],
  ['openai/gpt-5', 'openai/gpt-5'],
  ['preview-octo-org-shop-42', 'preview-octo-org-shop-42'],
  ['sk-or-v1-0e6...1c96', 'sk-or-v1-0e6...1c96'],
  ['a "quoted" / "text" of many words', 'a &quot;quoted&quot; / &quot;text&quot; of many words'],
])('in a table, %s can be divided where a browser does not, if it is long', (text, shown) => {
  const table = { header: ['Name'], rows: [[{ code: text }]] };
  const paragraphs = [{ code: text }];
  const html = htmlOf({ title: 'T', paragraphs, table }, 10_000);
  expect(html).toContain(`<td><code>${shown}</code></td>`);
  expect(html).toContain(`<p><code>${shown.replaceAll('<wbr>', '')}</code></p>`);
});

test('in a table, a long URL can be divided where it is shown, and not where it leads', () => {
  const url = 'https://github.com/octo-org/shop/pull/42';
  const rows = [[`For ${url}.`, { text: 'octo-org/some-shop/42', url }]];
  expect(htmlOf({ title: 'T', table: { header: ['A', 'B'], rows } }, 10_000)).toContain(
    `<tr><td>For <a href="${url}">https://<wbr>github.com/<wbr>octo-org/<wbr>shop/<wbr>pull/<wbr>42</a>.</td><td><a href="${url}">octo-org/some-shop/42</a></td></tr>`,
  );
});

const sumOf = (counts: readonly string[]) => counts.reduce((sum, count) => sum + Number(count), 0);

/** The parts of a summary: the HTML of each paragraph and row, and how many of them it says are missing. */
function partsOf(html: string) {
  const lines = html.split('\n');
  const isText = (line: string) => /^<p>\d+:.*<\/p>$/.test(line);
  const isRow = (line: string) => /^<tr><td>.*<\/td><\/tr>$/.test(line);
  const others = lines.filter((line) => !isText(line) && !isRow(line));
  const omitted = (what: string) =>
    others.flatMap((line) => new RegExp(`^<p>… and (\\d+) ${what}</p>$`).exec(line)?.[1] ?? []);
  return {
    texts: lines.filter(isText),
    rows: lines.filter(isRow),
    frame: others.filter((line) => !line.startsWith('<p>… ')),
    omittedTexts: sumOf(omitted('more paragraphs?')),
    omittedRows: sumOf(omitted('more')),
  };
}

test('the HTML of a summary has as many whole paragraphs and rows as fit, in order, and counts the others', () => {
  fc.assert(
    fc.property(summaries, fc.nat(30_000), (summary, maxBytes) => {
      const all = partsOf(htmlOf(summary, Number.POSITIVE_INFINITY));
      const shown = partsOf(htmlOf(summary, maxBytes));
      expect(shown.frame).toEqual(all.frame);
      for (const [part, omitted, size] of [
        ['texts', 'omittedTexts', maxBytes / 4],
        ['rows', 'omittedRows', (maxBytes * 2) / 3 / (summary.folded.length + 1)],
      ] as const) {
        const count = shown[part].length;
        expect(shown[part]).toEqual(all[part].slice(0, count));
        expect(count + shown[omitted]).toBe(all[part].length + all[omitted]);
        expect(sizeOf(shown[part])).toBeLessThanOrEqual(size);
        const next = all[part][count];
        if (next !== undefined) expect(sizeOf([...shown[part], next])).toBeGreaterThan(size);
      }
    }),
    { numRuns: 200 },
  );
});

test('a summary has folded tables, a last row that is never left out, and cells of several parts', () => {
  const summary = {
    title: 'T',
    table: { header: ['A'], rows: [['1'], ['x'.repeat(10_000)]], total: ['2'] },
    folded: [{ title: ['2 ', { code: 'more' }], table: { header: ['A'], rows: [['2'], ['3']] } }],
    notes: [[{ text: 'link', url: 'https://x.example/' }, ' · note']],
  };
  expect(htmlOf(summary, 2_000).split('\n')).toEqual([
    '<h3>T</h3>',
    '<table>',
    '<tr><th>A</th></tr>',
    '<tr><td>1</td></tr>',
    '<tr><td>2</td></tr>',
    '</table>',
    '<p>… and 1 more</p>',
    '<details><summary>2 <code>more</code></summary>',
    '<table>',
    '<tr><th>A</th></tr>',
    '<tr><td>2</td></tr>',
    '<tr><td>3</td></tr>',
    '</table>',
    '</details>',
    '<p><a href="https://x.example/">link</a> · note</p>',
  ]);
});

test.each([
  ['See https://a.example/x.', 'See <a href="https://a.example/x">https://a.example/x</a>.'],
  [
    '(http://a.example/?b=1&c#d)',
    '(<a href="http://a.example/?b=1&amp;c#d">http://a.example/?b=1&amp;c#d</a>)',
  ],
  ['https://a.example">x', '<a href="https://a.example">https://a.example</a>&quot;&gt;x'],
  ['https://a.example\nhttps://', '<a href="https://a.example">https://a.example</a><br>https://'],
  ['javascript://a.example', 'javascript://a.example'],
])('of %j in a summary, the URLs are links', (text, html) => {
  const lines = htmlOf({ title: 'T', paragraphs: [text, { code: text }] }, 10_000).split('\n');
  expect(lines[1]).toBe(`<p>${html}</p>`);
  expect(lines[2]).not.toContain('<a');
});

describe('all that a step appends to its summary', () => {
  const env = { ...process.env };
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'summary-'));
    file = join(folder, 'summary');
    process.env['GITHUB_STEP_SUMMARY'] = file;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    process.env = { ...env };
  });

  test('is less than 1 MiB after three summaries that could not be longer', () => {
    const longest = '"'.repeat(5_000);
    const rows = Array(5_000).fill([longest, longest]);
    const table = { header: ['A', { numbers: 'B' }], rows };
    const folded = [{ title: longest, table }];
    const summary = { title: longest, url: longest, paragraphs: rows.flat(), table, folded };
    for (const _ of [1, 2, 3]) createReport({ action: 'usage' }).summarize(summary);
    const html = readFileSync(file, 'utf8');
    expect(Buffer.byteLength(html)).toBeLessThan(1_000_000);
    expect(html.match(/^<h3>/gm)).toHaveLength(3);
    expect(html.match(/^<tr><td>/gm)?.length).toBeGreaterThan(3 * 5);
    expect(html.match(/^<p>&quot;/gm)?.length).toBeGreaterThan(3 * 5);
    expect(html.match(/^<p>… and \d+ more( paragraphs)?<\/p>$/gm)).toHaveLength(9);
  });
});
