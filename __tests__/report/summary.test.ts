import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createReport } from '../../src/report/report.ts';
import { type Summary, summaryHtml } from '../../src/report/summary.ts';

const redact = (text: string) => text;
const htmlOf = (summary: Summary, maxBytes: number) => summaryHtml(summary, { redact, maxBytes });
const sizeOf = (html = '') => Buffer.byteLength(`${html}\n`);

/** Texts that differ. Some become several times as long as HTML, some are so short that line breaks count. */
const texts = fc
  .oneof(
    fc.array(fc.record({ unit: fc.constantFrom('x', '<', 'é', '🎈', '\n'), size: fc.nat(100) }), {
      maxLength: 60,
    }),
    fc
      .nat(3_000)
      .map((count) => Array<{ unit: string; size: number }>(count).fill({ unit: '', size: 0 })),
  )
  .map((all) => all.map(({ unit, size }, at) => `${at}: ${unit.repeat(size)}.`));

const summaries = fc.record({
  title: fc.string({ unit: 'binary' }),
  paragraphs: texts,
  notes: texts,
  table: fc.option(
    fc.record({
      header: fc.constant(['Name', 'Other']),
      rows: texts.map((names) => names.map((name) => [{ code: name }, 'é'])),
      more: fc.nat(3),
    }),
    { nil: undefined },
  ),
});

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
    omittedTexts: Number(omitted('more paragraphs')[0] ?? 0),
    omittedRows: Number(omitted('more')[0] ?? 0),
  };
}

describe('the HTML of a summary', () => {
  test('is not larger than it may be', () => {
    fc.assert(
      fc.property(summaries, fc.nat(30_000), (summary, maxBytes) => {
        const html = htmlOf(summary, maxBytes);
        if (html !== undefined) expect(sizeOf(html)).toBeLessThanOrEqual(maxBytes);
      }),
      { numRuns: 300 },
    );
  });

  test('has each paragraph and row whole, in order, or counts it', () => {
    fc.assert(
      fc.property(summaries, fc.nat(30_000), (summary, maxBytes) => {
        const all = partsOf(htmlOf(summary, Number.POSITIVE_INFINITY) as string);
        const html = htmlOf(summary, maxBytes);
        if (html === undefined) return;
        const shown = partsOf(html);
        expect(shown.texts).toEqual(all.texts.slice(0, shown.texts.length));
        expect(shown.rows).toEqual(all.rows.slice(0, shown.rows.length));
        expect(shown.frame).toEqual(all.frame);
        expect(shown.texts.length + shown.omittedTexts).toBe(all.texts.length);
        expect(shown.rows.length + shown.omittedRows).toBe(all.rows.length + all.omittedRows);
      }),
      { numRuns: 300 },
    );
  });

  test('is whole if there is space for it and for what it would say of omissions', () => {
    fc.assert(
      fc.property(summaries, (summary) => {
        const whole = htmlOf(summary, Number.POSITIVE_INFINITY);
        expect(htmlOf(summary, sizeOf(whole) + 100)).toBe(whole);
      }),
    );
  });

  test('has paragraphs and rows for half of the space each, if there are too many of both', () => {
    const many = Array.from({ length: 1_000 }, (_, at) => `${at}: ${'x'.repeat(90)}`);
    const table = { header: ['Name'], rows: many.map((name) => [name]) };
    const { texts, rows } = partsOf(htmlOf({ title: 'A', paragraphs: many, table }, 20_000) ?? '');
    expect([texts.length, rows.length].map((count) => Math.round(count / 10))).toEqual([10, 9]);
  });
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

  test('stays below 1 MiB, and the last one has space as the first one has', () => {
    const rows = Array(5_000).fill(['<'.repeat(1_000)]);
    const paragraphs = Array(5).fill('x'.repeat(1_000));
    for (let at = 1; at <= 6; at += 1) {
      const table = { header: ['A'], rows };
      createReport().summarize({ title: `Summary ${at}`, paragraphs, table });
    }
    const html = readFileSync(file, 'utf8');
    expect(Buffer.byteLength(html)).toBeLessThan(1024 * 1024);
    expect(html.match(/^<h3>Summary \d<\/h3>$/gm)).toHaveLength(6);
    expect(html.match(/^<p>x+<\/p>$/gm)).toHaveLength(6 * 5);
    expect(html.match(/^<p>… and \d+ more<\/p>$/gm)).toHaveLength(6);
  });

  test('counts what is in the file already', () => {
    writeFileSync(file, 'x'.repeat(990_000));
    const paragraphs = Array(100).fill('x'.repeat(1_000));
    createReport().summarize({ title: 'A', paragraphs });
    expect(readFileSync(file, 'utf8').length).toBeLessThan(1_000_000);
    expect(readFileSync(file, 'utf8')).toContain('<p>… and 96 more paragraphs</p>');
  });
});
