/**
 * What one create costs, start to finish, beside other ways to do it: `npm run bench [-- --pairs N]`.
 * Each is timed in turn with a bare script that does the same POST, so that a machine whose speed
 * drifts slows both, and the ratio holds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startSandbox } from '../sandbox/server.ts';

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '40' } } });
const pairs = Number(values.pairs);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const file = (name: string) => join(folder, name);
for (const name of ['output', 'summary', 'peak']) writeFileSync(file(name), '');
const sandbox = await startSandbox();

let slugs = 0;

interface Contender {
  name: string;
  command(slug: string): string[];
}

const node = (name: string, program: string): Contender => ({
  name,
  command: () => [process.execPath, here(program)],
});

const bare = node('bare script', 'bare.cjs');
const contenders = [
  node('this action', '../dist/create.js'),
  node('official SDK', 'sdk.mjs'),
  {
    name: 'curl',
    command: (slug: string) => [
      ...['curl', '--silent', '--fail', `${sandbox.url}/workspaces`],
      ...['--header', `authorization: Bearer ${sandbox.managementKey}`],
      ...['--json', JSON.stringify({ name: 'Bench', slug })],
    ],
  },
];

console.log(`One create on loopback, ${pairs} pairs each, Node.js ${process.version}\n`);
console.log(row('', 'time ÷ bare script', 'median', 'peak memory'));
console.log(row('bare script', '1.00', '', await peakOf(bare)));
for (const contender of contenders) console.log(await measure(contender));

await sandbox.close();
rmSync(folder, { recursive: true });

async function measure(contender: Contender): Promise<string> {
  await time(contender);
  const ratios: number[] = [];
  const times: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const own = await time(contender);
    ratios.push(own / (await time(bare)));
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
  let peak = 0;
  for (let count = 0; count < 3; count += 1) {
    await run(contender, {
      NODE_OPTIONS: `--require ${here('peak.cjs')}`,
      BENCH_PEAK: file('peak'),
    });
    peak = Math.max(peak, Number(readFileSync(file('peak'), 'utf8')));
  }
  return `${(peak / 1024).toFixed(1)} MiB`;
}

async function run(contender: Contender, env: Record<string, string> = {}): Promise<void> {
  slugs += 1;
  const slug = `bench-${slugs}`;
  const [program = '', ...args] = contender.command(slug);
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'] ?? '',
      'INPUT_MANAGEMENT-KEY': sandbox.managementKey,
      'INPUT_API-URL': sandbox.url,
      INPUT_NAME: 'Bench',
      INPUT_SLUG: slug,
      GITHUB_OUTPUT: file('output'),
      GITHUB_STEP_SUMMARY: file('summary'),
      ...env,
    },
  });
  const [exitCode] = await once(child, 'close');
  if (exitCode !== 0) throw new Error(`${contender.name} ended with ${exitCode}`);
}

function median(figures: number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

function row(name: string, ...cells: string[]): string {
  return [name.padEnd(14), ...cells.map((cell) => cell.padStart(20))].join('');
}
