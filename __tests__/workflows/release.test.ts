import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatPage } from '../../bench/page.ts';
import {
  createService,
  REPOSITORY,
  type Release,
  type Service,
} from '../../e2e/stand-ins/service.ts';
import { cloneWorkingTree, commitAll, git } from '../../e2e/working-tree.ts';
import { ROOT } from '../support/root.ts';
import { runJob } from '../support/workflow-jobs.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const TAG = `v${version}`;
const MAJOR = `v${version.split('.')[0]}`;
const REF = `refs/tags/${TAG}`;
const env = { GITHUB_REF: REF, GITHUB_REF_NAME: TAG };
const ASSETS = ['SHA256SUMS', `openrouter-workspace-${version}.tar.gz`, 'sbom.cdx.json'];

const root = mkdtempSync(join(tmpdir(), 'release-'));
afterAll(() => rmSync(root, { recursive: true }));
const clone = join(root, 'clone');
let commit = '';
let packed: ReturnType<typeof runJob>;

beforeAll(() => {
  mkdirSync(clone);
  measure(cloneWorkingTree(clone));
  packed = pack();
});

/** Commits benchmarks of the commit `measured`, without figures, to the main branch. */
function measure(measured: string): void {
  const none = { time: [], requests: [], faults: [], sweep: [] };
  const setup = { commit: measured, node: process.version, cores: 2, pairs: 1 };
  writeFileSync(join(clone, 'bench/results.md'), formatPage(none, setup));
  commit = commitAll(clone);
  git(clone, 'update-ref', 'refs/remotes/origin/main', commit);
}

/** The job that packs, in the folder `release` of the clone. */
function pack(changes: Record<string, string> = {}) {
  rmSync(join(clone, 'release'), { recursive: true, force: true });
  const { service } = openService();
  return runJob('release.yml', 'pack', { service, folder: clone, env: { ...env, ...changes } });
}

/** A repository at GitHub with the tag, whose packed files are attested. */
function openService(parts: Partial<Service> = {}) {
  const folder = mkdtempSync(join(root, 'github-'));
  const service = join(folder, 'service.json');
  return { service, folder, ...createService(service, { refs: { [REF]: commit }, ...parts }) };
}

function draft({ service, folder }: ReturnType<typeof openService>) {
  cpSync(join(clone, 'release'), join(folder, 'release'), { recursive: true });
  const { commit: sha } = packed.outputs;
  const contexts = { needs: { pack: { outputs: { commit: sha } } } };
  return runJob('release.yml', 'draft', { service, folder, env, contexts });
}

function verify({ service }: ReturnType<typeof openService>) {
  return runJob('major.yml', 'verify', { service, folder: clone, env });
}

function move({ service, folder }: ReturnType<typeof openService>) {
  const contexts = { needs: { verify: { outputs: { commit, major: MAJOR } } } };
  return runJob('major.yml', 'move', { service, folder, env, contexts });
}

/** What actions/attest records about the packed files. */
const attestations = (): Service['attestations'] =>
  ASSETS.map((name) => ({
    digest: createHash('sha256')
      .update(readFileSync(join(clone, 'release', name)))
      .digest('hex'),
    workflow: `${REPOSITORY}/.github/workflows/release.yml`,
    ref: REF,
    commit,
  }));

/** A release of the tag, as the tests need one that another run or a person has left. */
const releaseOf = (parts: Partial<Release>): Release => ({
  id: 1,
  tag_name: TAG,
  draft: true,
  prerelease: false,
  immutable: false,
  body: '',
  assets: [],
  ...parts,
});

const published = (parts: Partial<Release> = {}) =>
  releaseOf({ draft: false, immutable: true, ...parts });

const succeeded = { failed: [] };

describe('the job that packs a release', () => {
  test('packs an archive, a bill of materials, checksums and the notes', () => {
    expect(packed).toMatchObject({ ...succeeded, outputs: { commit } });
    expect(readdirSync(join(clone, 'release'))).toEqual(expect.arrayContaining(ASSETS));
    const { components } = JSON.parse(readFileSync(join(clone, 'release/sbom.cdx.json'), 'utf8'));
    expect(components.map(({ name }: { name: string }) => name)).toContain('zod');
  });
});

