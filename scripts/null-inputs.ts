/**
 * Finds inputs of our actions, in our workflows and in the examples of our documents, whose value is
 * a YAML null: `null`, `~`, or nothing. GitHub turns it into an empty input, and the step succeeds
 * without effect. No linter reports it:
 *
 *     node scripts/null-inputs.ts
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { readExamples } from './examples.ts';

/** What the `uses:` of our actions begins with, unless it is a path in this repository. */
const OUR_ACTIONS = ['OWNER/openrouter-workspace@', 'OWNER/openrouter-workspace/'];
const OUR_PATHS = /^\.\/(?:\w+\/?)?$/;

const FILES = ['.github/workflows/*.yml', 'e2e/workflows/*.yml', '*.md', 'docs/**/*.md'];

interface NullInput {
  name: string;
  /** The line of the text, from 1. */
  line: number;
}

/** The inputs of our actions that are null, in a workflow or in a list of steps. */
export function findNullInputs(text: string): NullInput[] {
  const lines = new LineCounter();
  const found: NullInput[] = [];
  visit(parseDocument(text, { lineCounter: lines }), {
    Map(_key, step) {
      const [uses, inputs] = [step.get('uses'), step.get('with')];
      if (typeof uses !== 'string' || !isOurs(uses) || !isMap(inputs)) return;
      for (const { key, value } of inputs.items) {
        if (!isScalar(key) || (isScalar(value) ? value.value : value) !== null) continue;
        found.push({ name: String(key.value), line: lines.linePos(key.range?.[0] ?? 0).line });
      }
    },
  });
  return found;
}

function isOurs(uses: string): boolean {
  return OUR_PATHS.test(uses) || OUR_ACTIONS.some((start) => uses.startsWith(start));
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  for (const file of globSync(FILES, { cwd: root })) {
    const path = join(root, file);
    const texts = file.endsWith('.md')
      ? readExamples(path)
      : [{ line: 0, text: readFileSync(path, 'utf8') }];
    for (const { line: before, text } of texts) {
      for (const { name, line } of findNullInputs(text)) {
        console.error(
          `${file}:${before + line}: ${name} is a null without quotes, which has no effect: write "null" to clear the field, or leave the input out`,
        );
        process.exitCode = 1;
      }
    }
  }
}
