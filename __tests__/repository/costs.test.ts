import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { readExamples } from '../../scripts/examples.ts';
import { openEmptiedHarness } from '../support/emptied-harness.ts';
import { ROOT, type RunningStep } from '../support/harness.ts';
import { CREATE, DELETE, LIST, LOOKUP, READ } from '../support/key.ts';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Workflow {
  name: string;
  concurrency?: Record<string, unknown>;
  jobs: Record<string, { steps: Step[] }>;
}

const WORKFLOWS = ['docs/costs.md', 'docs/preview-environments.md']
  .flatMap((document) => readExamples(join(ROOT, document)))
  .map(({ text }): Workflow => parse(text))
  .filter(({ name }) => ['Rotate the API key', 'Release'].includes(name));

/** A `gh` that has the secret in a file, and knows only what the page uses. */
const GH = `import { readFileSync, writeFileSync } from 'node:fs';
if (process.env.GH_FAILS === 'before') process.exit(1);
writeFileSync('secret', readFileSync(0));
if (process.env.GH_FAILS === 'after') process.exit(1);
`;

const folder = mkdtempSync(join(tmpdir(), 'costs-'));
writeFileSync(join(folder, 'gh.mjs'), GH);
const LAUNCHER = `#!/bin/sh\nexec '${process.execPath}' '${folder}/gh.mjs' "$@"\n`;
writeFileSync(join(folder, 'gh'), LAUNCHER, { mode: 0o755 });
afterAll(() => rmSync(folder, { recursive: true }));

/** What a reader writes instead of the line that stands for a deployment; the service is a secret here. */
const DEPLOYMENT = 'printf %s "$OPENROUTER_API_KEY" | gh secret set KEY_OF_THE_SERVICE';

