/**
 * Runs the action against a sandbox, and shows what a workflow author would see and what
 * OpenRouter got: `npm start`, or `npm start -- --name … --slug …` with inputs of one's own.
 */
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { readArguments } from './arguments.ts';
import { readManifest, runPost, runStep, type StepOptions } from './runner.ts';
import { startSandbox } from './server.ts';

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

const action = fileURLToPath(new URL('..', import.meta.url));
const { inputs = {} } = await readManifest(action);
const options = Object.fromEntries(
  Object.keys(inputs).map((name) => [name, { type: 'string' as const }]),
);
const values = readArguments(options);
const given = Object.keys(values).length > 0 ? values : EXAMPLE;

const sandbox = await startSandbox();
const step: StepOptions = {
  action,
  with: { 'management-key': sandbox.managementKey, 'api-url': sandbox.url, ...given },
};
const main = await runStep(step);
const post = Object.keys(main.state).length > 0 ? await runPost(step, main) : undefined;
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
if (post) show('The log of its clean-up, at the end of the job', [post.log]);
process.exitCode = main.exitCode ?? 1;

function show(title: string, lines: string[]): void {
  console.log(`\n${styleText('bold', title)}\n`);
  for (const line of lines.flatMap((text) => text.split('\n'))) console.log(`    ${line}`);
}
