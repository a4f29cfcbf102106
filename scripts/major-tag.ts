/**
 * Prints the major tag that the release of TAG moves, such as `v1`; nothing if a newer release has
 * moved it already. Fails if something else was published than what the release workflow drafted: a
 * draft can be edited. What is in the assets is for `gh attestation verify`:
 *
 *     gh api --paginate --slurp repos/OWNER/openrouter-workspace/releases |
 *       node scripts/major-tag.ts TAG
 */
import { json } from 'node:stream/consumers';

/** A release as GitHub's API describes it, of which a reader without write access sees no draft. */
export interface Release {
  tag_name: string;
  prerelease: boolean;
  /** Missing on a server that knows no immutable releases. */
  immutable?: boolean;
  assets: readonly { name: string }[];
}

const VERSION = /^v(\d+)\.(\d+)\.(\d+)$/;

/** Why users must not get the release of `tag`; an empty list if they may. */
export function problemsOf(tag: string, releases: readonly Release[]): string[] {
  const release = releases.find(({ tag_name }) => tag_name === tag);
  if (!release) return [`There is no published release of ${tag}`];
  const names = release.assets.map(({ name }) => name).toSorted();
  const expected = [`openrouter-workspace-${tag.slice(1)}.tar.gz`, 'SHA256SUMS', 'sbom.cdx.json'];
  return [
    !VERSION.test(tag) && `${tag} is not a version such as v1.2.3`,
    release.prerelease && `${tag} is a prerelease`,
    !release.immutable && `${tag} is not immutable: enable immutable releases in the settings`,
    names.join() !== expected.toSorted().join() &&
      `${tag} has the assets ${names.join(', ') || '(none)'} instead of ${expected.join(', ')}`,
  ].filter((problem) => problem !== false);
}

/** Whether no final release of the same major version is newer than `tag`. */
export function isNewest(tag: string, releases: readonly Release[]): boolean {
  const [major, ...rest] = partsOf(tag);
  return releases
    .filter(({ tag_name, prerelease }) => VERSION.test(tag_name) && !prerelease)
    .map(({ tag_name }) => partsOf(tag_name))
    .filter(([each]) => each === major)
    .every(([, minor = 0, patch = 0]) => compare([minor, patch], rest) <= 0);
}

const partsOf = (tag: string) => (VERSION.exec(tag) ?? []).slice(1).map(Number);

function compare([a = 0, b = 0]: number[], [c = 0, d = 0]: number[]): number {
  return a - c || b - d;
}

if (import.meta.main) {
  const [tag = ''] = process.argv.slice(2);
  // Not readFileSync, which fails while the pipe is still empty: https://github.com/nodejs/node/issues/42826.
  const pages = (await json(process.stdin)) as Release[][];
  const releases = pages.flat();
  const problems = problemsOf(tag, releases);
  if (problems.length > 0) {
    console.error(problems.join('\n'));
    process.exitCode = 1;
  } else if (isNewest(tag, releases)) {
    console.log(`v${partsOf(tag)[0]}`);
  }
}
