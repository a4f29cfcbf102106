/**
 * Writes docs/reference.md, the inputs and outputs of each action, and the part of README.md that
 * has all inputs of each action as a step, from the action.yml files:
 *
 *     node scripts/reference.ts [--check]      with --check, only fails if a file is stale
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
const GENERATED = /(?<=<!-- inputs: npm run reference -->\n).*?(?=<!-- \/inputs -->)/s;

const reference = [
  '# Reference',
  '',
  'All inputs and outputs of each action. For the format of values, see the [README](../README.md#how-values-are-written). An input that is left out or empty has its default. If it has no default, it is not sent, and OpenRouter\'s default applies. Write `"null"` with its quotes: without quotes, GitHub turns it into an empty input, which changes nothing.',
  '',
  ...ACTIONS.flatMap(sectionOf),
].join('\n');

const readme = readFileSync(`${root}README.md`, 'utf8');
if (!GENERATED.test(readme)) throw new Error('README.md has no place for the inputs.');
const files: Record<string, string> = {
  'docs/reference.md': reference,
  'README.md': readme.replace(GENERATED, () => ACTIONS.map(stepOf).join('')),
};

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
for (const [path, text] of Object.entries(files)) {
  if (!values.check) {
    writeFileSync(root + path, text);
  } else if (readFileSync(root + path, 'utf8') !== text) {
    console.error(`${path} is stale: run npm run reference`);
    process.exitCode = 1;
  }
}

function sectionOf(folder: string): string[] {
  const manifest = manifestOf(folder);
  const inputs = Object.entries(manifest.inputs ?? {}).map(([name, input]) => [
    code(name),
    input.description,
    input.required ? 'yes' : '',
    input.default === undefined ? '' : code(input.default),
  ]);
  const outputs = Object.entries(manifest.outputs ?? {}).map(([name, { description }]) => [
    code(name),
    description,
  ]);
  return [
    `## ${code(usesOf(folder))}`,
    '',
    `${manifest.description}.`,
    '',
    ...table(['Input', 'Description', 'Required', 'Default'], inputs),
    '',
    ...table(['Output', 'Description'], outputs),
    '',
  ];
}

/** A step with all inputs of an action, each with its description, as a part that readers unfold. */
function stepOf(folder: string): string {
  const inputs = Object.entries(manifestOf(folder).inputs ?? {}).map(([name, input]) => {
    const comment = `${input.description}${input.required ? ' Required.' : ''}`;
    return `${comment.replace(/(.{1,90})(?:\s+|$)/g, '    # $1\n')}    ${name}: ${exampleOf(name, input)}\n`;
  });
  const step = `- uses: ${usesOf(folder)}\n  with:\n${inputs.join('')}`;
  return `<details>\n<summary><code>${usesOf(folder)}</code></summary>\n\n\`\`\`yaml\n${step}\`\`\`\n\n</details>\n`;
}

/** The default of an input or, if it is required, an example. An empty input is not sent. */
function exampleOf(name: string, input: ManifestInput): string {
  if (!input.required) return input.default ?? '""';
  const example = EXAMPLES[name];
  if (example === undefined) throw new Error(`EXAMPLES has no example of the input ${name}.`);
  return example;
}

function manifestOf(folder: string): ActionManifest {
  return parse(readFileSync(join(root, folder, 'action.yml'), 'utf8'));
}

function usesOf(folder: string): string {
  return `${['OWNER/openrouter-workspace', folder].filter(Boolean).join('/')}@v1`;
}

function table(header: string[], rows: string[][]): string[] {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function code(text: string): string {
  return `\`${text}\``;
}
