/**
 * Draws the job summaries and the comment that README.md and docs/costs.md show, as GitHub shows them, from real runs in a sandbox
 * whose ids, secrets and time are fixed:
 *
 *     node scripts/pictures.ts [--check]      with --check, only fails if a picture is stale
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sceneOf } from '../sandbox/cli/scenes.ts';
import { stepIn } from '../sandbox/github/environment.ts';
import { openPull } from '../sandbox/github/people.ts';
import { addRepository } from '../sandbox/github/seed.ts';
import { startGitHub } from '../sandbox/github/server.ts';
import { AT_ONCE } from '../sandbox/openrouter/resources/usage.ts';
import type { Workspace } from '../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage, seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { type Sandbox, startSandbox } from '../sandbox/openrouter/server.ts';
import { runPost, runStep } from '../sandbox/runner/runner.ts';
import { LAYOUTS, type Layout, pictureOf, THEMES, type Theme } from './picture.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const NOW = new Date('2026-11-28T08:37:00Z');
const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A job of a pull request: what it has cost in USD, and how many minutes ago it began. */
const LAST_JOB = { job: 'test', minutes: 12, cost: 0.0409 };

/** How long each of them took. */
const JOB_MINUTES = 11;

/** Those before it, the newest first. */
const EARLIER_JOBS = [
  { job: 'evals', minutes: 85, cost: 1, attempt: 2 },
  { job: 'test', minutes: 97, cost: 0.0387 },
  { job: 'test', minutes: 1_130, cost: 0.0412 },
  { job: 'evals', minutes: 1_190, cost: 0.5128 },
  { job: 'test', minutes: 1_200, cost: 0.0395 },
  { job: 'evals', minutes: 1_410, cost: 0.4871 },
];

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const sandbox = await startSandbox({ ...AT_ONCE, now: () => NOW, random: pseudoRandom() });
update('workspace', 'Job summary of a new workspace', await summaryOfCreate(sandbox));
update('usage', 'Job summary of the usage action', await summaryOfUsage(sandbox));
update('comment', 'Comment of the preview action', await commentOfPreview(sandbox));
await sandbox.close();

/** Draws a picture for each theme and each layout, or with --check, fails if one is stale. */
function update(name: string, title: string, html: string): void {
  for (const theme of Object.keys(THEMES) as Theme[]) {
    for (const layout of Object.keys(LAYOUTS) as Layout[]) {
      write(
        `docs/pictures/${name}-${layout}-${theme}.svg`,
        pictureOf(title, html, { theme, layout }),
      );
    }
  }
}

function write(file: string, picture: string): void {
  const path = join(root, file);
  if (!values.check) {
    writeFileSync(path, picture);
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== picture) {
    console.error(`${file} is stale: run npm run pictures`);
    process.exitCode = 1;
  }
}

/** Bytes that look random, and are the same in each run. */
function pseudoRandom(): (size: number) => Buffer {
  let draws = 0;
  return (size) => {
    draws += 1;
    return createHash('sha256').update(`draw ${draws}`).digest().subarray(0, size);
  };
}

/** The summary of the first step of README.md. */
async function summaryOfCreate(sandbox: Sandbox): Promise<string> {
  const { summary, log } = await runStep({
    action: root,
    with: { ...connectionTo(sandbox), ...sceneOf('').inputs },
    timeOfDay: NOW.getTime(),
  });
  if (summary === '') throw new Error(`The step has no summary:\n${log}`);
  return summary;
}

/** The summary of the step that docs/costs.md shows above the picture. */
async function summaryOfUsage(sandbox: Sandbox): Promise<string> {
  const workspace = seedWorkspace(sandbox, {
    slug: 'production-web',
    name: 'Production of web',
    age: 40 * DAY,
  });
  const key = seedKey(sandbox, workspace, { name: 'CI' });
  for (const usage of [
    { model: 'anthropic/claude-opus-4', credits: 8.3112, requests: 121 },
    { model: 'openai/gpt-5-mini', credits: 3.6413, requests: 164, reasoning: 83_120 },
    { model: 'google/gemini-3-flash', credits: 0.3921, requests: 38 },
  ]) {
    const tokens = { prompt: 4_100 * usage.requests, completion: 730 * usage.requests };
    seedUsage(sandbox, key, { ...usage, ...tokens, age: HOUR });
  }
  const { log, summary } = await runStep({
    action: join(root, 'usage'),
    with: {
      ...connectionTo(sandbox),
      workspace: 'production-web',
      since: 'month',
      'fail-above-usd': '100',
    },
    timeOfDay: NOW.getTime(),
  });
  if (summary === '') throw new Error(`The step has no summary:\n${log}`);
  return summary;
}

/** The comment that the post step of the last job writes, with the limits of the step that README.md shows below the picture. */
async function commentOfPreview(sandbox: Sandbox): Promise<string> {
  const gitHub = await startGitHub();
  const repository = addRepository(gitHub.github, { name: 'octo-org/app' });
  const [event] = openPull(gitHub.github, repository, { number: 42 });
  const url = `${gitHub.github.serverUrl}/octo-org/app/pull/42`;
  const description = `Preview of ${url} (repository ${repository.id})`;
  const workspace = seedWorkspace(sandbox, { slug: 'preview-app-42', description });
  seedEarlierJobs(sandbox, workspace);
  const run = stepIn(gitHub, event, { job: LAST_JOB.job, id: 17_000_000_012 });
  const step = {
    ...run,
    action: join(root, 'preview'),
    with: { ...connectionTo(sandbox), ...run.with, 'limit-usd': '1', 'preview-limit-usd': '5' },
    timeOfDay: NOW.getTime(),
  };
  const main = await runStep(step);
  const key = sandbox.account.keys.find(({ hash }) => hash === main.outputs['key-hash']);
  if (!key) throw new Error(`The step has no API key:\n${main.log}`);
  Object.assign(key, timesFrom(LAST_JOB.minutes));
  seedUsage(sandbox, key, { credits: LAST_JOB.cost });
  const { log } = await runPost(step, main);
  await gitHub.close();
  const [comment] = repository.comments.now();
  if (!comment) throw new Error(`The steps wrote no comment:\n${main.log}\n${log}`);
  // After the data.
  return comment.body.slice(comment.body.indexOf('\n'));
}

/** Seeds the API keys of the earlier jobs, which these have disabled at their end: they have settled. */
function seedEarlierJobs(sandbox: Sandbox, workspace: Workspace): void {
  for (const [at, { job, minutes, cost, attempt = 1 }] of EARLIER_JOBS.entries()) {
    const name = `octo-org/app / Preview / ${17_000_000_011 - at}.${attempt} / ${job} #a1b2c${at}`;
    const key = seedKey(sandbox, workspace, { name, limit: 1 });
    const ended = new Date(NOW.getTime() - (minutes - JOB_MINUTES) * MINUTE).toISOString();
    Object.assign(key, timesFrom(minutes), { disabled: true, updated_at: ended });
    seedUsage(sandbox, key, { credits: cost });
  }
}

/** The times of an API key that was created so many minutes ago, with the default lifetime. */
function timesFrom(minutesAgo: number) {
  const created = NOW.getTime() - minutesAgo * MINUTE;
  const textOf = (time: number) => new Date(time).toISOString();
  return { created_at: textOf(created), expires_at: textOf(created + 6 * HOUR) };
}

/** The inputs of a step that reach the sandbox. */
function connectionTo({ managementKey, url }: Sandbox): Record<string, string> {
  return { 'management-key': managementKey, 'api-url': url };
}
