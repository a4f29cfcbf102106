/**
 * Writes docs/reference.md, the inputs and outputs of each action, from the action.yml files:
 *
 *     node scripts/reference.ts [--check]      with --check, only fails if the file is stale
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import type { ActionManifest } from '../sandbox/runner/manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}docs/reference.md`;

/** The folders of the actions. */
const ACTIONS = ['', 'key', 'usage', 'delete', 'sweep'];

const reference = [
  '# Reference',
  '',
  'All inputs and outputs of each action. For the format of values, see the [README](../README.md#how-values-are-written). An input that is left out or empty has its default. If it has no default, it is not sent, and OpenRouter\'s default applies. Write `"null"` with its quotes: without quotes, GitHub turns it into an empty input, which changes nothing.',
  '',
  ...ACTIONS.flatMap(sectionOf),
].join('\n');

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
if (!values.check) {
  writeFileSync(path, reference);
} else if (readFileSync(path, 'utf8') !== reference) {
  console.error('docs/reference.md is stale: run npm run reference');
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
