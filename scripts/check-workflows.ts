/**
 * Checks our actions, our workflows, and each YAML example in our documents with GitHub's own
 * language service. An example is a workflow, or a list of steps. The service accepts a null without
 * quotes, which has no effect as an input of our actions: this check finds it.
 *
 *     node scripts/check-workflows.ts [FILE…]      without files, checks all of them
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSeq, parseDocument } from 'yaml';
import { readExamples } from './examples.ts';
import './json-imports.ts';
import { findNullInputs } from './null-inputs.ts';

const { checkAction, checkWorkflow } = await import('./language-service.ts');

const root = fileURLToPath(new URL('..', import.meta.url));
/** The files of our actions, by `uses:`. */
const MANIFESTS = {
  'OWNER/openrouter-workspace@v1': 'action.yml',
  'OWNER/openrouter-workspace/delete@v1': 'delete/action.yml',
  'OWNER/openrouter-workspace/key@v1': 'key/action.yml',
  'OWNER/openrouter-workspace/sweep@v1': 'sweep/action.yml',
  'OWNER/openrouter-workspace/usage@v1': 'usage/action.yml',
  './': 'action.yml',
  './delete': 'delete/action.yml',
  './key': 'key/action.yml',
  './sweep': 'sweep/action.yml',
  './usage': 'usage/action.yml',
};
const actions = Object.fromEntries(
  Object.entries(MANIFESTS).map(([uses, path]) => [uses, readFileSync(root + path, 'utf8')]),
);

const selected = process.argv.slice(2);
const files =
  selected.length > 0
    ? selected
    : [
        'action.yml',
        '*/action.yml',
        '.github/workflows/*.yml',
        'e2e/workflows/*.yml',
        '*.md',
        'docs/*.md',
      ]
        .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: ['node_modules'] }))
        .map((path) => root + path);

for (const file of files.filter(existsSync)) {
  for (const finding of await findingsIn(file)) {
    console.log(`${file}:${finding}`);
    process.exitCode = 1;
  }
}

async function findingsIn(file: string): Promise<string[]> {
  if (file.endsWith('.md')) return findingsInExamples(file);
  const text = readFileSync(file, 'utf8');
  return basename(file) === 'action.yml' ? checkAction(text) : findingsInWorkflow(text);
}

async function findingsInExamples(file: string): Promise<string[]> {
  const findings = await Promise.all(
    readExamples(file).map(async ({ line, text }) => {
      const found = await findingsInWorkflow(toWorkflow(text));
      return found.map((finding) => `${line}: in the example: ${finding}`);
    }),
  );
  return findings.flat();
}

async function findingsInWorkflow(text: string): Promise<string[]> {
  return [...(await checkWorkflow(text, actions)), ...findNullInputs(text)];
}

/** A list of steps as a workflow with nothing else. */
function toWorkflow(yaml: string): string {
  if (!isSeq(parseDocument(yaml).contents)) return yaml;
  const steps = yaml.replace(/^(?=.)/gm, '      ');
  return `on: pull_request\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n${steps}\n`;
}
