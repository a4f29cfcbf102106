import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from '../support/root.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { name, version, repository, engines } = JSON.parse(read('package.json'));

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

test('the lockfile has the version of package.json', () => {
  const lockfile = JSON.parse(read('package-lock.json'));
  expect([lockfile.version, lockfile.packages[''].version]).toEqual([version, version]);
});

test('documents promise the same oldest Node.js version as package.json', () => {
  const [oldest] = engines.node.match(/\d+\.\d+/) ?? [];
  expect(read('README.md')).toContain(`Node.js ${oldest} or newer`);
  const promise = `[${oldest} or newer](../README.md#which-runners-work)`;
  expect(read('docs/security.md')).toContain(promise);
});

test('the README names the Node.js versions that the actions are tested with', () => {
  const [oldest, own, newest] = ['vendor/oldest-node/', '', 'vendor/newest-node/'].map((folder) => {
    const { optionalDependencies } = JSON.parse(read(`${folder}package.json`));
    const versions = new Set<string>(Object.values(optionalDependencies));
    expect(versions.size).toBe(1);
    return [...versions].join().split('.');
  });
  expect(read('README.md')).toContain(
    `CI tests the actions with Node.js ${oldest?.slice(0, 2).join('.')}, ${own?.[0]} and ${newest?.[0]}.`,
  );
});

test('the newest section of the changelog is about the version of package.json', () => {
  const [newest] = read('CHANGELOG.md').match(/^## .*$/m) ?? [];
  expect(newest).toBe(`## ${version}`);
});

test('documents, workflows, scripts and the sandbox name the major tag that the release moves', () => {
  const paths = [
    ['*.md', 'docs/*.md'],
    ['{.github,e2e}/workflows/*.yml', '{,*/}action.yml'],
    ['scripts/*.ts', 'sandbox/**/*.ts'],
  ].map((patterns) => globSync(patterns, { cwd: ROOT }));
  expect(paths.every(({ length }) => length > 0)).toBe(true);
  const tags = paths
    .flat()
    .flatMap(
      (path) => read(path).match(new RegExp(`(?<=${repository}[\\w/-]*@)v[\\w.]+`, 'g')) ?? [],
    );
  expect(tags.length).toBeGreaterThan(5);
  expect(new Set(tags)).toEqual(new Set([`v${version.split('.')[0]}`]));
});

describe('the release', () => {
  interface Job {
    needs?: string | string[];
    uses?: string;
    steps?: { run?: string }[];
  }
  const { jobs }: { jobs: Record<string, Job> } = parse(read('.github/workflows/release.yml'));

  function needsOf(job: string): string[] {
    const needs = [jobs[job]?.needs ?? []].flat();
    return [...new Set([...needs, ...needs.flatMap(needsOf)])];
  }
  const jobsThatRun = (command: string) =>
    Object.keys(jobs).filter((job) =>
      jobs[job]?.steps?.some((step) => step.run?.includes(command)),
    );

  test('checks the tag and the changelog before it publishes or moves anything', () => {
    const [checks] = jobsThatRun('node scripts/release-notes.ts "$GITHUB_REF_NAME" >');
    const [ci] = Object.keys(jobs).filter((job) => jobs[job]?.uses?.endsWith('/ci.yml'));
    const [publishes] = jobsThatRun('gh release create');
    const [moves] = jobsThatRun('--method PATCH');
    expect(needsOf(String(publishes))).toEqual(expect.arrayContaining([checks, ci]));
    expect(needsOf(String(moves))).toEqual(expect.arrayContaining([checks, ci, publishes]));
  });

  test('has the section of the changelog as its notes', () => {
    const { status, stdout } = run(join(ROOT, 'scripts/release-notes.ts'), `v${version}`);
    expect(status).toBe(0);
    expect(read('CHANGELOG.md')).toContain(`\n## ${version}\n\n${stdout}`);
    expect(stdout).toMatch(/^- /);
    expect(stdout).not.toMatch(/^## /m);
  });

  test.each([
    ['a tag without v', '1.2.3', '# Changelog\n\n## 1.2.3\n\n- A\n', /^The tag is 1\.2\.3, /],
    ['a longer tag', 'v1.2.30', '# Changelog\n\n## 1.2.3\n\n- A\n', /^The tag is v1\.2\.30, /],
    ['an older section', 'v1.2.3', '## 1.2.4\n\n- B\n\n## 1.2.3\n\n- A\n', /begins with 1\.2\.4, /],
    ['an empty section', 'v1.2.3', '## 1.2.3\n\n## 1.2.2\n\n- A\n', /says nothing of 1\.2\.3/],
  ])('fails with %s', (_, tag, changelog, problem) => {
    const folder = mkdtempSync(join(tmpdir(), 'release-'));
    const script = join(folder, 'scripts/release-notes.ts');
    cpSync(join(ROOT, 'scripts/release-notes.ts'), script);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module", "version": "1.2.3" }');
    writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
    const result = run(script, tag);
    rmSync(folder, { recursive: true });
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(problem);
  });

  test('lists the packages that are in the bundle, and no others', () => {
    const { stdout } = run(join(ROOT, 'scripts/sbom.ts'));
    const bill: { components: { name: string }[] } = JSON.parse(stdout);
    const licensed = read('dist/LICENSES.txt').match(/^(@[\w-]+\/)?[\w-]+$/gm) ?? [];
    expect(bill.components.map((component) => component.name).sort()).toEqual(
      licensed.filter((each) => each !== name && each !== 'MIT').sort(),
    );
  });
});
