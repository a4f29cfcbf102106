/**
 * What one create costs, start to finish, beside other ways to do it: `npm run bench [-- --pairs N]`.
 * Each is timed in turn with a bare script that does the same POST, so that a machine whose speed
 * drifts slows both, and the ratio holds.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startSandbox } from '../sandbox/server.ts';
import {
  bareScript,
  type Contender,
  curl,
  officialSdk,
  openArena,
  thisAction,
} from './contender.ts';

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '40' } } });
const pairs = Number(values.pairs);
const sandbox = await startSandbox();
const arena = openArena(sandbox);

let slugs = 0;

console.log(`One create on loopback, ${pairs} pairs each, Node.js ${process.version}\n`);
console.log(row('', 'time ÷ bare script', 'median', 'peak memory'));
console.log(row(bareScript.name, '1.00', '', await peakOf(bareScript)));
for (const contender of [thisAction, officialSdk, curl()]) console.log(await measure(contender));

await sandbox.close();
arena.close();

async function measure(contender: Contender): Promise<string> {
  await time(contender);
  const ratios: number[] = [];
  const times: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const own = await time(contender);
    ratios.push(own / (await time(bareScript)));
    times.push(own);
  }
  const peak = contender.name === 'curl' ? '' : await peakOf(contender);
  return row(contender.name, median(ratios).toFixed(2), `${median(times).toFixed(0)} ms`, peak);
}

async function time(contender: Contender): Promise<number> {
  const start = performance.now();
  await run(contender);
  return performance.now() - start;
}

/** The largest of three runs. */
async function peakOf(contender: Contender): Promise<string> {
  const preload = fileURLToPath(new URL('peak.cjs', import.meta.url));
  const peak = arena.file('peak');
  let largest = 0;
  for (let count = 0; count < 3; count += 1) {
    await run(contender, { NODE_OPTIONS: `--require ${preload}`, BENCH_PEAK: peak });
    largest = Math.max(largest, Number(readFileSync(peak, 'utf8')));
  }
  return `${(largest / 1024).toFixed(1)} MiB`;
}

async function run(contender: Contender, env?: Record<string, string>): Promise<void> {
  slugs += 1;
  const { exitCode } = await arena.run(contender, `bench-${slugs}`, env);
  if (exitCode !== 0) throw new Error(`${contender.name} ended with ${exitCode}`);
}

function median(figures: number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

function row(name: string, ...cells: string[]): string {
  return [name.padEnd(14), ...cells.map((cell) => cell.padStart(20))].join('');
}
