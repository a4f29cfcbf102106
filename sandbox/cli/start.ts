/**
 * Runs the action against a sandbox, and shows what a workflow author would see and what
 * OpenRouter got: `npm start`, with an example, whose inputs flags change: `npm start -- --name …`.
 * An empty value removes an input.
 */
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { startSandbox } from '../openrouter/server.ts';
import { readManifest, runPost, runStep, type StepOptions } from '../runner/runner.ts';
import { readArguments, refuseCall } from './arguments.ts';

const EXAMPLE = {
  name: 'Preview of pull request 42',
  slug: 'preview-42',
  description: 'Made for https://github.com/octo-org/app/pull/42',
  'default-text-model': 'openai/gpt-5-mini',
  'default-provider-sort': 'price',
  'io-logging-sampling-rate': '0.1',
  'is-observability-io-logging-enabled': 'true',
  'disabled-server-tools': 'openrouter:web_search, openrouter:bash',
};

// Before parseArgs, which has another message for a flag without a value.
if (process.argv.slice(2).some((flag) => /^--api-url(=|$)/.test(flag))) {
  refuseCall(
    'npm start runs the action against a sandbox of its own and shows the requests to it, so --api-url cannot be given.',
  );
}

const action = fileURLToPath(new URL('../..', import.meta.url));
const { inputs = {} } = await readManifest(action);
const options = Object.fromEntries(
  Object.keys(inputs)
    .filter((name) => name !== 'api-url')
    .map((name) => [name, { type: 'string' as const }]),
);
const { 'management-key': managementKey, ...changes } = readArguments(options);
const given = Object.fromEntries(
  Object.entries({ ...EXAMPLE, ...changes }).filter(([, value]) => value !== ''),
);

const sandbox = await startSandbox();
const step: StepOptions = {
  action,
  with: {
    'management-key': managementKey ?? sandbox.managementKey,
    'api-url': sandbox.url,
    ...given,
  },
};
const main = await runStep(step);
const post = await runPost(step, main);
await sandbox.close();

show('The step', [
  '- uses: OWNER/openrouter-workspace@v1',
  '  with:',
  `    management-key: \${{ secrets.OPENROUTER_MANAGEMENT_KEY }}`,
  ...Object.entries(given).map(([name, value]) => `    ${name}: ${JSON.stringify(value)}`),
]);
show('Its log', [main.log, main.exitCode === 0 ? '(green)' : `(red: ${main.exitCode})`]);
show('What OpenRouter got', [
  ...sandbox.requests.map(({ method, path, body }) => `${method} ${path} ${body}`),
  `(${sandbox.requests.length} requests)`,
]);
show(
  'Its outputs',
  Object.entries(main.outputs).map(([name, value]) => `${name}: ${value}`),
);
show('Its job summary, as HTML', [main.summary.trimEnd()]);
if (post.log) show('The log of its clean-up, at the end of the job', [post.log]);
process.exitCode = main.exitCode ?? 1;

function show(title: string, lines: string[]): void {
  console.log(`\n${styleText('bold', title)}\n`);
  for (const line of lines.flatMap((text) => text.split('\n'))) console.log(`    ${line}`);
}
