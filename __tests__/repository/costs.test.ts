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
import { CREATE, DELETE } from '../support/key.ts';

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

const folder = mkdtempSync(join(tmpdir(), 'costs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A `gh` that has the secret in a file, and knows only what the page uses. */
const GH = `#!/bin/sh
[ "$GH_FAILS" = before ] && exit 1
cat > secret
[ "$GH_FAILS" != after ]
`;
writeFileSync(join(folder, 'gh'), GH, { mode: 0o755 });

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

/** How a job ends, if not with a success. Any other interruption is a case of the property tests. */
interface End {
  /** The status that the post step gets; undefined if the machine is lost before it. */
  status?: 'success' | 'failure';
  isRejected?: boolean;
  /** Whether the first step is killed after its POST was applied. */
  killsMain?: boolean;
  /** When the last script fails, by what it has done. */
  script?: 'before' | 'after';
  /** Whether the post step is killed after a deletion was applied. */
  killsPost?: boolean;
}

const SUCCESS: End = { status: 'success' };

const ENDS: [string, End][] = [
  ['succeeds', SUCCESS],
  ['fails in the first step', { status: 'failure', isRejected: true }],
  ['is killed in the first step', { killsMain: true }],
  ['fails before the key is in use', { status: 'failure', script: 'before' }],
  ['fails after the key is in use', { status: 'failure', script: 'after' }],
  ['loses its machine before the post step', {}],
  ['is killed in the post step', { status: 'success', killsPost: true }],
];

const { harness } = openEmptiedHarness();

/** Starts a step, and kills it once its request `on` was applied, before the response. */
async function kill(on: string, start: () => Promise<RunningStep>): Promise<StepResult> {
  const { requests, faults, account } = harness.sandbox;
  faults.push({ on, kind: 'stall', applied: true });
  const before = requests.length;
  const step = await start();
  const isSent = () =>
    requests.slice(before).some(({ method, path }) => account.callOf(method, path) === on);
  const sent = async () => {
    while (!isSent()) await harness.sandbox.received(requests.length + 1);
  };
  await Promise.race([sent(), step.result]);
  step.kill('SIGKILL');
  const result = await step.result;
  expect(faults).toEqual([]);
  return result;
}

/** Runs the last two steps of a workflow and the post step, as far as `end` lets them come. */
async function runJob({ jobs }: Workflow, end: End) {
  const [key, last] = (Object.values(jobs)[0]?.steps ?? []).slice(-2) as [Step, Step];
  expect(key.uses).toBe('OWNER/openrouter-workspace/key@v1');
  const { 'management-key': _, ...own } = key.with ?? {};
  const inputs = { ...evaluate(own, { outputs: {} }), workspace: 'production-web' };
  if (end.isRejected) harness.sandbox.faults.push({ on: CREATE, kind: 'response', status: 403 });
  const created = end.killsMain
    ? await kill(CREATE, () => harness.start('key', inputs))
    : await harness.run('key', inputs);
  const failsEarly = end.killsMain || end.isRejected;
  expect(created.exitCode === 0).toBe(!failsEarly);
  if (!failsEarly) {
    const env = { ...evaluate(last.env, created), GH_FAILS: end.script ?? '' };
    expect(runScript(last, env)).toBe(end.script ? 1 : 0);
  }
  if (!end.status) return;
  const inputsOfPost = { ...inputs, 'job-status': end.status };
  if (end.killsPost) await kill(DELETE, () => harness.startEnd('key', inputsOfPost, created));
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
