import { expect, test } from '@jest/globals';
import { summaryText } from '../../../sandbox/cli/summary.ts';

test('what is folded shows its title, as before a click', () => {
  const folded = '<table>\n<tr><th>A</th></tr>\n<tr><td>1</td></tr>\n</table>\n<p>… and 2 more</p>';
  const html = `<h3>Title</h3>\n<details><summary>3 more</summary>\n${folded}\n</details>\n<p>End</p>`;
  expect(summaryText(html)).toBe('Title\n\n▸ 3 more\n\nEnd');
});

test('a link has its text only', () => {
  expect(summaryText('<p><a href="https://example.com">Run</a>, done</p>')).toBe('Run, done');
});

test('a table is as narrow as the terminal', () => {
  const cells = ['Created for https://github.com/octo-org/app', 'all of it, '.repeat(5)];
  const html = `<table>\n<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>\n</table>`;
  const widths = summaryText(html, 60)
    .split('\n')
    .map(({ length }) => length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(60);
  expect(summaryText(html).split('\n')).toHaveLength(1);
});
