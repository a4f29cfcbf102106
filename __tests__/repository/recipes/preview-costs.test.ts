import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../../sandbox/github/events.ts';
import { openPull, pushTo } from '../../../sandbox/github/people.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { NANO } from '../../../sandbox/openrouter/resources/usage.ts';
import { seedUsage } from '../../../sandbox/openrouter/seed.ts';
import type { StepResult } from '../../../sandbox/runner/runner.ts';
import { readTable } from '../../../scripts/examples.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';
import { type JobResult, openRecipeJobs, recipeOf, SKIPPED } from '../../support/recipe-harness.ts';
import { ROOT } from '../../support/root.ts';
import { jobOf, onlyJobs, type Workflow } from '../../support/workflow.ts';

/** What happens at a push, and until the next one. */
interface Push {
  /** Whether the deployment succeeds. */
  succeeds: boolean;
  /** What the tests spend, in USD. */
  tests: number;
  /** What keys of deployments that work spend after the job, in USD, by the push that created them, from 1. */
  deployed: Record<number, number>;
}

const { harness, gitHub, main, post, keyOf } = openPreviewHarness({ followsSteps: true });
const { run, runAll, letKeysBeCounted } = openRecipeJobs({ harness, gitHub });

const usd = (amount: number) => `$${amount.toFixed(2)}`;

const spentBy = ({ hash }: Key) =>
  harness.sandbox.account.spends
    .filter(({ key_hash }) => key_hash === hash)
    .reduce((sum, { credits }) => sum + credits / NANO, 0);

const sumOf = (amountOf: (key: Key) => number) =>
  harness.sandbox.account.keys.reduce((sum, key) => sum + amountOf(key), 0);

/** What a key can have spent in the end. */
const mostOf = (key: Key) => (key.disabled ? spentBy(key) : Number(key['limit']));

/** Spends with the key of a step, as OpenRouter allows it. */
function spend(step: StepResult | undefined, credits: number): void {
  if (!step) throw new Error('There is no such key');
  const key = keyOf(step);
  seedUsage(harness.sandbox, key, { credits });
  expect(key.disabled).toBe(false);
  expect(spentBy(key)).toBeLessThanOrEqual(Number(key['limit']) + 1 / NANO);
}

/** The limit of the key that a step has given out. */
const limitOf = (step: StepResult) =>
  step.outputs['key'] || step.outputs['sealed-key'] ? usd(Number(keyOf(step)['limit'])) : 'no key';

const PAGE = 'docs/recipes/tests-and-deployment.md';
const PREVIEW = recipeOf(PAGE, 'Preview');

/** The pushes of the page, in USD of its file. */
const PUSHES: readonly Push[] = [
  { succeeds: true, tests: 0.5, deployed: { 1: 1.5 } },
  { succeeds: false, tests: 0.5, deployed: { 1: 0.5 } },
  { succeeds: true, tests: 0.5, deployed: { 3: 2 } },
  { succeeds: true, tests: 0.5, deployed: { 4: 1.5 } },
  { succeeds: true, tests: 0.5, deployed: {} },
];

/** Limits for the keys of the page, by the job that creates the key. */
interface Limits {
  cap: string;
  key: string;
  'deploy-key': string;
}

const amountsIn = (job: string) => jobOf(PREVIEW, job).steps[0]?.with ?? {};

const IN_FILE: Limits = {
  cap: String(amountsIn('deploy-key')['preview-limit-usd']),
  key: String(amountsIn('key')['limit-usd']),
  'deploy-key': String(amountsIn('deploy-key')['limit-usd']),
};

/** The workflow of the page with other limits. */
function withLimits({ cap, ...limits }: Limits): Workflow {
  const jobs = Object.entries(limits).map(([name, limit]) => {
    const { steps, ...job } = jobOf(PREVIEW, name);
    const inputs = { ...amountsIn(name), 'limit-usd': limit, 'preview-limit-usd': cap };
    return [name, { ...job, steps: [{ ...steps[0], with: inputs }, ...steps.slice(1)] }];
  });
  return { ...PREVIEW, jobs: { ...PREVIEW.jobs, ...Object.fromEntries(jobs) } };
}

