import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { isTooSmall, pictureOf, textSizeIn } from '../../scripts/picture.ts';
import { ROOT } from '../support/root.ts';

const PICTURES = globSync('docs/pictures/*.svg', { cwd: ROOT });

/** A picture that is lower by 1 px. */
const lowered = (svg: string) =>
  svg.replace(/(?<=^<svg .*) height="(\d+)"/, (_, height) => ` height="${Number(height) - 1}"`);

test('README.md and the page about costs show each picture', () => {
  const shown = ['README.md', 'docs/costs.md'].flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/ src(?:set)?="(.*?)"/g)].map(
      ([, file = '']) => join(dirname(page), file),
    ),
  );
  expect(shown.toSorted()).toEqual(PICTURES.toSorted());
  expect(PICTURES).toHaveLength(12);
});

test('the comment in README.md has the cap of the workflow below it', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, cap] = /^ *preview-limit-usd: (\d+)$/m.exec(readme) ?? [];
  const comment = readFileSync(join(ROOT, 'docs/pictures/comment-wide-light.svg'), 'utf8');
  expect(comment).toMatch(new RegExp(`<h3>.* of \\$${cap}\\.00 `));
});

/** What GitHub leaves free next to a README on a narrow screen, in px. */
const MARGINS = 2 * 16 + 2;

// GitHub makes a picture fit its column, unless it has a width of its own.
test.each(PICTURES)(
  'the text of %s has 12 px at least on the narrowest screen that shows it',
  (file) => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const [, widest] = /<source media="\(max-width: (\d+)px\)"/.exec(readme) ?? [];
    const screen = file.includes('-narrow-') ? 400 : Number(widest) + 1;
    expect(
      textSizeIn(screen - MARGINS, readFileSync(join(ROOT, file), 'utf8')),
    ).toBeGreaterThanOrEqual(12);
    expect(readme).not.toMatch(/<img[^>]* width=/);
  },
);

test('a picture has no room for what is folded', () => {
  const comment = readFileSync(join(ROOT, 'docs/pictures/comment-wide-light.svg'), 'utf8');
  expect(comment).toContain('<details>');
  const more = comment.replace('</details>', `<p>${'m'.repeat(1_000)}</p></details>`);
  expect(isTooSmall(more)).toBe(false);
  expect(isTooSmall(more.replaceAll(/<.?details>/g, ''))).toBe(true);
});

test.each(PICTURES)('%s has room for its text in the usual fonts, to the pixel', (file) => {
  const svg = readFileSync(join(ROOT, file), 'utf8');
  expect(isTooSmall(svg)).toBe(false);
  expect(isTooSmall(lowered(svg))).toBe(true);
});

test.each([
  ['wide', 60],
  ['narrow', 20],
] as const)('no %s picture is drawn of a table that it would cut off', (layout, length) => {
  const draw = (count: number) => {
    const cells = ['Model', 'n'.repeat(count)].map((text) => `<td>${text}</td>`);
    return pictureOf('Title', `<table>\n<tr>${cells.join('')}</tr>\n</table>`, {
      theme: 'light',
      layout,
    });
  };
  expect(isTooSmall(draw(length))).toBe(false);
  expect(() => draw(2 * length)).toThrow(/^A table needs \d+ px more\.$/);
});
