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
const MARGIN = 16;
const PADDING = { x: 16, y: 8 };
const BORDER = 1;

/**
 * How wide a picture is, in px, and the padding of its cells: for a column that has room for it, and for that of a
 * phone, where GitHub would let a reader scroll.
 */
export const LAYOUTS = {
  wide: { width: 720, cell: { x: 13, y: 6 } },
  narrow: { width: 390, cell: { x: 8, y: 6 } },
} as const;

export type Layout = keyof typeof LAYOUTS;

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

/**
 * An SVG with the HTML of a job summary or a comment, as GitHub shows it. It needs no browser to be drawn: its text
 * is broken into lines as in the widest of the usual fonts.
 * @throws {Error} if a table is too wide
 */
export function pictureOf(
  title: string,
  content: string,
  { theme, layout }: { theme: Theme; layout: Layout },
): string {
  // Nothing in a picture can be clicked.
  const html = content
    .trim()
    .replaceAll(FOLDED, '')
    .replaceAll('<br>', '<br/>')
    .replaceAll('<wbr>', '')
    .replaceAll(/ href="[^"]*"/g, '');
  const { width, cell } = LAYOUTS[layout];
  const height = heightOf(html, layout);
  const { text, link, background, row, code, border } = THEMES[theme];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${title}</title>
<style>
div { font: ${FONT_SIZE}px/${LINE_HEIGHT} -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: ${text}; background: ${background}; border: ${BORDER}px solid ${border}; border-radius: 6px; padding: ${PADDING.y}px ${PADDING.x}px; box-sizing: border-box }
h3 { font-size: ${TITLE_SIZE}px; margin: ${PADDING.y}px 0 ${MARGIN}px }
p { margin: 0 0 ${MARGIN}px }
details { margin: 0 0 ${MARGIN}px }
a { color: ${link}; text-decoration: none }
table { border-collapse: collapse; margin-bottom: ${MARGIN}px; table-layout: fixed; width: 100% }
td, th { border: ${BORDER}px solid ${border}; padding: ${cell.y}px ${cell.x}px }
th { font-weight: 600 }
tr:nth-of-type(even) { background: ${row} }
code { font: 85% ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: ${code}; border-radius: 6px; padding: .2em .4em }
</style>
<foreignObject width="100%" height="100%">
<div xmlns="http://www.w3.org/1999/xhtml">
${withColumns(html, layout)}
</div>
</foreignObject>
</svg>
`;
}

/** Whether a picture cuts off some of its text in one of the usual fonts. */
export function isTooSmall(svg: string): boolean {
  const { width, height } = sizeIn(svg);
  const layout = (Object.keys(LAYOUTS) as Layout[]).find((name) => LAYOUTS[name].width === width);
  return !layout || height < heightOf(svg, layout);
}

function sizeIn(svg: string): { width: number; height: number } {
  const [, width, height] = /^<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  return { width: Number(width), height: Number(height) };
}

/** The size of the text of a picture on a page with a column of `width` px, which the picture is made to fit. */
export function textSizeIn(width: number, svg: string): number {
  return FONT_SIZE * Math.min(1, width / sizeIn(svg).width);
}

/** What is folded, which a picture does not show. */
const FOLDED = /(?<=<\/summary>).*?(?=<\/details>)/gs;

/** The height of a picture with what `content` shows. */
function heightOf(content: string, layout: Layout): number {
  const html = content.replaceAll(FOLDED, '');
  const { cell } = LAYOUTS[layout];
  const inner = innerWidth(layout);
  const lineHeight = FONT_SIZE * LINE_HEIGHT;
  const text = { em: REGULAR * FONT_SIZE };
  const heights = [
    ...contentsOf(html, 'h3').map(
      (title) =>
        linesOf(title, inner, { em: TITLE_SIZE }) * TITLE_SIZE * LINE_HEIGHT + PADDING.y + MARGIN,
    ),
    ...contentsOf(html, 'p').map((one) => linesOf(one, inner, text) * lineHeight + MARGIN),
    // After its triangle.
    ...contentsOf(html, 'summary').map(
      (one) => linesOf(one, inner - 2 * FONT_SIZE, text) * lineHeight + MARGIN,
    ),
    ...tablesOf(html).map((rows) => {
      const widths = columnsOf(rows, layout);
      const linesIn = (cells: readonly TableCell[]) =>
        Math.max(
          ...cells.map((one, at) => linesOf(one.html, (widths[at] ?? 0) - paddingOf(layout), one)),
        );
      const rowHeights = rows.map((cells) => linesIn(cells) * lineHeight + 2 * cell.y + BORDER);
      return sum(rowHeights) + BORDER + MARGIN;
    }),
    2 * (PADDING.y + BORDER),
  ];
  return Math.ceil(sum(heights));
}

function innerWidth(layout: Layout): number {
  return LAYOUTS[layout].width - 2 * (PADDING.x + BORDER);
}

/** What a column has besides its text. */
function paddingOf(layout: Layout): number {
  return 2 * LAYOUTS[layout].cell.x + BORDER;
}

interface TableCell {
  html: string;
  /** Its em in px, of a bold font. */
  em: number;
}

/** The rows of each table. */
function tablesOf(html: string): TableCell[][][] {
  const cellsOf = (row: string, name: string, em: number) =>
    contentsOf(row, name).map((content) => ({ html: content, em }));
  return contentsOf(html, 'table').map((table) =>
    contentsOf(table, 'tr').map((row) => [
      ...cellsOf(row, 'th', FONT_SIZE),
      ...cellsOf(row, 'td', REGULAR * FONT_SIZE),
    ]),
  );
}

/**
 * The widths of the columns of a table, in px. If there is room, all but the first have their text in one line; the
 * first gets the rest.
 * @throws {Error} if that is too little for its longest word
 */
function columnsOf(rows: readonly (readonly TableCell[])[], layout: Layout): number[] {
  const [header = []] = rows;
  const padding = paddingOf(layout);
  const widest = (at: number, widthOfCell: (cell: TableCell) => number) =>
    padding + Math.max(...rows.map((cells) => (cells[at] ? widthOfCell(cells[at]) : 0)));
  const inOneLine = ({ html, em }: TableCell) => widthOf(html, em);
  const byWord = ({ html, em }: TableCell) =>
    Math.max(...wordsOf(html).map((word) => widthOf(word, em)));
  const needed = widest(0, byWord);
  let missing = 0;
  for (const widthOfCell of [inOneLine, byWord]) {
    const [, ...others] = header.map((_, at) => widest(at, widthOfCell));
    const first = innerWidth(layout) - sum(others) - BORDER;
    if (first >= needed) return [first, ...others];
    missing = needed - first;
  }
  throw new Error(`A table needs ${Math.ceil(missing)} px more.`);
}

/** `html` with the widths of the columns of its tables. */
function withColumns(html: string, layout: Layout): string {
  return html.replaceAll(/<table>.*?<\/table>/gs, (table) => {
    const [rows = []] = tablesOf(table);
    const columns = columnsOf(rows, layout).map(
      (width) => `<col style="width: ${Math.floor(width)}px"/>`,
    );
    return table.replace('<table>', `<table>${columns.join('')}`);
  });
}

/** How many lines a text has that is broken at spaces. */
function linesOf(html: string, width: number, { em }: { em: number }): number {
  const space = widthOf(' ', em);
  return sum(
    html.split('<br/>').map((part) => {
      let [lines, used] = [1, 0];
      for (const word of wordsOf(part)) {
        const needed = widthOf(word, em);
        const isFull = used > 0 && used + space + needed > width;
        if (isFull) lines += 1;
        used = isFull || used === 0 ? needed : used + space + needed;
      }
      return lines;
    }),
  );
}

/** The parts of a text between which a line can end. */
function wordsOf(html: string): string[] {
  return html.replaceAll(/<a [^>]*>/g, '<a>').split(/ |<br\/>/);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** The contents of the elements with this name, in the HTML that a summary consists of. */
function contentsOf(html: string, name: string): string[] {
  const elements = html.matchAll(new RegExp(`<${name}(?: [^>]*)?>(.*?)</${name}>`, 'gs'));
  return [...elements].map(([, content = '']) => content);
}

/** The most that a text takes in px, in a bold font whose em is so many px. */
function widthOf(html: string, em: number): number {
  const codes = contentsOf(html, 'code');
  const text = html.replaceAll(/<code>.*?<\/code>/g, '');
  return sum([
    ...codes.map((code) => CODE_WIDTH * CODE_SIZE * charactersOf(code).length + 2 * CODE_PADDING),
    ...charactersOf(text).map((character) => em * emOf(character)),
  ]);
}

function emOf(character: string): number {
  const [, em = 0] = WIDTHS.find(([characters]) => characters.test(character)) ?? [];
  return em;
}

/** The characters of a text, without tags. An entity counts as one character. */
function charactersOf(html: string): string[] {
  return [...html.replace(/<[^>]*>/g, '').replace(/&[#\w]+;/g, '"')];
}
