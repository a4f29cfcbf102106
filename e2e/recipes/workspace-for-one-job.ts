import assert from 'node:assert/strict';
import { scheduleEvent } from '../../sandbox/github/events.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';
import { runTests, TEST_ENDINGS } from './test-endings.ts';

const HOUR = 3_600_000;

/** What the files of the recipe do, by a sentence that says what holds. */
export const WORKSPACE_FOR_ONE_JOB: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'the workspace of one job is gone after it, and a sweep deletes those of lost runners'(
    sandbox,
  ) {
    const reader = await openReader('docs/recipes/workspace-for-one-job.md', sandbox);
    for (const ending of TEST_ENDINGS) {
      const run = await runTests(reader, 'Tests with OpenRouter', ending);
      assert.deepEqual(reader.slugs(), [], run.log);
      assert.deepEqual(sandbox.account.keys, []);
    }
    seedWorkspace(sandbox, { slug: 'tests-web-1-1', age: 25 * HOUR, keys: 1 });
    seedWorkspace(sandbox, { slug: 'tests-web-2-1', age: HOUR });
    const annotations = ['notice sweep'];
    const dryRun = await reader.run('Sweep workspaces', { annotations });
    assert.equal(dryRun.exitCode, 0, dryRun.log);
    assert.equal(reader.slugs().length, 2);
    const event = scheduleEvent(reader.github, reader.repository, '17 4 * * *');
    const swept = await reader.run('Sweep workspaces', { event, annotations });
    assert.equal(swept.exitCode, 0, swept.log);
    assert.deepEqual(reader.slugs(), ['tests-web-2-1']);
    await reader.close();
  },
};
