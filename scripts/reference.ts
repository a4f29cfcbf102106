/**
 * Writes the part of README.md that has all inputs of each action, as a step, and all outputs, from
 * the action.yml files:
 *
 *     node scripts/reference.ts [--check]      with --check, only fails if README.md is stale
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import type { ActionManifest, ManifestInput } from '../sandbox/runner/manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The folders of the actions. */
const ACTIONS = ['', 'key', 'usage', 'delete', 'sweep'];

/** An example of each required input. */
const EXAMPLES: Readonly<Record<string, string>> = {
  'management-key': `\${{ secrets.OPENROUTER_MANAGEMENT_KEY }}`,
  name: 'Staging of web',
  slug: 'staging-web',
  workspace: 'staging-web',
  'slug-pattern': 'preview-web-*',
  'older-than': '14d',
};

/** The part of README.md that is generated, between its first and its last line. */
const GENERATED =
  /(?<=<!-- inputs and outputs: npm run reference -->\n).*?(?=<!-- \/inputs and outputs -->)/s;

const path = `${root}README.md`;
const current = readFileSync(path, 'utf8');
if (!GENERATED.test(current)) throw new Error('README.md has no place for inputs and outputs.');
const readme = current.replace(GENERATED, () => ACTIONS.map(sectionOf).join(''));

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
if (!values.check) {
  writeFileSync(path, readme);
} else if (current !== readme) {
  console.error('README.md is stale: run npm run reference');
  process.exitCode = 1;
}

/** The inputs and outputs of an action, as a part that readers unfold. */
function sectionOf(folder: string): string {
  const uses = `${['OWNER/openrouter-workspace', folder].filter(Boolean).join('/')}@v1`;
  const { inputs, outputs = {} }: ActionManifest = parse(
    readFileSync(join(root, folder, 'action.yml'), 'utf8'),
  );
  const list = Object.entries(outputs).map(
    ([name, { description }]) => `- \`${name}\`: ${description}`,
  );
  return [
    '<details>',
    `<summary><code>${uses}</code></summary>`,
    '',
    '```yaml',
    stepOf(uses, inputs),
    '```',
    '',
    'Outputs:',
    '',
    ...list,
    '',
    '</details>',
    '',
  ].join('\n');
}

/** A step with all inputs of an action, each with its description. */
function stepOf(uses: string, inputs: ActionManifest['inputs'] = {}): string {
  const lines = Object.entries(inputs).map(([name, input]) => {
    const comment = `${input.description}${input.required ? ' Required.' : ''}`;
    return `${comment.replace(/(.{1,90})(?:\s+|$)/g, '    # $1\n')}    ${name}: ${exampleOf(name, input)}`;
  });
  return [`- uses: ${uses}`, '  with:', ...lines].join('\n');
}

/** The default of an input or, if it is required, an example. An empty input is not sent. */
function exampleOf(name: string, input: ManifestInput): string {
  if (!input.required) return input.default ?? '""';
  const example = EXAMPLES[name];
  if (example === undefined) throw new Error(`EXAMPLES has no example of the input ${name}.`);
  return example;
}