/** Plays the pushes of the page in the sandbox. Returns the rows that its table should have. */
async function play(limits: Limits): Promise<string[][]> {
  const { server, repository } = gitHub;
  const workflow = withLimits(limits);
  const cap = Number(limits.cap);
  const factor = cap / Number(IN_FILE.cap);
  const deployments: StepResult[] = [];
  const rows: string[][] = [];
  let event: GitHubEvent = openPull(server.github, repository)[0];
  for (const { succeeds, tests, deployed } of PUSHES) {
    const created = [
      await run(workflow, event, { job: 'key' }),
      await run(workflow, event, { job: 'deploy-key' }),
    ];
    const steps = created.map((job) => job.main['preview'] as StepResult);
    const given = steps.map(limitOf);
    deployments.push(...steps.slice(-1));
    expect(sumOf(mostOf)).toBeLessThanOrEqual(cap + 1 / NANO);
    spend(steps[0], factor * tests);
    const [ofTests, ofDeployment] = created as [JobResult, JobResult];
    const deployment = {
      ...SKIPPED,
      result: succeeds ? ('success' as const) : ('failure' as const),
    };
    // A deployment that fails before it begins ends long before the tests.
    await runAll(onlyJobs(workflow, 'deploy-key', 'deploy', 'end-deploy'), event, {
      results: { 'deploy-key': ofDeployment, deploy: deployment },
    });
    await runAll(onlyJobs(workflow, 'key', 'test', 'end'), event, { results: { key: ofTests } });
    for (const [push, amount] of Object.entries(deployed)) {
      spend(deployments[Number(push) - 1], factor * amount);
    }
    const spent = sumOf(spentBy);
    const held = sumOf(mostOf) - spent;
    const sums = [spent, held, cap - spent - held];
    rows.push([String(rows.length + 1), given.join(' + '), ...sums.map(usd)]);
    letKeysBeCounted();
    event = pushTo(server.github, repository, 'feature')[1] as GitHubEvent;
  }
  return rows;
}

const CAPS = readTable(join(ROOT, PAGE), '`preview-limit-usd`');

test(`the table of other caps in ${PAGE} begins with that of the file`, () => {
  expect(CAPS[0]).toEqual(Object.values(IN_FILE));
});

test.each(CAPS)(
  'with a cap of %s USD, five pushes cost what the table of the page says, by this factor',
  async (cap = '', ofTests = '', ofDeployment = '') => {
    const factor = Number(cap) / Number(IN_FILE.cap);
    const scaled = (cell: string) =>
      cell.replaceAll(/\$([\d.]+)/g, (_, amount) => usd(factor * Number(amount)));
    const rows = readTable(join(ROOT, PAGE), 'Push');
    expect(await play({ cap, key: ofTests, 'deploy-key': ofDeployment })).toEqual(
      rows.map((cells) => cells.map(scaled)),
    );
  },
);

test('the table of the cap in docs/previews.md is what three pushes cost', async () => {
  const { server, repository } = gitHub;
  const inputs = { 'limit-usd': '1', 'preview-limit-usd': '2' };
  const rows: string[][] = [];
  let event: GitHubEvent = openPull(server.github, repository)[0];
  for (const spends of [0.8, 0.7, 0]) {
    const step = await main(event, inputs);
    const limit = limitOf(step);
    if (spends > 0) spend(step, spends);
    await post(event, step, { ...inputs, 'job-status': 'success' });
    const spent = sumOf(spentBy);
    const row = [limit, spends > 0 ? usd(spends) : '–', usd(spent), usd(2 - spent)];
    rows.push([String(rows.length + 1), ...row]);
    letKeysBeCounted();
    event = pushTo(server.github, repository, 'feature')[1] as GitHubEvent;
  }
  expect(readTable(join(ROOT, 'docs/previews.md'), 'Push')).toEqual(rows);
});

test('without concurrency, of three jobs of 1 USD, the last one fails in a second push at once if the cap is 5 USD', async () => {
  const { server, repository } = gitHub;
  const [opened] = openPull(server.github, repository);
  const pushed = pushTo(server.github, repository, 'feature')[1] as GitHubEvent;
  const limits: string[] = [];
  for (const event of [opened, opened, opened, pushed, pushed, pushed]) {
    const step = await main(event, { 'limit-usd': '1', 'preview-limit-usd': '5' });
    limits.push(limitOf(step));
  }
  expect(limits).toEqual(['$1.00', '$1.00', '$1.00', '$1.00', '$1.00', 'no key']);
});

test('of steps with different caps, each compares all keys with its own', async () => {
  const [event] = openPull(gitHub.server.github, gitHub.repository);
  const limits: string[] = [];
  for (const cap of ['2', '2', '2', '3', '3', undefined]) {
    const step = await main(event, { ...(cap && { 'preview-limit-usd': cap }) });
    limits.push(limitOf(step));
  }
  expect(limits).toEqual(['$1.00', '$1.00', 'no key', '$1.00', 'no key', '$1.00']);
});

test('a key that works without include-byok-in-limit fails jobs with it, and one that has ended does not', async () => {
  const [event] = openPull(gitHub.server.github, gitHub.repository);
  const before = { 'preview-limit-usd': '5' };
  const after = { ...before, 'include-byok-in-limit': 'true' };
  const first = await main(event, before);
  const during = await main(event, after);
  expect(during.annotations[0]?.title).toContain('key not capped');
  await post(event, first, { ...before, 'job-status': 'success' });
  expect(limitOf(await main(event, after))).toBe('$1.00');
});
