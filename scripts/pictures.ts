/**
 * Draws the job summary that README.md shows, as GitHub shows it, from a real run in a sandbox whose ids,
 * secrets and time are fixed:
 *
 *     node scripts/pictures.ts [--check]      with --check, only fails if the picture is stale
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { seedKey, seedUsage, seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { type Sandbox, startSandbox } from '../sandbox/openrouter/server.ts';
import { runStep } from '../sandbox/runner/runner.ts';
import { pictureOf } from './picture.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const NOW = new Date('2026-01-15T09:30:00Z');
const DAY = 86_400_000;
const HOUR = 3_600_000;

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const sandbox = await startSandbox({ now: () => NOW, random: pseudoRandom() });
const picture = await drawUsage(sandbox);
await sandbox.close();

const path = join(root, 'docs/pictures/usage.svg');
if (!values.check) {
  writeFileSync(path, picture);
} else if (readFileSync(path, 'utf8') !== picture) {
  console.error('docs/pictures/usage.svg is stale: run npm run pictures');
  process.exitCode = 1;
}

/** Bytes that look random, and are the same in each run. */
function pseudoRandom(): (size: number) => Buffer {
  let draws = 0;
  return (size) => {
    draws += 1;
    return createHash('sha256').update(`draw ${draws}`).digest().subarray(0, size);
  };
}

async function drawUsage(sandbox: Sandbox): Promise<string> {
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
  const { log, summary } = await runStep({
    action: join(root, 'usage'),
    with: {
      'management-key': sandbox.managementKey,
      'api-url': sandbox.url,
      workspace: 'preview-44',
      'key-hash': key.hash,
    },
    timeOfDay: NOW.getTime(),
  });
  if (summary === '') throw new Error(`The step has no summary:\n${log}`);
  return pictureOf('usage', summary);
}
