import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { startSandbox } from '../sandbox/openrouter/server.ts';
import { MAX_CONCURRENCY } from '../src/http/client.ts';
import { PAGE_SIZE } from '../src/openrouter/pages.ts';
import { node, openWorkdir } from './candidate.ts';
import type { Row } from './table.ts';

const LATENCY_MS = 20;
const WORKSPACES = 10_000;
const STALE = 1_000;
const KEYS = 3;
const DAY_MS = 86_400_000;

const sweep = node('sweep', '../dist/sweep.js');

/** What `measureSweep` measures, as sentences. */
export const SWEEP_SCENE = `A sweep deletes the ${STALE} stale workspaces of ${WORKSPACES}. Each stale workspace has ${KEYS} API keys. A response takes ${LATENCY_MS} ms.`;

/** The cost of a sweep of a large account, and the least that is possible. */
export async function measureSweep(): Promise<Row[]> {
  const small = await measure(STALE);
  const large = await measure(WORKSPACES);
  return [
    {
      Figure: 'Requests',
      'This action': String(large.requests),
      'Compared with': `${large.least}, the least possible`,
      Ratio: (large.requests / large.least).toFixed(3),
    },
    {
      Figure: 'Time',
      'This action': `${large.seconds.toFixed(1)} s`,
      'Compared with': `${large.ideal.toFixed(1)} s, with ${MAX_CONCURRENCY} requests at once`,
      Ratio: (large.seconds / large.ideal).toFixed(2),
    },
    {
      Figure: 'Peak memory',
      'This action': `${large.peak.toFixed(1)} MiB`,
      'Compared with': `${small.peak.toFixed(1)} MiB, with ${small.workspaces} workspaces`,
      Ratio: (large.peak / small.peak).toFixed(2),
    },
  ];
}

async function measure(workspaces: number) {
  const sandbox = await startSandbox({ latency: LATENCY_MS });
  for (let count = 0; count < workspaces; count += 1) {
    const isStale = count % (workspaces / STALE) === 0;
    const age = isStale ? 30 * DAY_MS : 0;
    seedWorkspace(sandbox, { slug: `preview-${count}`, age, keys: isStale ? KEYS : 0 });
  }
  const workdir = openWorkdir(sandbox);
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
  const remaining = sandbox.account.workspaces.length;
  if (exitCode !== 0 || remaining !== workspaces + 1 - STALE) {
    throw new Error(`the sweep ended with ${exitCode}; ${remaining} workspaces remain`);
  }
  const requests = sandbox.requests.length;
  const result = {
    workspaces,
    requests,
    least: Math.ceil((workspaces + 1) / PAGE_SIZE) + STALE * (1 + KEYS + 1),
    seconds,
    ideal: (requests * LATENCY_MS) / 1_000 / MAX_CONCURRENCY,
    peak: Number(readFileSync(peak, 'utf8')) / 1_024,
  };
  await sandbox.close();
  workdir.close();
  return result;
}
