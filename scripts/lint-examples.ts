/**
 * Checks the examples in our documents, which are workflows or lists of steps, with actionlint and
 * zizmor, which have to be installed. actionlint reads the inputs and outputs of an action only from
 * a folder, so the examples that it checks use our actions from theirs.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { PUBLISHED } from '../sandbox/cli/show.ts';
import { copyActions } from './copy-actions.ts';
import { readExamples } from './examples.ts';

const CONFIG = `rules:
  # Documents name the major tag, which is short for reading, and say how to pin.
  unpinned-uses:
    disable: true
  # Workflows that delete check out no pull request.
  dangerous-triggers:
    disable: true
  # The folders of the actions are our replacement, see below.
  self-repository:
    disable: true
  # Agents are installed by an exact version before the checkout, where there is no lock file.
  adhoc-packages:
    disable: true
`;

/** A workflow, of which a list of steps is the end. They can use the outputs of a preview, and a sealed key. */
const WORKFLOW = `on: pull_request
permissions: {}
jobs:
  key:
    runs-on: ubuntu-latest
    outputs: { sealed-key: none }
    steps: [{ run: 'true' }]
  job:
    needs: key
    runs-on: ubuntu-latest
    steps:
      - id: preview
        uses: ./preview
        with:
          management-key: \${{ secrets.OPENROUTER_MANAGEMENT_KEY }}
`;

const OURS = new RegExp(`uses: ${PUBLISHED.repository}/?([\\w-]*)@${PUBLISHED.ref}\\b`, 'g');

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'examples-'));
const workflows = join(folder, '.github/workflows');
mkdirSync(workflows, { recursive: true });
writeFileSync(join(folder, 'zizmor.yml'), CONFIG);
// Without it, actionlint checks no folder.
mkdirSync(join(folder, '.git'));
copyActions(folder);
for (const document of globSync(['*.md', 'docs/**/*.md'], { cwd: root })) {
  for (const { line, text } of readExamples(join(root, document))) {
    const name = `${document.replaceAll('/', '-')}-${line}.yml`;
    writeFileSync(join(workflows, name), toWorkflow(text));
  }
}
// actionlint 1.7.12 does not know it; GitHub does.
lint('actionlint', '-ignore', 'unexpected key "queue"');
lint('zizmor', '--quiet', '--offline', '--config', 'zizmor.yml', '.');
rmSync(folder, { recursive: true });

/** An example as a workflow that uses our actions from their folders. */
function toWorkflow(example: string): string {
  const text = example.replace(OURS, 'uses: ./$1');
  return Array.isArray(parse(text)) ? WORKFLOW + text.replace(/^(?=.)/gm, '      ') : text;
}

function lint(command: string, ...args: string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: folder, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exitCode = 1;
}
