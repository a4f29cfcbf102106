import { convert } from 'html-to-text';
import { marked } from 'marked';

/** The HTML of a step's summary, which can also have Markdown. */
function toHtml(summary: string): string {
  return marked.parse(summary, { async: false, gfm: true });
}

/** The summary of a step for a terminal. */
export function summaryText(summary: string): string {
  const text = convert(toHtml(summary), {
    wordwrap: false,
    selectors: [
      { selector: 'h3', options: { uppercase: false } },
      { selector: 'table', format: 'dataTable', options: { uppercaseHeaderCells: false } },
    ],
  });
  return text.replace(/ +$/gm, '');
}
