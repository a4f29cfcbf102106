import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convert, type FormatCallback } from 'html-to-text';
import { marked } from 'marked';

/** The HTML of a step's summary, which can also have Markdown. */
function toHtml(summary: string): string {
  return marked.parse(summary, { async: false, gfm: true });
}

/** The widths of cells that are tried, in characters, until a table fits. */
const CELL_WIDTHS = [60, 48, 40, 32, 28, 24, 20, 16, 12];

/**
 * The summary of a step, or a comment, for a terminal of `width` characters: what a reader of GitHub's page sees
 * before a click.
 */
export function summaryText(summary: string, width = Number.POSITIVE_INFINITY): string {
  const html = toHtml(summary);
  const texts = CELL_WIDTHS.map((maxColumnWidth) => textOf(html, maxColumnWidth));
  const isFitting = (text: string) =>
    text.split('\n').every((line) => line.length <= width || !line.includes('   '));
  return texts.find(isFitting) ?? texts.at(-1) ?? '';
}

function textOf(html: string, maxColumnWidth: number): string {
  const text = convert(html, {
    wordwrap: false,
    formatters: { folded: formatFolded },
    selectors: [
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true } },
      { selector: 'h3', options: { uppercase: false } },
      { selector: 'a', options: { ignoreHref: true } },
      {
        selector: 'table',
        format: 'dataTable',
        options: { uppercaseHeaderCells: false, maxColumnWidth },
      },
      { selector: 'details', format: 'folded' },
    ],
  });
  return text.replace(/ +$/gm, '');
}

/** Only the title of what is folded. */
const formatFolded: FormatCallback = ({ children }, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 2 });
  builder.addInline('▸ ');
  walk(
    children.filter(({ name }) => name === 'summary'),
    builder,
  );
  builder.closeBlock({ trailingLineBreaks: 2 });
};

/** Writes the summary of a job as a page that looks as on GitHub. Returns the URL of the file. */
export function writePage(summaries: readonly string[]): URL {
  const url = new URL('../../build/summary.html', import.meta.url);
  mkdirSync(dirname(fileURLToPath(url)), { recursive: true });
  writeFileSync(url, pageOf(summaries.map(toHtml).join('\n')));
  return url;
}

/** No script runs in it: GitHub removes scripts from a summary. */
function pageOf(html: string): string {
  const styles = fileURLToPath(import.meta.resolve('github-markdown-css/github-markdown.css'));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Job summary</title>
<style>
${readFileSync(styles, 'utf8')}
.markdown-body { max-width: 980px; margin: 0 auto; padding: 32px }
</style>
<article class="markdown-body">
${html}
</article>
</html>
`;
}
