import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isNewest, problemsOf, type Release } from '../../scripts/major-tag.ts';
import { ROOT } from '../support/root.ts';

/** A release as the release workflow drafts it, after a person has published it. */
const releaseOf = (tag: string, changes: Partial<Release> = {}): Release => ({
  tag_name: tag,
  prerelease: false,
  immutable: true,
  assets: ['SHA256SUMS', `openrouter-workspace-${tag.slice(1)}.tar.gz`, 'sbom.cdx.json'].map(
    (name) => ({ name }),
  ),
  ...changes,
});

/**
 * What the script prints about pages of releases. They come late, as from `gh`, which has to wait for
 * GitHub: a read of an empty pipe must not fail.
 */
async function run(tag: string, ...pages: Release[][]) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/major-tag.ts'), tag]);
  const output = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  // A script that has failed already reads nothing.
  child.stdin.on('error', () => undefined);
  await setTimeout(500);
  child.stdin.end(JSON.stringify(pages));
  const [[status], stdout, stderr] = await output;
  return { status, stdout, stderr };
}

test('a release that was published as drafted moves its major tag', async () => {
  const pages = [[releaseOf('v2.0.0')], [releaseOf('v1.9.9'), releaseOf('v1.10.0')]];
  expect(await run('v1.10.0', ...pages)).toEqual({ status: 0, stdout: 'v1\n', stderr: '' });
});

test('an older release succeeds and moves nothing', async () => {
  const pages = [[releaseOf('v1.9.9'), releaseOf('v1.10.0')]];
  expect(await run('v1.9.9', ...pages)).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('a release that differs from its draft fails with each difference', async () => {
  const release = releaseOf('v1.2.3', { prerelease: true, immutable: false, assets: [] });
  const { status, stdout, stderr } = await run('v1.2.3', [release]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr.split('\n')).toEqual([
    'v1.2.3 is a prerelease',
    'v1.2.3 is not immutable: enable immutable releases in the settings',
    'v1.2.3 has the assets (none) instead of openrouter-workspace-1.2.3.tar.gz, SHA256SUMS, sbom.cdx.json',
    '',
  ]);
});

const { assets } = releaseOf('v1.2.3');
const { immutable: _, ...unknown } = releaseOf('v1.2.3');

test.each<[string, string, Release[], RegExp]>([
  ['a tag that has no release', 'v1.2.3', [releaseOf('v1.2.4')], /no published release/],
  ['a tag with a suffix', 'v1.2.3-rc.1', [releaseOf('v1.2.3-rc.1')], /is not a version/],
  ['the major tag itself', 'v1', [releaseOf('v1')], /is not a version/],
  ['a server without immutable releases', 'v1.2.3', [unknown], /is not immutable/],
  [
    'an added file',
    'v1.2.3',
    [releaseOf('v1.2.3', { assets: [...assets, { name: 'setup.sh' }] })],
    /has the assets .*setup\.sh/,
  ],
  [
    'a removed file',
    'v1.2.3',
    [releaseOf('v1.2.3', { assets: assets.slice(1) })],
    /has the assets openrouter-workspace-1\.2\.3\.tar\.gz, sbom\.cdx\.json instead/,
  ],
])('%s is a problem', (_title, tag, releases, problem) => {
  expect(problemsOf(tag, releases)).toEqual([expect.stringMatching(problem)]);
});

test('of the final releases of a major version, only the newest moves its tag', () => {
  const number = fc.nat({ max: 12 });
  const versions = fc.uniqueArray(fc.tuple(fc.constantFrom(1, 2, 10), number, number), {
    selector: String,
    minLength: 1,
  });
  fc.assert(
    fc.property(versions, fc.array(number), (all, prereleases) => {
      const releases = [
        ...all.map((version) => releaseOf(`v${version.join('.')}`)),
        ...prereleases.map((minor) => releaseOf(`v1.9${minor}.0`, { prerelease: true })),
        releaseOf('v1.99.0-rc.1'),
      ];
      const moving = all.filter((version) => isNewest(`v${version.join('.')}`, releases));
      const newest = [1, 2, 10].flatMap((major) => {
        const rank = ([, minor, patch]: number[]) => Number(minor) * 100 + Number(patch);
        const ofMajor = all.filter(([each]) => each === major);
        return ofMajor.toSorted((a, b) => rank(b) - rank(a)).slice(0, 1);
      });
      expect(moving.map(String).toSorted()).toEqual(newest.map(String).toSorted());
    }),
  );
});
