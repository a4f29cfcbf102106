/**
 * Writes the part of README.md that has all inputs of each action, as a step, and all outputs, from
 * the action.yml files:
 *
 *     node scripts/reference.ts [--check]      with --check, only fails if README.md is stale
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Scene, sceneOf } from '../sandbox/cli/scenes.ts';
import { actionFolders, type ManifestInput, readManifest } from '../sandbox/runner/manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The part of README.md that is generated, between its first and its last line. */
const GENERATED =
  /(?<=<!-- inputs and outputs: npm run reference -->\n).*?(?=<!-- \/inputs and outputs -->)/s;

const path = `${root}README.md`;
const current = readFileSync(path, 'utf8');
if (!GENERATED.test(current)) throw new Error('README.md has no place for inputs and outputs.');
const sections = await Promise.all(actionFolders(root).map(sectionOf));
const readme = current.replace(GENERATED, () => sections.join(''));

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
if (!values.check) {
  writeFileSync(path, readme);
} else if (current !== readme) {
  console.error('README.md is stale: run npm run reference');
  process.exitCode = 1;
}

/** The inputs and outputs of an action, as a part that readers unfold. */
async function sectionOf(folder: string): Promise<string> {
  const uses = `${['OWNER/openrouter-workspace', folder].filter(Boolean).join('/')}@v1`;
  const { inputs = {}, outputs = {} } = await readManifest(root + folder);
  const list = Object.entries(outputs).map(
    ([name, { description }]) => `- \`${name}\`: ${description}`,
  );
  return [
    '<details>',
    `<summary><code>${uses}</code></summary>`,
    '',
    '```yaml',
    stepOf(uses, inputs, sceneOf(folder)),
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
function stepOf(uses: string, inputs: Record<string, ManifestInput>, scene: Scene): string {
  const examples = {
    'management-key': `\${{ secrets.OPENROUTER_MANAGEMENT_KEY }}`,
    ...scene.inputs,
  };
  const lines = Object.entries(inputs).map(([name, { description, required, default: text }]) => {
    const comment = `${description}${required ? ' Required.' : ''}`;
    // Of two inputs of which one is required, the second is left out. An empty input is not sent.
    const isShown =
      required || name === 'management-key' || description?.includes('Either this or');
    const value = (isShown ? new Map(Object.entries(examples)).get(name) : text) ?? '""';
    return `${comment.replace(/(.{1,90})(?:\s+|$)/g, '    # $1\n')}    ${name}: ${value}`;
  });
  return [`- uses: ${uses}`, '  with:', ...lines].join('\n');
}
