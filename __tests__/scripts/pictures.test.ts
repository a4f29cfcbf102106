import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { isTooSmall, widthOf } from '../../scripts/picture.ts';
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
  expect(PICTURES.filter((file) => !readme.includes(`src="${file}"`))).toEqual([]);
});

test.each(PICTURES)('%s has room for its text in the usual fonts, to the pixel', (file) => {
  const svg = readFileSync(join(ROOT, file), 'utf8');
  expect(isTooSmall(svg)).toBe(false);
  expect(isTooSmall(resized(svg, { width: -1 }))).toBe(true);
  expect(isTooSmall(resized(svg, { height: -1 }))).toBe(true);
});

/**
 * How wide texts are in DejaVu Sans Bold, in em. Of the fonts in which a picture can be shown, it has the
 * widest characters. Measured with `CanvasRenderingContext2D.measureText` in Chromium.
 */
test.each([
  ['✅ Deleted the OpenRouter workspace Preview of pull request 43', 36.93],
  ['███████░░░ 67 %', 10.78],
  ['WWW mmm www MMM %%%', 16.59],
  ['iiiiiiiiiilllllllllljjjjjjjjjjttttffff', 13.82],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZ', 19.63],
  ['!&quot;#$%&amp;&#39;()*+,-./:;&lt;=&gt;?@[\\]^_`{|}~', 19.14],
])(
  'the assumed width of %s is no less than in a wide font, and at most two fifths more',
  (text, em) => {
    expect(widthOf(text, 1)).toBeGreaterThanOrEqual(em);
    expect(widthOf(text, 1)).toBeLessThan(em * 1.4);
  },
);
