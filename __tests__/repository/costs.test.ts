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
import { ROOT } from '../support/root.ts';

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

/** How a job ends, and when its last script fails, by what it has done. Others are cases of a property. */
const ENDS: readonly [string, { script?: 'before' | 'after' }][] = [
  ['succeeds', {}],
  ['fails before the key is in use', { script: 'before' }],
  ['fails after the key is in use', { script: 'after' }],
];

const { harness } = openEmptiedHarness();

/** Runs the last two steps of a workflow and the post step. */
async function runJob({ jobs }: Workflow, { script }: { script?: 'before' | 'after' } = {}) {
  const [key, last] = (Object.values(jobs)[0]?.steps ?? []).slice(-2) as [Step, Step];
  expect(key.uses).toBe('OWNER/openrouter-workspace/key@v1');
  const { 'management-key': _, ...own } = key.with ?? {};
  const inputs = { ...evaluate(own, { outputs: {} }), workspace: 'production-web' };
  const created = await harness.run('key', inputs);
  expect(created.exitCode).toBe(0);
  const env = { ...evaluate(last.env, created), GH_FAILS: script ?? '' };
  expect(runScript(last, env)).toBe(script ? 1 : 0);
  const status = script ? 'failure' : 'success';
  const post = await harness.end('key', { ...inputs, 'job-status': status }, created);
  expect(post.exitCode).toBe(0);
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
    await runJob(workflow);
    const first = await keyInUse();
    const person = labels().at(-1);
    expect(labels()).toEqual([first, person]);
    await runJob(workflow, end);
    expect(labels()).toContain(await keyInUse());
    await runJob(workflow);
    const last = await keyInUse();
    expect(labels()).toEqual([last, person]);
    expect(last).not.toBe(first);
  });
});
