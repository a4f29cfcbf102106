import assert from 'node:assert/strict';
import { pushTo } from '../../sandbox/github/people.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';
import { runTests, TEST_ENDINGS_BEFORE_END } from './test-endings.ts';

/** What the files with a key for a job do, by a sentence that says what holds. */
export const KEY_FOR_A_JOB: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'tests get a key in the workspace of the first file, and the key is deleted after them'(
    sandbox,
  ) {
    const reader = await openReader('README.md', sandbox);
    const created = await reader.run('Workspace');
    assert.equal(created.exitCode, 0, created.log);
    for (const ending of TEST_ENDINGS_BEFORE_END) {
      const [event] = pushTo(reader.github, reader.repository, 'main');
      const run = await runTests(reader, 'Tests with a key', { event, ...ending });
      assert.deepEqual(sandbox.account.keys, [], run.log);
    }
    assert.deepEqual(reader.slugs(), ['staging-web']);
    await reader.close();
  },
  async 'an evaluation has a key of its own, which is deleted after it'(sandbox) {
    const reader = await openReader('docs/costs.md', sandbox);
    seedWorkspace(sandbox, { slug: 'evaluation-web' });
    const run = await reader.run('Evaluation with a key of its own');
    assert.equal(run.exitCode, 0, run.log);
    assert.match(run.log, /Evaluates with the key/);
    assert.deepEqual(sandbox.account.keys, []);
    await reader.close();
  },
};
