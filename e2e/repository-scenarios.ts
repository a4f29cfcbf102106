import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Sandbox } from '../sandbox/openrouter/server.ts';
import { nameAccount } from '../scripts/publisher.ts';
import { ACCOUNT_TESTS } from './account-tests.ts';
import { PATH, type RunOptions, runChanged, runWorkflow } from './act.ts';
import { createService, publish, REPOSITORY, SERVICE_FILE } from './stand-ins/service.ts';
import { cloneWorkingTree, commitAll, git } from './working-tree.ts';

const ROOT = join(import.meta.dirname, '..');

const execute = promisify(execFile);

const workflow = (file: string) => resolve(import.meta.dirname, '../.github/workflows', file);

/** Runs the job `use` of CI on one system. It has a sandbox of its own. */
function runUse(sandbox: Sandbox, annotations: string[], change = (text: string) => text) {
  const event = { name: 'push' as const, payload: { ref: 'refs/heads/main' } };
  const options = { workflow: workflow('ci.yml'), job: 'use', matrix: 'os:ubuntu-latest' };
  return runChanged({ ...options, sandbox, event, annotations }, change);
}

/** The steps that failed, by name. */
const failedSteps = (log: string) =>
  [...log.matchAll(/Failure - (.*?) \[/g)].map(([, step]) => step);

/** A repository at GitHub with a clone of it, and what a workflow needs to use them. */
function openGitHub() {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const root = join(folder, 'clone');
  const commit = cloneWorkingTree(root);
  git(root, 'remote', 'add', 'origin', `https://github.com/${REPOSITORY}`);
  const file = join(folder, 'service.json');
  // act gives all jobs the same token. Tests of each job give it the token that it has at GitHub.
  const token = { contents: 'write', issues: 'write', attestations: 'read' };
  return {
    root,
    commit,
    ...createService(file),
    options: {
      root,
      env: { [SERVICE_FILE]: file },
      secrets: { GITHUB_TOKEN: JSON.stringify(token) },
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A stand-in for the workflow with all checks. */
const CI = `on: workflow_call
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: "true"
`;

/** What our own workflows do, by a sentence that says what holds. */
export const REPOSITORY_SCENARIOS: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'after the program that names the publisher, all checks succeed, and all tests that see it'() {
    const root = mkdtempSync(join(tmpdir(), 'e2e-'));
    cloneWorkingTree(root);
    // What npm ci has installed here. Other scenarios go on meanwhile.
    await cp(join(ROOT, 'node_modules'), join(root, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const run = async (command: string) => {
      const options = { cwd: root, env: { ...process.env, PATH }, maxBuffer: 2 ** 26 };
      await execute('bash', ['-ec', command], options).catch(({ stdout, stderr }) => {
        assert.fail(`${command}:\n${stdout}${stderr}`);
      });
    };
    // The longest one, of 39 characters.
    await run('node scripts/publisher.ts abcdefghij-abcdefghij-abcdefghij-abcdef');
    commitAll(root);
    const tests = ACCOUNT_TESTS.map((path) => `__tests__/${path}`);
    await run(`npm run check && .ci/lint && npm test -- ${tests.join(' ')}`);
    git(root, 'reset', '--quiet', '--hard', 'HEAD~1');
    // Of 1 and 14 characters. What is longer is tested above, and other widths by the tests that write the account.
    for (const account of ['x', 'acme-actions-1']) {
      nameAccount(root, account);
      const changed = git(root, 'diff', '--name-only', '--', '__tests__/**.test.ts');
      assert.notEqual(changed, '');
      await run(`npm test -- ${changed.replaceAll('\n', ' ')}`);
      git(root, 'reset', '--quiet', '--hard');
    }
    await rm(root, { recursive: true });
  },

  async 'the job use of CI succeeds, with its post steps, and no key ends before its own'(sandbox) {
    const { exitCode, log } = await runUse(sandbox, ['notice sweep']);
    assert.equal(exitCode, 0, log);
    assert.match(log, /The post steps have revoked the API key and deleted the workspace/);
  },

  async 'the job use of CI fails if its post steps cannot do their work'(sandbox) {
    const annotations = [
      'notice sweep',
      'warning key, post step: unreachable',
      'warning openrouter-workspace, post step: teardown incomplete',
      'error',
    ];
    const { exitCode, log } = await runUse(sandbox, annotations, (text) =>
      text
        .replace('2>&1 &', '2>&1 & echo $! > sandbox.pid')
        // Each post step tries as long as its main step may take.
        .replace(/^( +)(delete-after-job: true|limit-usd: 5)$/gm, '$1$2\n$1timeout: 10s')
        .replace(
          'cat "$RUNNER_TEMP/own/sandbox.log"',
          'kill $(cat "$RUNNER_TEMP/own/sandbox.pid")',
        ),
    );
    assert.equal(exitCode, 1, log);
    assert.deepEqual(failedSteps(log), ['Post ./.github/check-posts']);
  },

  async 'the job use of CI fails where the sandbox does not start, with its log'(sandbox) {
    const { exitCode, log } = await runUse(sandbox, ['error', 'error'], (text) =>
      text.replace('--port 0', '--port x'),
    );
    assert.equal(exitCode, 1, log);
    assert.deepEqual(failedSteps(log), ['Main Start a sandbox', 'Post ./.github/check-posts']);
    assert.match(log, /--port x is not a port/);
    assert.match(log, /::error::The sandbox did not start/);
  },

  async 'a comparison with OpenRouter that fails opens an issue, and one that succeeds closes it'(
    sandbox,
  ) {
    const github = openGitHub();
    const options = { workflow: workflow('live.yml'), sandbox, ...github.options };
    // GitHub knows it, act does not yet.
    const run = (changes: Partial<RunOptions>) =>
      runChanged({ ...options, ...changes }, (text) => text.replace('deployment: false', ''));
    const withoutKey = { ...github.options.secrets, OPENROUTER_MANAGEMENT_KEY: '' };
    const failed = await run({ secrets: withoutKey, annotations: ['error', 'error'] });
    assert.match(failed.log, /::error::The environment live has no secret/);
    assert.deepEqual(failed.results['live'], ['failure']);
    assert.deepEqual(
      github.read().issues.map(({ state }) => state),
      ['open'],
    );

    const event = { name: 'schedule' as const, payload: { schedule: '17 5 * * 1' } };
    const skipped = await run({ event });
    assert.equal(skipped.exitCode, 0, skipped.log);
    assert.equal(sandbox.requests.length, 0);

    const env = { ...github.options.env, OPENROUTER_API_URL: sandbox.url };
    const vars = { OPENROUTER_LIVE: 'true' };
    const compared = await run({ event, env, vars });
    assert.equal(compared.exitCode, 0, compared.log);
    assert.deepEqual(
      github.read().issues.map(({ state }) => state),
      ['closed'],
    );
    github.remove();
  },

  async 'a tag becomes a release, and once it is published, its major tag moves to it'(sandbox) {
    const github = openGitHub();
    const { root } = github;
    const commit = measureAgain(root, github.commit);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const tag = `v${version}`;
    git(root, 'tag', tag);
    // All of CI has run before, and would run this again.
    writeFileSync(join(root, '.github/workflows/ci.yml'), CI);
    github.change((service) => {
      service.refs = { [`refs/tags/${tag}`]: commit };
    });
    const run = (file: string, event: RunOptions['event']) =>
      runWorkflow({
        workflow: join(root, '.github/workflows', file),
        sandbox,
        ...(event && { event }),
        ...github.options,
      });
    const drafted = await run('release.yml', {
      name: 'push',
      payload: { ref: `refs/tags/${tag}` },
    });
    assert.equal(drafted.exitCode, 0, drafted.log);
    assert.deepEqual(
      github.read().releases.map(({ tag_name, draft }) => ({ tag_name, draft })),
      [{ tag_name: tag, draft: true }],
    );
    github.change((service) => publish(service, tag));
    const payload = { action: 'published', release: { tag_name: tag } };
    const moved = await run('major.yml', { name: 'release', payload });
    assert.equal(moved.exitCode, 0, moved.log);
    assert.equal(github.read().refs[`refs/tags/${tag.split('.')[0]}`], commit);
    github.remove();
  },
};

/** Has the benchmarks name the commit `measured`, which this repository has. Returns the commit with that. */
function measureAgain(root: string, measured: string): string {
  const page = join(root, 'bench/results.md');
  writeFileSync(page, readFileSync(page, 'utf8').replace(/\b[0-9a-f]{40}\b/, measured));
  const commit = commitAll(root);
  git(root, 'update-ref', 'refs/remotes/origin/main', commit);
  return commit;
}
