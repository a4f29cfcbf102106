/**
 * Runs the root action in a sandbox, and shows what a workflow author would see and the requests
 * that OpenRouter received: `npm start`. The inputs are an example that flags change:
 * `npm start -- --name …`. An empty value removes an input.
 */
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { type Sandbox, startSandbox } from '../openrouter/server.ts';
import { readManifest } from '../runner/manifest.ts';
import { runPost, runStep, type StepOptions, type StepResult } from '../runner/runner.ts';
import { exitWithUsage, readArguments } from './arguments.ts';

const EXAMPLE = {
  name: 'Preview of pull request 42',
  slug: 'preview-42',
  description: 'Created for https://github.com/octo-org/app/pull/42',
  'default-text-model': 'openai/gpt-5-mini',
  'default-provider-sort': 'price',
  'io-logging-sampling-rate': '0.1',
  'is-observability-io-logging-enabled': 'true',
  'disabled-server-tools': 'openrouter:web_search, openrouter:bash',
};

type Inputs = Record<string, string>;

const action = fileURLToPath(new URL('../..', import.meta.url));
const { managementKey, inputs } = await readFlags();
const sandbox = await startSandbox();
const step: StepOptions = {
  action,
  with: {
    'management-key': managementKey ?? sandbox.managementKey,
    'api-url': sandbox.url,
    ...inputs,
  },
};
const main = await runStep(step);
const post = await runPost(step, main);
await sandbox.close();
showStep(inputs);
showResult(main, sandbox);
if (post.log) show('Log of the post step, at the end of the job', [post.log]);
process.exitCode = main.exitCode ?? 1;

/** The inputs of the step, which flags can change, and the management key if a flag has one. */
async function readFlags(): Promise<{ managementKey: string | undefined; inputs: Inputs }> {
  // Before parseArgs, whose message for a flag without a value would come first.
  if (process.argv.slice(2).some((flag) => /^--api-url(=|$)/.test(flag))) {
    exitWithUsage(
      '--api-url cannot be set: npm start runs the action against a sandbox of its own.',
    );
  }
  const manifest = await readManifest(action);
  const names = Object.keys(manifest.inputs ?? {}).filter((name) => name !== 'api-url');
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { 'management-key': managementKey, ...changes } = readArguments(options);
  const inputs: Inputs = { ...EXAMPLE, ...changes };
  return {
    managementKey,
    inputs: Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== '')),
  };
}

function showStep(inputs: Inputs): void {
  show('Step', [
    '- uses: OWNER/openrouter-workspace@v1',
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
