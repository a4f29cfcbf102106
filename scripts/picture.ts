/** The most that a character takes in any usual font for screens, in em of a bold font. */
const WIDTHS: readonly [characters: RegExp, em: number][] = [
  [/[ \u00a0!'(),./:;I[\\\]`fijlrt-]/, 0.5],
  [/[mwMW@%]/, 1.11],
  [/[a-z0-9"$*?_J|{}]/, 0.72],
  [/[#+<=>^~&]/, 0.95],
  [/[\x20-\x7e]/, 0.88],
  [/[\u2580-\u259f]/, 1],
  [/./su, 1.3],
];

/** The same for a font whose characters have one width, and for a font that is not bold. */
const CODE_WIDTH = 0.65;
const REGULAR = 0.9;

const FONT_SIZE = 14;
const CODE_SIZE = 0.85 * FONT_SIZE;
const TITLE_SIZE = 20;
const LINE_HEIGHT = 1.5;
const CODE_PADDING = 0.4 * CODE_SIZE;
const CELL_PADDING = { x: 13, y: 6 };
const MARGIN = 16;
const PADDING = { x: 16, y: 8 };
const BORDER = 1;
const MIN_WIDTH = 500;

interface Size {
  width: number;
  height: number;
}

/** The colors of GitHub. */
export const THEMES = {
  light: {
    text: '#1f2328',
    link: '#0969da',
    background: '#fff',
    row: '#f6f8fa',
    code: '#818b981f',
    border: '#d1d9e0',
  },
  dark: {
    text: '#f0f6fc',
    link: '#4493f8',
    background: '#0d1117',
    row: '#151b23',
    code: '#656c7633',
    border: '#3d444d',
  },
} as const;

export type Theme = keyof typeof THEMES;

/** An SVG with the HTML of a job summary or a comment, as GitHub shows it. It needs no browser to be drawn. */
export function pictureOf(title: string, content: string, theme: Theme): string {
  // Nothing in a picture can be clicked.
  const html = content
    .trim()
    .replaceAll('<br>', '<br/>')
    .replaceAll('<wbr>', '')
    .replaceAll(/ href="[^"]*"/g, '');
  const { width, height } = sizeOf(html);
  const { text, link, background, row, code, border } = THEMES[theme];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${title}</title>
<style>
div { font: ${FONT_SIZE}px/${LINE_HEIGHT} -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: ${text}; background: ${background}; border: ${BORDER}px solid ${border}; border-radius: 6px; padding: ${PADDING.y}px ${PADDING.x}px; box-sizing: border-box; display: inline-block; white-space: nowrap }
h3 { font-size: ${TITLE_SIZE}px; margin: ${PADDING.y}px 0 ${MARGIN}px; white-space: normal; width: ${MIN_WIDTH}px; min-width: 100% }
p { margin: 0 0 ${MARGIN}px }
details { margin: 0 0 ${MARGIN}px }
a { color: ${link}; text-decoration: none }
table { border-collapse: collapse; margin-bottom: ${MARGIN}px }
td, th { border: ${BORDER}px solid ${border}; padding: ${CELL_PADDING.y}px ${CELL_PADDING.x}px }
th { font-weight: 600 }
tr:nth-child(even) { background: ${row} }
code { font: 85% ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: ${code}; border-radius: 6px; padding: .2em .4em }
</style>
<foreignObject width="100%" height="100%">
<div xmlns="http://www.w3.org/1999/xhtml">
${html}
</div>
</foreignObject>
</svg>
`;
}

/** Whether a picture cuts off some of its text in one of the usual fonts. */
export function isTooSmall(svg: string): boolean {
  const { width, height } = sizeIn(svg);
  const needed = sizeOf(svg);
  const fits = width >= needed.width && height >= needed.height;
  return !fits;
}

function sizeIn(svg: string): Size {
  const [, width, height] = /^<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  return { width: Number(width), height: Number(height) };
}

/** The size of the text of a picture on a page with a column of `width` px, which the picture is made to fit. */
export function textSizeIn(width: number, svg: string): number {
  return FONT_SIZE * Math.min(1, width / sizeIn(svg).width);
}

/** What is folded, which a picture does not show. */
const FOLDED = /(?<=<\/summary>).*?(?=<\/details>)/gs;

/** The size of a picture with what `content` shows. Only a title is broken into lines. */
function sizeOf(content: string): Size {
  const html = content.replaceAll(FOLDED, '');
  const rows = contentsOf(html, 'tr').map((row) => [
    ...contentsOf(row, 'th').map((cell) => widthOfCell(cell, FONT_SIZE)),
    ...contentsOf(row, 'td').map((cell) => widthOfCell(cell, REGULAR * FONT_SIZE)),
  ]);
  const paragraphs = ['p', 'summary'].flatMap((name) => contentsOf(html, name));
  const inner = Math.max(
    MIN_WIDTH,
    widthOfTable(rows),
    ...paragraphs.map((text) => widthOf(text, REGULAR * FONT_SIZE)),
  );
  const titles = contentsOf(html, 'h3').map((text) => widthOf(text, TITLE_SIZE));
  const lineHeight = FONT_SIZE * LINE_HEIGHT;
  const heights = [
    ...titles.map((width) => linesOf(width, inner) * TITLE_SIZE * LINE_HEIGHT + PADDING.y + MARGIN),
    ...paragraphs.map(() => lineHeight + MARGIN),
    ...rows.map(() => lineHeight + 2 * CELL_PADDING.y + BORDER),
    rows.length > 0 ? BORDER + MARGIN : 0,
    2 * (PADDING.y + BORDER),
  ];
  return {
    width: Math.ceil(inner + 2 * (PADDING.x + BORDER)),
    height: Math.ceil(heights.reduce((sum, height) => sum + height, 0)),
  };
}

/** How many lines a title may need: where a table of code is narrow, so is the line of a title. */
function linesOf(width: number, inner: number): number {
  return Math.ceil(width / (0.8 * inner));
}

/** The contents of the elements with this name, in the HTML that a summary consists of. */
function contentsOf(html: string, name: string): string[] {
  const elements = html.matchAll(new RegExp(`<${name}(?: [^>]*)?>(.*?)</${name}>`, 'g'));
  return [...elements].map(([, content = '']) => content);
}

function widthOfTable(rows: readonly (readonly number[])[]): number {
  const [header = []] = rows;
  const columns = header.map((_, at) => Math.max(...rows.map((row) => row[at] ?? 0)));
  return columns.reduce((sum, width) => sum + width, BORDER);
}

function widthOfCell(content: string, em: number): number {
  const [code] = contentsOf(content, 'code');
  const width =
    code === undefined
      ? widthOf(content, em)
      : CODE_WIDTH * CODE_SIZE * charactersOf(code).length + 2 * CODE_PADDING;
  return width + 2 * CELL_PADDING.x + BORDER;
}

/** The most that a text takes in px, in a bold font whose em is so many px. */
function widthOf(html: string, em: number): number {
  return charactersOf(html).reduce((sum, character) => sum + em * emOf(character), 0);
}

function emOf(character: string): number {
  const [, em = 0] = WIDTHS.find(([characters]) => characters.test(character)) ?? [];
  return em;
}

/** The characters of a text, without tags. An entity counts as one character. */
function charactersOf(html: string): string[] {
  return [...html.replace(/<[^>]*>/g, '').replace(/&[#\w]+;/g, '"')];
}
