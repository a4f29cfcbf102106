/**
 * Writes the part of docs/reference.md that has all inputs of each action, as a step, and all outputs,
 * from the action.yml files:
 *
 *     node scripts/reference.ts [--check]      with --check, only fails if that part is stale
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Scene, sceneOf } from '../sandbox/cli/scenes.ts';
import { PUBLISHED } from '../sandbox/cli/show.ts';
import {
  type ActionManifest,
  actionFolders,
  type ManifestInput,
  readManifest,
} from '../sandbox/runner/manifest.ts';

/** What documents call the root action. */
const ROOT_ACTION = 'openrouter-workspace';

/** The part that is generated, between its first and its last line. */
const GENERATED =
  /(?<=<!-- inputs and outputs: npm run reference -->\n).*?(?=<!-- \/inputs and outputs -->)/s;

/**
 * The end of a default by which the program recognizes that no workflow has written the input, as in
 * src/actions/key/job-status.ts. A workflow that writes the input leaves this end out.
 */
const DEFAULT_MARKER = / \(default\)$/;

/** The `action.yml` in a folder: '' for the root's, which is the first. */
type Manifest = ActionManifest & { folder: string };

const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}docs/reference.md`;
const current = readFileSync(path, 'utf8');
if (!GENERATED.test(current)) throw new Error(`${path} has no place for inputs and outputs.`);
const manifests = await Promise.all(
  actionFolders(root).map(async (folder) => ({ folder, ...(await readManifest(root + folder)) })),
);
const sections = manifests.map(sectionOf);
const reference = current.replace(GENERATED, () => `\n${sections.join('')}`);

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
if (!values.check) {
  writeFileSync(path, reference);
} else if (current !== reference) {
  console.error('docs/reference.md is stale: run npm run reference');
  process.exitCode = 1;
}

/** The inputs and outputs of an action. */
function sectionOf({ folder, description, inputs = {}, outputs = {} }: Manifest): string {
  const uses = `${[PUBLISHED.repository, folder].filter(Boolean).join('/')}@${PUBLISHED.ref}`;
  const list = Object.entries(outputs).map(
    ([name, output]) => `- \`${name}\`: ${output.description}`,
  );
  return [
    `## \`${folder || ROOT_ACTION}\``,
    '',
    `${description}.`,
    '',
    '```yaml',
    stepOf(uses, inputs, sceneOf(folder)),
    '```',
    '',
    'Outputs:',
    '',
    ...list,
    '',
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
    // Of two inputs of which one is required, the second is left out. An empty input is not sent.
    const isShown = required || /either this or/i.test(description ?? '');
    const shown = isShown ? new Map(Object.entries(examples)).get(name) : text;
    const value = shown?.replace(DEFAULT_MARKER, '') ?? '""';
    const comment = commentOf(name, inputs);
    return `${comment && `\n${comment}`}    ${name}: ${value}`;
  });
  return [`- uses: ${uses}`, '  with:', ...lines].join('\n').replace('with:\n\n', 'with:\n');
}

/** What is written above an input. Of consecutive inputs of the root action, only the first has it. */
function commentOf(name: string, inputs: Record<string, ManifestInput>): string {
  const names = Object.keys(inputs);
  const isShared = (at: number) => isOfRoot(names[at] ?? '', inputs);
  const first = names.indexOf(name);
  if (!isShared(first)) {
    const { description, required } = inputs[name] ?? {};
    return toComment(`${description}${required ? ' Required.' : ''}`);
  }
  if (isShared(first - 1)) return '';
  let last = first;
  while (isShared(last + 1)) last += 1;
  return toComment(`The inputs from here to ${names[last]} are those of ${ROOT_ACTION}.`);
}

/** Whether an action has an input from the root action, and no third action has one of that name. */
function isOfRoot(name: string, inputs: Record<string, ManifestInput>): boolean {
  const [root, other, ...more] = manifests.filter((each) => each.inputs?.[name]);
  const isShared = root?.folder === '' && other?.inputs === inputs && more.length === 0;
  return isShared && root.inputs?.[name]?.description === inputs[name]?.description;
}

/** A text as lines of a comment, of at most 90 characters with their indent. */
function toComment(text: string): string {
  return text.replace(/(.{1,84})(?:\s+|$)/g, '    # $1\n');
}
