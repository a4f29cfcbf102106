/**
 * Makes changes to sources, and lists those that no test notices:
 *
 *     npm run mutants -- FILE…            in files, or in lines of them: FILE:60-80
 *     npm run mutants -- --since REV      in the lines that have changed since a commit
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { changedLines } from './changed-lines.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const { values, positionals } = parseArgs({
  options: { since: { type: 'string' } },
  allowPositionals: true,
});
const mutate = values.since === undefined ? positionals : linesSince(values.since);
if (mutate.length === 0) {
  console.error('No line of src/ to change: name a FILE, or with --since a commit before changes');
  process.exit(1);
}

const { status } = spawnSync(
  process.execPath,
  [
    here('node_modules/@stryker-mutator/core/bin/stryker.js'),
    ...['run', here('stryker.config.js'), '--mutate', mutate.join()],
  ],
  { cwd: here('..'), stdio: 'inherit' },
);
process.exitCode = status ?? 1;

/** The lines of the files as they are now that have changed since the last commit that `rev` and HEAD share. */
function linesSince(rev: string): string[] {
  const format = ['--unified=0', '--dst-prefix=b/', '--no-color', '--no-ext-diff'];
  const args = ['diff', '--merge-base', ...format, rev, '--', 'src'];
  return changedLines(execFileSync('git', args, { cwd: here('..'), encoding: 'utf8' }));
}
