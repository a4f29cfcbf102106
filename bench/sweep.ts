import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { startSandbox } from '../sandbox/openrouter/server.ts';
import { PAGE_SIZE } from '../src/openrouter/pages.ts';
import { MAX_CONCURRENCY } from '../src/openrouter/throttle.ts';
import { node, openArena } from './contender.ts';
import type { Row } from './table.ts';

const LATENCY = 20;
const STALE = 1_000;
const KEYS = 3;
const DAY = 86_400_000;

const sweep = node('sweep', '../dist/sweep.js');

/** What a sweep costs on a large account, beside the least that it could. */
export async function measureSweep(): Promise<Row[]> {
  const small = await measure(STALE);
  const large = await measure(10 * STALE);
  const what = `Sweep of ${large.workspaces} workspaces, ${STALE} stale with ${KEYS} keys each, at ${LATENCY} ms`;
  return [
    {
      measure: `${what}: requests (÷ least ${(large.requests / large.least).toFixed(3)})`,
      ours: String(large.requests),
      least: String(large.least),
    },
    {
      measure: `The same: time (÷ requests × latency ÷ ${MAX_CONCURRENCY} at once: ${(large.seconds / large.ideal).toFixed(2)})`,
      ours: `${large.seconds.toFixed(1)} s`,
      least: `${large.ideal.toFixed(1)} s`,
    },
    {
      measure: `The same: peak memory (÷ that with ${small.workspaces} workspaces: ${(large.peak / small.peak).toFixed(2)})`,
      ours: `${large.peak.toFixed(1)} MiB`,
      least: `${small.peak.toFixed(1)} MiB`,
    },
  ];
}

async function measure(workspaces: number) {
  const sandbox = await startSandbox({ latency: LATENCY });
  for (let count = 0; count < workspaces; count += 1) {
    const isStale = count % (workspaces / STALE) === 0;
    const age = isStale ? 30 * DAY : 0;
    seedWorkspace(sandbox, { slug: `preview-${count}`, age, keys: isStale ? KEYS : 0 });
  }
  const workdir = openArena(sandbox);
  const peak = workdir.file('peak');
  const start = performance.now();
  const { exitCode } = await workdir.run(sweep, '', {
    'INPUT_SLUG-PATTERN': 'preview-*',
    'INPUT_OLDER-THAN': '14d',
    'INPUT_MAX-DELETIONS': String(STALE),
    'INPUT_DELETE-KEYS': 'true',
    NODE_OPTIONS: `--require ${fileURLToPath(new URL('peak.cjs', import.meta.url))}`,
    BENCH_PEAK: peak,
  });
  const seconds = (performance.now() - start) / 1_000;
  const left = sandbox.account.workspaces.length;
  if (exitCode !== 0 || left !== workspaces + 1 - STALE) {
    throw new Error(`the sweep ended with ${exitCode}, and left ${left} workspaces`);
  }
  const requests = sandbox.requests.length;
  const result = {
    workspaces,
    requests,
    least: Math.ceil((workspaces + 1) / PAGE_SIZE) + STALE * (1 + KEYS + 1),
    seconds,
    ideal: (requests * LATENCY) / 1_000 / MAX_CONCURRENCY,
    peak: Number(readFileSync(peak, 'utf8')) / 1_024,
  };
  await sandbox.close();
  workdir.close();
  return result;
}
