/**
 * Runs an action in a sandbox, and shows what a workflow author would see and the requests that
 * OpenRouter received: `npm start` for the root action, `npm start -- usage` for that in the folder
 * `usage`. The inputs are an example that flags change: `npm start -- --name …`. An empty value
 * removes an input.
 */
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { type Sandbox, startSandbox } from '../openrouter/server.ts';
import { readManifest } from '../runner/manifest.ts';
import { runPost, runStep, type StepOptions, type StepResult } from '../runner/runner.ts';
import { exitWithUsage, readArguments } from './arguments.ts';
import { SCENES } from './scenes.ts';

type Inputs = Record<string, string>;

const EXAMPLES = `Examples: npm start, ${Object.keys(SCENES)
  .filter(Boolean)
  .map((name) => `npm start -- ${name}`)
  .join(', ')}`;

const { folder, flags } = readAction(process.argv.slice(2));
const scene = SCENES[folder] ?? exitWithUsage(`There is no example of ${folder}.`, EXAMPLES);
const action = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
const { managementKey, inputs } = await readFlags(flags);
const sandbox = await startSandbox();
scene.seed?.(sandbox);
sandbox.requests.length = 0;
const step: StepOptions = {
  action,
  with: {
    'management-key': managementKey ?? sandbox.managementKey,
    'api-url': sandbox.url,
    ...inputs,
  },
};
const main = await runStep(step);
const { runs } = await readManifest(action);
const post = runs.post === undefined ? undefined : await runPost(step, main);
await sandbox.close();
showStep(inputs);
showResult(main, sandbox);
if (post?.log) show('Log of the post step, at the end of the job', [post.log]);
process.exitCode = main.exitCode ?? 1;

/** The folder of the action, which an argument before the flags names, and the flags. */
function readAction(args: string[]): { folder: string; flags: string[] } {
  const [first, ...rest] = args;
  if (first === undefined || first.startsWith('-')) return { folder: '', flags: args };
  return { folder: first, flags: rest };
}

/** The inputs of the step, which flags can change, and the management key if a flag has one. */
async function readFlags(
  flags: string[],
): Promise<{ managementKey: string | undefined; inputs: Inputs }> {
  // Before parseArgs, whose message for a flag without a value would come first.
  if (flags.some((flag) => /^--api-url(=|$)/.test(flag))) {
    exitWithUsage(
      '--api-url cannot be set: npm start runs the action against a sandbox of its own.',
    );
  }
  const manifest = await readManifest(action);
  const names = Object.keys(manifest.inputs ?? {}).filter((name) => name !== 'api-url');
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { 'management-key': managementKey, ...changes } = readArguments(options, flags);
  const inputs = Object.entries({ ...scene.inputs, ...changes });
  return {
    managementKey,
    inputs: Object.fromEntries(inputs.flatMap(([name, value]) => (value ? [[name, value]] : []))),
  };
}

function showStep(inputs: Inputs): void {
  show('Step', [
    `- uses: ${['OWNER/openrouter-workspace', folder].filter(Boolean).join('/')}@v1`,
    '  with:',
    `    management-key: \${{ secrets.OPENROUTER_MANAGEMENT_KEY }}`,
    ...Object.entries(inputs).map(([name, value]) => `    ${name}: ${JSON.stringify(value)}`),
  ]);
}

function showResult({ log, exitCode, outputs, summary }: StepResult, { requests }: Sandbox): void {
  show('Log', [log, exitCode === 0 ? '(succeeded)' : `(failed with exit code ${exitCode})`]);
  show('Requests that OpenRouter received', [
    ...requests.map(({ method, path, body }) => `${method} ${path} ${body}`),
    `(${requests.length} in total)`,
  ]);
  show(
    'Outputs',
    Object.entries(outputs).map(([name, value]) => `${name}: ${value}`),
  );
  show('Job summary, as HTML', [summary.trimEnd()]);
}

function show(title: string, lines: string[]): void {
  console.log(`\n${styleText('bold', title)}\n`);
  for (const line of lines.flatMap((text) => text.split('\n'))) console.log(`    ${line}`);
}
