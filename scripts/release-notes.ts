/**
 * Prints the section of the changelog about the version that TAG releases. Fails if that is not the
 * version in package.json, or not the newest version in the changelog, or if the benchmarks are those of
 * another program:
 *
 *     node scripts/release-notes.ts TAG
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const USAGE =
  'Usage: npm run release-notes -- TAG, such as v1.2.3. Prints the notes of the release, or what is wrong.';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const [tag] = process.argv.slice(2);
const { version } = JSON.parse(read('package.json'));
const [, newest = ''] = read('CHANGELOG.md').split(/^## /m);
const end = newest.indexOf('\n');
const heading = newest.slice(0, end);
const notes = newest.slice(end).trim();
const [measured = ''] = read('bench/results.md').match(/(?<=commit `)[0-9a-f]{40}(?=`)/) ?? [];

const problems = [
  tag !== `v${version}` && `The tag is ${tag}, and package.json has ${version}`,
  heading !== version && `CHANGELOG.md begins with ${heading}, and package.json has ${version}`,
  notes === '' && `CHANGELOG.md says nothing of ${heading}`,
  !hasProgramOf(measured) &&
    'bench/results.md has the figures of another program: run npm run bench',
].filter((problem) => problem !== false);

if (tag === '--help') {
  console.log(USAGE);
} else if (!tag) {
  console.error(USAGE);
  process.exitCode = 1;
} else if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
} else {
  console.log(notes);
}

/** Whether the newest commit has the same program as `commit`, which must exist. */
function hasProgramOf(commit: string): boolean {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  return spawnSync('git', ['diff', '--quiet', commit, 'HEAD', '--', 'dist'], { cwd }).status === 0;
}
