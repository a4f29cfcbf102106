/**
 * Writes docs/reference.md, which says of each action what its action.yml says:
 *
 *     node scripts/reference.ts [--check]      with --check, only fails if it is not up to date
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import type { ActionManifest } from '../sandbox/runner/manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}docs/reference.md`;

/** The folders of the actions. */
const ACTIONS = ['', 'key', 'delete', 'sweep'];

const reference = [
  '# Reference',
  '',
  'All inputs and outputs of each action. How values are written is said in the [README](../README.md#how-values-are-written). An input that is left out or empty has its default; one that has none is not sent, and OpenRouter\'s own default holds. Write `"null"` with its quotes: without quotes, YAML\'s null arrives as an empty input, which changes nothing.',
  '',
  ...ACTIONS.flatMap(sectionOf),
].join('\n');

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
if (!values.check) {
  writeFileSync(path, reference);
} else if (readFileSync(path, 'utf8') !== reference) {
  console.error('docs/reference.md is not what the action.yml files say: run npm run reference');
  process.exitCode = 1;
}

function sectionOf(folder: string): string[] {
  const file = [folder, 'action.yml'].filter(Boolean).join('/');
  const manifest: ActionManifest = parse(readFileSync(root + file, 'utf8'));
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
  const uses = ['OWNER/openrouter-workspace', folder].filter(Boolean).join('/');
  return [
    `## ${code(`${uses}@v1`)}`,
    '',
    `${manifest.description}.`,
    '',
    ...table(['Input', 'Description', 'Required', 'Default'], inputs),
    '',
    ...table(['Output', 'Description'], outputs),
    '',
  ];
}

function table(header: string[], rows: string[][]): string[] {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function code(text: string): string {
  return `\`${text}\``;
}
