import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { marked } from 'marked';
import { ROOT } from '../support/root.ts';

const DOCUMENTS = globSync(['*.md', 'bench/*.md', 'docs/**/*.md'], { cwd: ROOT });

const ANCHORS = new Map(DOCUMENTS.map((path) => [path, anchorsOf(read(path))]));

test.each(DOCUMENTS)(
  'every link in %s leads to a file that exists, and to a heading in it',
  (path) => {
    const links = linksIn(read(path)).filter((link) => !/^[a-z]+:/.test(link));
    expect(links.filter((link) => !leadsSomewhere(path, link))).toEqual([]);
  },
);

/** With this many characters, a page is some 3,000 pixels high on GitHub. */
const LONG = 6_500;

test.each(DOCUMENTS.filter((path) => path.startsWith('docs/') && read(path).length > LONG))(
  '%s, a long page, begins with links to its sections, except for the first one',
  (path) => {
    const text = read(path);
    const links = linksIn(text.slice(0, text.search(/^## /m)));
    const [, ...sections] = anchorsOf(text, 2).map((anchor) => `#${anchor}`);
    expect(sections.filter((section) => !links.includes(section))).toEqual([]);
  },
);

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#', 2);
  const target = file === '' ? from : join(dirname(from), file);
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || ANCHORS.get(target)?.includes(anchor) === true;
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function linksIn(markdown: string): string[] {
  const links: string[] = [];
  marked.walkTokens(marked.lexer(markdown), (token) => {
    if (token.type === 'link' || token.type === 'image') links.push(token['href']);
  });
  return links;
}

/** The anchors that GitHub gives to headings, or to those of a level: lower case, hyphens for spaces, no punctuation. */
function anchorsOf(markdown: string, level?: number): string[] {
  return marked.lexer(markdown).flatMap((token) => {
    if (token.type !== 'heading' || (level ?? token['depth']) !== token['depth']) return [];
    const text = String(token['text']).toLowerCase();
    return [text.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-')];
  });
}
