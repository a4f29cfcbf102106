import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { marked, type Token, type Tokens } from 'marked';
import { ROOT } from '../support/harness.ts';
import {
  allTexts,
  doings,
  hints,
  inputProblems,
  normal,
  reasons,
  titles,
  warnings,
} from '../support/printed.ts';

const SECTIONS = textsBySection(readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8'));

/** Titles that say what a call was for: those have a section of their own. */
const OF_CALLS = 'Could not …';

/** Made by the package that makes tunnels, whose text is handed on. */
const OF_THE_TUNNEL = 'tunneling socket could not be established, …';

describe('docs/troubleshooting.md has what the programs print, and nothing else', () => {
  test.each([
    ['Could not …', () => [...doings()]],
    ['Other titles of errors', () => [...titles()].filter((title) => title !== OF_CALLS)],
    ['Warnings', () => [...warnings()].map((text) => text.replace(/\.$/, ''))],
    ['Reasons', () => [...reasons(), OF_THE_TUNNEL]],
    ['Advice', () => [...hints()]],
  ])('under %s', (section, printed) => {
    expect(documentedIn(section).toSorted()).toEqual(printed().toSorted());
  });

  test.each(['What was changed, and what is left', 'Inputs that cannot be used'])(
    'under %s, as parts of texts',
    (section) => {
      const texts = [...allTexts()];
      const documented = documentedIn(section);
      expect(documented).not.toEqual([]);
      const stale = documented.filter((text) => !texts.some((whole) => whole.includes(text)));
      expect(stale).toEqual([]);
    },
  );
});

test('docs/troubleshooting.md has whatever can be wrong with an input', () => {
  const documented = documentedIn('Inputs that cannot be used');
  const missing = [...inputProblems()].filter(
    (problem) => !documented.some((text) => stands(text, problem)),
  );
  expect(missing).toEqual([]);
});

/** Whether `text` has all of `problem`, or what it says between its gaps. */
function stands(text: string, problem: string): boolean {
  const parts = text.split('…').map((part) => part.trim());
  let at = 0;
  return parts.every((part) => {
    const found = problem.indexOf(part, at);
    at = found + part.length;
    return found >= 0;
  });
}

test('the text of the tunnel is in the bundle', () => {
  const bundle = readFileSync(join(ROOT, 'dist/index.js'), 'utf8');
  expect(bundle).toContain(OF_THE_TUNNEL.replace('…', ''));
});

function documentedIn(section: string): string[] {
  return [...new Set((SECTIONS.get(section) ?? []).map(normal))];
}

/** The code in the first column of all tables, by the heading of the second level above them. */
function textsBySection(markdown: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let texts: string[] = [];
  for (const token of marked.lexer(markdown)) {
    if (token.type === 'heading' && token['depth'] === 2) {
      texts = [];
      sections.set(token['text'], texts);
    }
    if (token.type !== 'table') continue;
    for (const [first] of (token as Tokens.Table).rows) texts.push(...codeIn(first?.tokens ?? []));
  }
  return sections;
}

function codeIn(tokens: Token[]): string[] {
  return tokens.flatMap((token) => (token.type === 'codespan' ? [token['text']] : []));
}
