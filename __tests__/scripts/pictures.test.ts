import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { isTooSmall, textSizeIn } from '../../scripts/picture.ts';
import { ROOT } from '../support/root.ts';

const PICTURES = globSync('docs/pictures/*.svg', { cwd: ROOT });

/** A picture whose size is changed by so many px. */
const resized = (svg: string, { width = 0, height = 0 }) =>
  svg.replace(
    /width="(\d+)" height="(\d+)"/,
    (_, oldWidth, oldHeight) =>
      `width="${Number(oldWidth) + width}" height="${Number(oldHeight) + height}"`,
  );

test('README.md shows each picture', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const shown = [...readme.matchAll(/ src(?:set)?="(docs\/pictures\/.*?)"/g)];
  expect(shown.map(([, file]) => file).toSorted()).toEqual(PICTURES.toSorted());
  expect(PICTURES).toHaveLength(4);
});

test('the comment in README.md has the cap of the workflow below it', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, cap] = /^ *preview-limit-usd: (\d+)$/m.exec(readme) ?? [];
  const comment = readFileSync(join(ROOT, 'docs/pictures/comment-light.svg'), 'utf8');
  expect(comment).toMatch(new RegExp(`<h3>.* of \\$${cap}\\.00 `));
});

// GitHub makes a picture fit its column of 846 px on a wide screen, unless it has a width of its own.
test.each(PICTURES)('the text of %s has 12 px at least in README.md on a wide screen', (file) => {
  expect(textSizeIn(846, readFileSync(join(ROOT, file), 'utf8'))).toBeGreaterThanOrEqual(12);
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).not.toMatch(/<img[^>]* width=/);
});

test('a picture has no room for what is folded', () => {
  const comment = readFileSync(join(ROOT, 'docs/pictures/comment-light.svg'), 'utf8');
  expect(comment).toContain('<details>');
  const more = comment.replace('</details>', `<p>${'m'.repeat(1_000)}</p></details>`);
  expect(isTooSmall(more)).toBe(false);
  expect(isTooSmall(more.replaceAll(/<.?details>/g, ''))).toBe(true);
});

test.each(PICTURES)('%s has room for its text in the usual fonts, to the pixel', (file) => {
  const svg = readFileSync(join(ROOT, file), 'utf8');
  expect(isTooSmall(svg)).toBe(false);
  expect(isTooSmall(resized(svg, { width: -1 }))).toBe(true);
  expect(isTooSmall(resized(svg, { height: -1 }))).toBe(true);
});
