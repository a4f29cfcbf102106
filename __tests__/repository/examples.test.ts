import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { marked } from 'marked';
import { SCENES } from '../../sandbox/cli/scenes.ts';
import { readExamples } from '../../scripts/examples.ts';
import { findNullInputs } from '../../scripts/null-inputs.ts';
import { ROOT } from '../support/root.ts';

test('no example has prompts stored or shared, which a reader may copy without noticing', () => {
  const examples = globSync(['README.md', 'docs/**/*.md'], { cwd: ROOT }).flatMap((file) =>
    readExamples(join(ROOT, file)).map(({ text }) => text),
  );
  const scenes = Object.values(SCENES).map(({ inputs }) =>
    Object.entries(inputs)
      .map(([input, value]) => `${input}: ${value}`)
      .join('\n'),
  );
  const found = [...examples, ...scenes].flatMap(
    (text) =>
      text.match(/^ *(is-.*(logging|broadcast)-enabled: true|io-logging-.*: [^"].*)$/gm) ?? [],
  );
  expect(examples.length).toBeGreaterThan(10);
  expect(found).toEqual([]);
});

/** How many characters of an example GitHub shows before it scrolls, in a window of 1,200 px. */
const MAX_WIDTH = 90;

test.each(globSync(['README.md', 'docs/**/*.md'], { cwd: ROOT }))(
  'no example in %s scrolls sideways',
  (document) => {
    const lines: string[] = [];
    marked.walkTokens(marked.lexer(readFileSync(join(ROOT, document), 'utf8')), (token) => {
      if (token.type === 'code') lines.push(...token['text'].split('\n'));
    });
    expect(lines.filter((line) => [...line].length > MAX_WIDTH)).toEqual([]);
  },
);

const NULLS = ['null', '~', 'Null', 'NULL', '# nothing'];

/** Steps that use `uses`, each with another value of an input. */
const steps = (uses: string, values: readonly string[]) =>
  values.map((value) => `- uses: ${uses}\n  with:\n    name: ${value}\n`).join('');

test('a null without quotes is found in an input of our actions, in every notation', () => {
  const found = NULLS.map((_, at) => ({ name: 'name', line: 3 * at + 3 }));
  for (const uses of [
    'OWNER/openrouter-workspace@v1',
    'OWNER/openrouter-workspace/key@0a1',
    './',
  ]) {
    expect(findNullInputs(steps(uses, NULLS))).toEqual(found);
  }
  expect(findNullInputs(steps('./', ['"null"']))).toEqual([]);
  expect(findNullInputs(steps('actions/checkout@v7', NULLS))).toEqual([]);
});
