/**
 * What a sweep costs on a large account, beside the least that it could: requests, time, memory.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { giveWorkspace } from '../__tests__/given.ts';
import { startSandbox } from '../sandbox/server.ts';
import { AT_ONCE } from '../src/openrouter/gate.ts';
import { PAGE_SIZE } from '../src/openrouter/pages.ts';
import { type Contender, openArena } from './contender.ts';

const { values } = parseArgs({ options: { latency: { type: 'string', default: '20' } } });
const latency = Number(values.latency);
const STALE = 1_000;
const KEYS = 3;
const DAY = 86_400_000;

const sweep: Contender = {
  name: 'sweep',
  command: () => [process.execPath, fileURLToPath(new URL('../dist/sweep.js', import.meta.url))],
};

console.log(
  `\nA sweep of ${STALE} stale workspaces with ${KEYS} API keys each, at ${latency} ms of latency\n`,
);
const small = await measure(STALE);
const large = await measure(10 * STALE);
console.log(row('workspaces', 'requests ÷ least', 'time ÷ ideal', 'peak memory'));
for (const { workspaces, requests, least, seconds, ideal, peak } of [small, large]) {
  const times = `${(seconds / ideal).toFixed(2)} (${seconds.toFixed(1)} s)`;
  const count = `${(requests / least).toFixed(3)} (${requests})`;
  console.log(row(String(workspaces), count, times, `${peak.toFixed(1)} MiB`));
}
console.log(`\nPeak memory, ten times the workspaces: ${(large.peak / small.peak).toFixed(2)}`);
console.log(`Ideal time: requests × latency ÷ ${AT_ONCE} at once.`);

async function measure(workspaces: number) {
  const sandbox = await startSandbox({ latency });
  for (let count = 0; count < workspaces; count += 1) {
    const isStale = count % (workspaces / STALE) === 0;
    const age = isStale ? 30 * DAY : 0;
    giveWorkspace(sandbox, { slug: `preview-${count}`, age, keys: isStale ? KEYS : 0 });
  }
  const arena = openArena(sandbox);
  const peak = arena.file('peak');
  const start = performance.now();
  const { exitCode } = await arena.run(sweep, '', {
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
    ideal: (requests * latency) / 1_000 / AT_ONCE,
    peak: Number(readFileSync(peak, 'utf8')) / 1_024,
  };
  await sandbox.close();
  arena.close();
  return result;
}

function row(name: string, ...cells: string[]): string {
  return [name.padEnd(14), ...cells.map((cell) => cell.padStart(22))].join('');
}
