import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../../sandbox/github/events.ts';
import { openPull, pushTo } from '../../../sandbox/github/people.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { NANO } from '../../../sandbox/openrouter/resources/usage.ts';
import { seedUsage } from '../../../sandbox/openrouter/seed.ts';
import type { StepResult } from '../../../sandbox/runner/runner.ts';
import { readTable } from '../../../scripts/examples.ts';
import { openPreviewHarness } from '../../support/preview-steps.ts';
import { openRecipeJobs, recipeOf } from '../../support/recipe-jobs.ts';
import { ROOT } from '../../support/root.ts';
import { jobOf } from '../../support/workflow.ts';

/** What happens at a push, and until the next one. */
interface Push {
  /** Whether the deployment succeeds. */
  succeeds: boolean;
  /** What the tests spend, in USD. */
  tests?: number;
  /** What keys of deployments that work spend after the job, in USD, by the push that created them, from 1. */
  deployed: Record<number, number>;
}

const { harness, gitHub, main, post, keyOf } = openPreviewHarness({ followsSteps: true });
const { start, letKeysSettle } = openRecipeJobs({ harness, gitHub });

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
  step.outputs['key'] ? usd(Number(keyOf(step)['limit'])) : 'no key';

/** Plays the pushes in the sandbox. Returns the rows that the table of the page should have. */
async function play(page: string, name: string, pushes: readonly Push[]): Promise<string[][]> {
  const { server, repository } = gitHub;
  const workflow = recipeOf(page, name);
  const [ours] = jobOf(workflow, 'deploy').steps;
  const cap = Number(ours?.with?.['preview-limit-usd']);
  const deployments: StepResult[] = [];
  const rows: string[][] = [];
  let event: GitHubEvent = openPull(server.github, repository)[0];
  for (const { succeeds, tests, deployed } of pushes) {
    const tested = tests === undefined ? [] : [await start(workflow, event, { job: 'test' })];
    const deployment = await start(workflow, event, { job: 'deploy', onScript: () => succeeds });
    const steps = [...tested, deployment].map((job) => job.main['preview'] as StepResult);
    const limits = steps.map(limitOf);
    deployments.push(...steps.slice(-1));
    const most = sumOf(mostOf);
    expect(most).toBeLessThanOrEqual(cap);
    if (tests !== undefined) spend(steps[0], tests);
    // A deployment that fails before it begins ends long before the tests.
    for (const job of [deployment, ...tested]) await job.end();
    for (const [push, amount] of Object.entries(deployed)) {
      spend(deployments[Number(push) - 1], amount);
    }
    const spent = sumOf(spentBy);
    const held = sumOf(mostOf) - spent;
    const sums = [spent, held, cap - spent - held];
    rows.push([String(rows.length + 1), limits.join(' + '), ...sums.map(usd)]);
    letKeysSettle();
    event = pushTo(server.github, repository, 'feature')[1] as GitHubEvent;
  }
  return rows;
}

const PAGES = [
  'docs/previews.md',
  'docs/recipes/deployed-preview.md',
  'docs/recipes/tests-and-deployment.md',
];

test('the pages about previews say in the same words what counts towards the cap', () => {
  const rules = PAGES.map((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    return /\n\*\*What counts towards the cap:\*\*\n.*?\nA new key gets [^\n]*\n/s.exec(text)?.[0];
  });
  expect(rules).toEqual(Array(PAGES.length).fill(expect.any(String)));
  expect(new Set(rules).size).toBe(1);
});

test('the table of costs in docs/recipes/deployed-preview.md is what five pushes cost', async () => {
  const page = 'docs/recipes/deployed-preview.md';
  const rows = await play(page, 'Deploy preview', [
    { succeeds: true, deployed: { 1: 2.5 } },
    { succeeds: false, deployed: { 1: 0.5 } },
    { succeeds: true, deployed: { 3: 2 } },
    { succeeds: true, deployed: { 4: 2.5 } },
    { succeeds: true, deployed: {} },
  ]);
  expect(readTable(join(ROOT, page), 'Push')).toEqual(rows);
});

test('the table of costs in docs/recipes/tests-and-deployment.md is what five pushes cost', async () => {
  const page = 'docs/recipes/tests-and-deployment.md';
  const rows = await play(page, 'Preview', [
    { succeeds: true, tests: 0.5, deployed: { 1: 1.5 } },
    { succeeds: false, tests: 0.5, deployed: { 1: 0.5 } },
    { succeeds: true, tests: 0.5, deployed: { 3: 2 } },
    { succeeds: true, tests: 0.5, deployed: { 4: 1.5 } },
    { succeeds: true, tests: 0.5, deployed: {} },
  ]);
  expect(readTable(join(ROOT, page), 'Push')).toEqual(rows);
});

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
    letKeysSettle();
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