describe('the job that drafts a release', () => {
  test('drafts one release with all files, and links to it', () => {
    const github = openService();
    expect(draft(github)).toMatchObject({
      ...succeeded,
      summary: expect.stringMatching(/^Publish \[the draft\]\(https:.*\)/),
    });
    const [release, ...others] = github.read().releases;
    expect(others).toEqual([]);
    expect(release).toMatchObject({ tag_name: TAG, draft: true });
    expect(release?.body).toMatch(/^- /);
    expect(release?.assets.map(({ name }) => name).toSorted()).toEqual(ASSETS);
  });

  test('replaces every draft that earlier runs have left, and no other release', () => {
    const other = published({ id: 3, tag_name: 'v0.9.0' });
    const github = openService({
      releases: [releaseOf({ id: 1 }), other, releaseOf({ id: 2 })],
      lastId: 3,
    });
    expect(draft(github)).toMatchObject(succeeded);
    expect(github.read().releases).toEqual([
      other,
      expect.objectContaining({ id: 4, draft: true }),
    ]);
  });

  test('fails and creates no draft if the tag has a published release', () => {
    const releases = [releaseOf({ id: 1 }), published({ id: 2 })];
    const github = openService({ releases });
    expect(draft(github)).toMatchObject({
      failed: ['Create the draft'],
      log: expect.stringContaining(`::error::${TAG} is published already`),
    });
    expect(github.read().releases).toEqual(releases);
  });

  test('fails and creates no draft if the releases cannot be read', () => {
    const releases = [releaseOf({ id: 1 })];
    const github = openService({ releases, faults: { 'GET /releases': 502 } });
    expect(draft(github)).toMatchObject({ failed: ['Create the draft'] });
    expect(github.read().releases).toEqual(releases);
  });

  test('fails and creates no draft if the tag has moved since its commit was checked', () => {
    const github = openService({ refs: { [REF]: 'another' } });
    expect(draft(github)).toMatchObject({ failed: ['The tag still names the checked commit'] });
    expect(github.read().releases).toEqual([]);
  });
});

describe('the job that verifies a published release', () => {
  /** The packed files in a release that a person has published. */
  function openPublished(parts: Partial<Service> = {}) {
    const assets = ASSETS.map((name) => ({
      name,
      base64: readFileSync(join(clone, 'release', name), 'base64'),
    }));
    const releases = [published({ assets }), ...(parts.releases ?? [])];
    return openService({ attestations: attestations(), ...parts, releases });
  }

  test('names the commit and the major tag, although GitHub responds late', () => {
    const github = openPublished({ latencyMs: 500 });
    expect(verify(github)).toMatchObject({
      ...succeeded,
      outputs: { commit, major: MAJOR },
    });
  });

  test('names no major tag if a newer release exists on another page of the list', () => {
    const newer = published({ tag_name: `${MAJOR}.999.0` });
    expect(verify(openPublished({ releases: [newer] }))).toMatchObject({
      ...succeeded,
      log: expect.stringContaining('::notice::No tag is moved: a newer release exists'),
      outputs: { commit, major: '' },
    });
  });

  test('fails if the releases cannot be read', () => {
    const github = openPublished({ faults: { 'GET /releases': 502 } });
    expect(verify(github).failed).toEqual(['The release is final, immutable and complete']);
  });

  test.each<[string, (service: Service) => void]>([
    ['is missing', (service) => service.attestations.pop()],
    [
      'names another commit',
      ({ attestations: [first] }) => Object.assign(first ?? {}, { commit: 'x' }),
    ],
  ])('fails if the attestation of one file %s', (_, change) => {
    const github = openPublished();
    github.change(change);
    expect(verify(github).failed).toEqual([
      'The release workflow has made each file, from the commit of the tag',
    ]);
  });
});

describe('the job that moves the major tag', () => {
  const ref = `refs/tags/${MAJOR}`;

  test.each([
    ['creates it for the first release', undefined],
    ['moves it for a later release', 'the commit of the last release'],
  ])('%s', (_, last) => {
    const github = openService({ refs: last === undefined ? {} : { [ref]: last } });
    expect(move(github)).toMatchObject(succeeded);
    expect(github.read().refs).toEqual({ [ref]: commit });
  });

  test.each([
    ['the lookup of the tag fails', 'GET /git/ref/tags/*', 502],
    ['GitHub refuses the move', 'PATCH /git/refs/tags/*', 422],
  ])('fails if %s, and says how an admin moves it', (_, route, status) => {
    const refs = { [ref]: 'the commit of the last release' };
    const github = openService({ refs, faults: { [route]: status } });
    const { failed, log } = move(github);
    expect(failed).toHaveLength(1);
    expect(log).toContain(`(HTTP ${status})`);
    expect(log).toContain(`git push -f origin ${commit}:${ref}`);
    expect(github.read().refs).toEqual(refs);
  });
});

// At the end, because they pack nothing, and remove what is packed.
describe('the job that packs a release, for a tag that must not be released', () => {
  test('fails for a tag of another version', () => {
    const { failed, log } = pack({ GITHUB_REF_NAME: 'v99.0.0' });
    expect(failed).toEqual([
      'The tag, package.json, CHANGELOG.md and the benchmarks have the same version',
    ]);
    expect(log).toContain('The tag is v99.0.0');
  });

  test('fails for a commit that is not on main', () => {
    git(clone, 'switch', '--quiet', '--create', 'other');
    git(clone, 'rm', '--quiet', 'SECURITY.md');
    commitAll(clone);
    const { failed, log } = pack();
    git(clone, 'switch', '--quiet', 'main');
    expect(failed).toEqual(['The tagged commit is on main']);
    expect(log).toContain('::error::The tagged commit is not on main');
  });
});
