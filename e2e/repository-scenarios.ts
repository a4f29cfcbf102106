import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import type { Sandbox } from '../sandbox/openrouter/server.ts';
import { runChanged } from './act.ts';

const workflow = (file: string) => resolve(import.meta.dirname, '../.github/workflows', file);

/** Runs the job `use` of CI on one system. It has a sandbox of its own. */
function runUse(sandbox: Sandbox, change = (text: string) => text) {
  const event = { name: 'push' as const, payload: { ref: 'refs/heads/main' } };
  const options = { workflow: workflow('ci.yml'), job: 'use', matrix: 'os:ubuntu-latest' };
  return runChanged({ ...options, sandbox, event }, change);
}

/** The steps that failed, by name. */
const failedSteps = (log: string) =>
  [...log.matchAll(/Failure - (.*?) \[/g)].map(([, step]) => step);

/** What our own workflows do, by a sentence that says what holds. */
export const REPOSITORY_SCENARIOS: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'the job use of CI succeeds, with its post steps, and no key ends before its own'(sandbox) {
    const { exitCode, log } = await runUse(sandbox);
    assert.equal(exitCode, 0, log);
    assert.match(log, /The post steps have revoked the API key and deleted the workspace/);
    assert.doesNotMatch(log, /::warning title=key/);
  },

  async 'the job use of CI fails if its post steps cannot do their work'(sandbox) {
    const { exitCode, log } = await runUse(sandbox, (text) =>
      text
        .replace('2>&1 &', '2>&1 & echo $! > sandbox.pid')
        .replace(
          'cat "$RUNNER_TEMP/own/sandbox.log"',
          'kill $(cat "$RUNNER_TEMP/own/sandbox.pid")',
        ),
    );
    assert.equal(exitCode, 1, log);
    assert.deepEqual(failedSteps(log), ['Post ./.github/check-posts']);
  },

  async 'the job use of CI fails where the sandbox does not start, with its log'(sandbox) {
    const { exitCode, log } = await runUse(sandbox, (text) => text.replace('--port 0', '--port x'));
    assert.equal(exitCode, 1, log);
    assert.deepEqual(failedSteps(log), ['Main Start a sandbox', 'Post ./.github/check-posts']);
    assert.match(log, /--port x is not a port/);
    assert.match(log, /::error::The sandbox did not start/);
  },
};
