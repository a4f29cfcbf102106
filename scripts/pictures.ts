/**
 * Draws the job summary of each action, as GitHub shows it, from a real run in a sandbox whose ids,
 * secrets and time are fixed:
 *
 *     node scripts/pictures.ts [--check]      with --check, only fails if docs/pictures is stale
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Key } from '../sandbox/openrouter/resources/keys.ts';
import { seedKey, seedUsage, seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { type Sandbox, startSandbox } from '../sandbox/openrouter/server.ts';
import { runStep } from '../sandbox/runner/runner.ts';
import { pictureOf } from './picture.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs/pictures');
const NOW = new Date('2026-01-15T09:30:00Z');
const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Fixes the runner's time, and the random part of the name and of the expiry of a key. */
const FIXED = {
  NODE_OPTIONS: `--import=data:text/javascript,Date.now=()=>${NOW.getTime()};Math.random=()=>0.42`,
};

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const sandbox = await startSandbox({ now: () => NOW, random: pseudoRandom() });
const pictures = await drawAll(sandbox);
await sandbox.close();

mkdirSync(folder, { recursive: true });
for (const [name, picture] of Object.entries(pictures)) {
  const path = join(folder, `${name}.svg`);
  if (!values.check) {
    writeFileSync(path, picture);
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== picture) {
    console.error(`docs/pictures/${name}.svg is stale: run npm run pictures`);
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

async function drawAll(sandbox: Sandbox): Promise<Record<string, string>> {
  const create = await draw(sandbox, 'create', '', {
    name: 'Preview of pull request 42',
    slug: 'preview-42',
    'default-text-model': 'openai/gpt-5-mini',
    'guardrail-limit-usd': '5',
    'guardrail-limit-reset': 'daily',
  });
  const key = await draw(sandbox, 'key', 'key', {
    workspace: 'preview-42',
    'limit-usd': '5',
    'expires-in': '1h',
  });
  // One key: several would be listed in the order in which their deletions end.
  seedWorkspace(sandbox, { slug: 'preview-43', name: 'Preview of pull request 43', keys: 1 });
  seedUsage(sandbox, sandbox.account.keys[0] as Key, { credits: 0.0421 });
  const deletion = await draw(sandbox, 'delete', 'delete', {
    workspace: 'preview-43',
    'delete-keys': 'true',
  });
  for (const [slug, age] of [
    ['preview-7', 31 * DAY],
    ['preview-main', 200 * DAY],
    ['preview-41', 30 * HOUR],
  ] as const) {
    seedWorkspace(sandbox, { slug, age: age + MINUTE });
  }
  seedWorkspace(sandbox, { slug: 'preview-12', age: 19 * DAY + MINUTE, keys: 1 });
  const sweep = await draw(sandbox, 'sweep', 'sweep', {
    'slug-pattern': 'preview-*',
    'older-than': '14d',
    keep: 'preview-main',
  });
  const usage = await drawUsage(sandbox);
  return { create, key, delete: deletion, sweep, usage };
}

function drawUsage(sandbox: Sandbox): Promise<string> {
  const workspace = seedWorkspace(sandbox, { slug: 'preview-44', age: 3 * DAY });
  const key = seedKey(sandbox, workspace, { name: 'CI', limit: 5 });
  key.created_at = workspace.created_at;
  for (const usage of [
    { model: 'anthropic/claude-4.5-haiku-20251001', credits: 0.8312, requests: 21 },
    { model: 'openai/gpt-5-mini-2025-08-07', credits: 0.3641, requests: 64, reasoning: 30_120 },
    { model: 'google/gemini-3-flash', credits: 0.0392, requests: 8 },
  ]) {
    const tokens = { prompt: 4_100 * usage.requests, completion: 730 * usage.requests };
    seedUsage(sandbox, key, { ...usage, ...tokens, age: HOUR });
  }
  return draw(sandbox, 'usage', 'usage', { workspace: 'preview-44', 'key-hash': key.hash });
}

async function draw(
  { managementKey, url }: Sandbox,
  name: string,
  action: string,
  inputs: Record<string, string>,
): Promise<string> {
  const { log, summary } = await runStep({
    action: join(root, action),
    with: { 'management-key': managementKey, 'api-url': url, ...inputs },
    env: FIXED,
  });
  if (summary === '') throw new Error(`${name} has no summary:\n${log}`);
  return pictureOf(name, summary);
}
