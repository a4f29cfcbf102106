import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { marked } from 'marked';
import { ROOT } from '../support/root.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const PAGES = globSync(['README.md', 'docs/**/*.md'], { cwd: ROOT });

/** The pages with a workflow that sets a limit, but not the list of all inputs. */
const WITH_LIMIT = PAGES.filter(
  (page) =>
    !['docs/reference.md', 'docs/costs.md'].includes(page) &&
    /^ +(?:guardrail-)?limit-usd: /m.test(read(page)),
);

test.each(WITH_LIMIT)('%s says that a limit must cover the largest single request', (page) => {
  const sentences = read(page).match(/^.*must cover \[?the largest single.*$/gm);
  const link = /must cover \[the largest single request\]\(\S+#how-to-limit-the-costs\)/;
  expect(sentences).toEqual([expect.stringMatching(link)]);
});

test('docs/costs.md says what one request of Claude Code needs with Haiku, Sonnet and Opus', () => {
  const [, section = ''] = read('docs/costs.md').split('## How to limit the costs');
  const [sentence = '', ...others] = section.match(/^.*must cover the largest single.*$/gm) ?? [];
  expect(others).toEqual([]);
  for (const amount of ['0.16', '0.48', '1.60']) expect(sentence).toContain(amount);
});

test('what OpenRouter says before a limit is used up comes first among its responses', () => {
  const [, section = ''] = read('docs/troubleshooting.md').split('## Requests with an API key');
  const rows = marked.lexer(section).find(({ type }) => type === 'list');
  const [first = ''] = (rows?.type === 'list' ? rows['items'] : []).map(
    ({ text }: { text: string }) => text,
  );
  expect(first).toMatch(/^\*\*402, `This request requires more credits, or fewer max_tokens/);
  for (const part of ['/settings/keys', '/settings/credits', 'CLAUDE_CODE_MAX_OUTPUT_TOKENS'])
    expect(first).toContain(part);
});

/** What users read: the pages, the inputs, and what a step prints. */
const TEXTS = [...PAGES, ...globSync(['action.yml', '*/action.yml', 'src/**/*.ts'], { cwd: ROOT })];

test('one page says how late OpenRouter refuses a key that has ended', () => {
  const found = TEXTS.filter((path) => read(path).includes('within half a minute'));
  expect(found).toEqual(['docs/reliability.md']);
});

test.each([
  /nothing can spend/i,
  /cannot spend\b/,
  /stops? working (?:at once|when|immediately)/,
  /works? until the job ends/,
  /only until the job ends/,
  /down from then on/,
  /stops by itself/,
  /stop it at once/,
])('no text claims that a key is refused as soon as it has ended: %s', (claim) => {
  expect(TEXTS.filter((path) => claim.test(read(path)))).toEqual([]);
});

test.each([
  'preview/action.yml',
  'key/action.yml',
  'docs/reference.md',
  'docs/previews.md',
  'docs/troubleshooting.md',
  'docs/recipes/tests-and-deployment.md',
  'src/actions/key/failures.ts',
])('%s says what tells the keys of two calls of one reusable workflow apart', (path) => {
  const text = read(path).replaceAll(/\s+(?:# )?/g, ' ');
  expect(text).toMatch(/one reusable workflow.{0,400}(?:key-name|name of key|different names)/);
});