/** Runs the script of a step as the runner does, and returns its exit code. */
function runScript({ run = '' }: Step, env: Record<string, string>): number | null {
  const script = run.replace(/^echo "Deploys .*$/, DEPLOYMENT);
  const { status } = spawnSync('bash', ['-eo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env['PATH']}`, GITHUB_REPOSITORY: 'o/r', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status;
}

/** The values of the expressions in `texts`; those of secrets are empty. */
function evaluate(texts: Record<string, unknown> = {}, { outputs }: Pick<StepResult, 'outputs'>) {
  const value = (text: string) =>
    text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
      const [, name = ''] = /^steps\.key\.outputs\.([\w-]+)$/.exec(expression) ?? [];
      return outputs[name] ?? '';
    });
  return Object.fromEntries(Object.entries(texts).map(([name, at]) => [name, value(String(at))]));
}

/** At which request a step is signalled, after it was applied and before its response. */
interface Interruption {
  signal: 'SIGINT' | 'SIGKILL';
  on: string;
  /** Which request of the step that is. */
  number: number;
}

/** How a job ends, if not with a success. */
interface End {
  /** The status that the post step gets; undefined if the machine is lost before it. */
  status?: 'success' | 'failure' | 'cancelled';
  main?: Interruption;
  isRejected?: boolean;
  /** When the last script fails, by what it has done. */
  script?: 'before' | 'after';
  post?: Interruption;
}

const SUCCESS: End = { status: 'success' };

const interruptions = (signal: Interruption['signal'], calls: readonly [string, number][]) =>
  calls.map(([on, number]): Interruption => ({ signal, on, number }));
const OF_MAIN = [
  [LOOKUP, 1],
  [LIST, 2],
  [CREATE, 3],
] as const;
const OF_POST = [
  [READ, 1],
  [LIST, 3],
  [DELETE, 4],
] as const;

const both = (calls: readonly (readonly [string, number])[]) =>
  (['SIGINT', 'SIGKILL'] as const).flatMap((signal) =>
    interruptions(
      signal,
      calls.map(([on, number]) => [on, number]),
    ),
  );

const ENDS: [string, End][] = [
  ['succeeds', SUCCESS],
  ['fails in the first step', { status: 'failure', isRejected: true }],
  ...both(OF_MAIN).flatMap((main): [string, End][] => [
    [`has ${main.signal} at ${main.on}`, { status: 'cancelled', main }],
    [`has ${main.signal} at ${main.on}, and no post step`, { main }],
  ]),
  ...(['before', 'after'] as const).flatMap((script): [string, End][] => [
    [`fails ${script} the key is in use`, { status: 'failure', script }],
    [`is cancelled ${script} the key is in use`, { status: 'cancelled', script }],
    [`loses its machine ${script} the key is in use`, { script }],
  ]),
  ['loses its machine before the post step', {}],
  ...both(OF_POST).map((post): [string, End] => [
    `has ${post.signal} at ${post.on} in the post step`,
    { status: 'success', post },
  ]),
];

const { harness } = openEmptiedHarness();

/** Starts a step, and signals it at a request that gets no response. */
async function interrupt(
  { signal, on, number }: Interruption,
  start: () => Promise<RunningStep>,
): Promise<StepResult> {
  const { requests, faults } = harness.sandbox;
  faults.push({ on, kind: 'stall', applied: true });
  const before = requests.length;
  const step = await start();
  await Promise.race([harness.sandbox.received(before + number), step.result]);
  step.kill(signal);
  const result = await step.result;
  expect(faults).toEqual([]);
  return result;
}

/** Runs the last two steps of a workflow and the post step, as far as `end` lets them come. */
async function runJob({ jobs }: Workflow, { main, isRejected, script, post, status }: End) {
  const [key, last] = (Object.values(jobs)[0]?.steps ?? []).slice(-2) as [Step, Step];
  expect(key.uses).toBe('OWNER/openrouter-workspace/key@v1');
  const { 'management-key': _, ...own } = key.with ?? {};
  const inputs = { ...evaluate(own, { outputs: {} }), workspace: 'production-web' };
  if (isRejected) harness.sandbox.faults.push({ on: CREATE, kind: 'response', status: 403 });
  const created = await (main
    ? interrupt(main, () => harness.start('key', inputs))
    : harness.run('key', inputs));
  const failsEarly = main !== undefined || isRejected === true;
  expect(created.exitCode === 0).toBe(!failsEarly);
  if (!failsEarly) {
    const env = { ...evaluate(last.env, created), ...(script && { GH_FAILS: script }) };
    expect(runScript(last, env)).toBe(script ? 1 : 0);
  }
  if (!status) return;
  const inputsOfPost = { ...inputs, 'job-status': status };
  if (post) await interrupt(post, () => harness.startEnd('key', inputsOfPost, created));
  else expect((await harness.end('key', inputsOfPost, created)).exitCode).toBe(0);
}

/** The label of the key that is in use, if OpenRouter accepts it. */
async function keyInUse(): Promise<string | undefined> {
  const secret = readFileSync(join(folder, 'secret'), 'utf8');
  const response = await fetch(`${harness.sandbox.url}/key`, {
    headers: { authorization: `Bearer ${secret}` },
  });
  const { data } = Object(await response.json());
  return data?.label;
}

test('Three workflows of the documents replace a key, one job after the other', () => {
  expect(WORKFLOWS.map(({ name }) => name)).toEqual(['Rotate the API key', 'Release']);
  for (const { concurrency } of WORKFLOWS) {
    expect(concurrency).toMatchObject({ 'cancel-in-progress': false });
  }
});

describe.each(WORKFLOWS)('The workflow $name leaves a key that works', (workflow) => {
  beforeEach(() => {
    const workspace = seedWorkspace(harness.sandbox, { slug: 'production-web' });
    seedKey(harness.sandbox, workspace, { name: 'Key of a person' });
  });
  const labels = () => harness.sandbox.account.keys.map(({ label }) => label);

  test.each(ENDS)('if a job %s, and after the next success no other one', async (_, end) => {
    await runJob(workflow, SUCCESS);
    const first = await keyInUse();
    const person = labels().at(-1);
    expect(labels()).toEqual([first, person]);
    await runJob(workflow, end);
    expect(labels()).toContain(await keyInUse());
    harness.sandbox.faults.length = 0;
    await runJob(workflow, SUCCESS);
    const last = await keyInUse();
    expect(labels()).toEqual([last, person]);
    expect(last).not.toBe(first);
  });
});
