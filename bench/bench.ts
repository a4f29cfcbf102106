/**
 * Compares what the actions cost, and how they cope with a bad network, with other ways to do the
 * same. Writes bench/results.md.
 *
 *     npm run bench
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { measureFaults } from './faults.ts';
import { formatPage } from './page.ts';
import { measureRequests } from './requests.ts';
import { measureSweep } from './sweep.ts';
import { measureTime } from './time.ts';

/** So many runs of each program, each next to one of the bare script. */
const PAIRS = 40;

const commit = measuredCommit();
const tables = {
  time: await measureTime(PAIRS),
  requests: await measureRequests(),
  faults: await measureFaults(),
  sweep: await measureSweep(),
};
const setup = { commit, pairs: PAIRS, node: process.version, cores: cpus().length };
writeFileSync(new URL('results.md', import.meta.url), formatPage(tables, setup));

/** The newest commit, whose program must be the one in dist/. */
function measuredCommit(): string {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const git = (...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' }).trim();
  if (git('diff', 'HEAD', '--', 'dist') !== '') throw new Error('Commit dist/, then measure it');
  return git('rev-parse', 'HEAD');
}
