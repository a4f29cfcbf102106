import assert from 'node:assert/strict';
import { dispatchEvent, scheduleEvent } from '../../sandbox/github/events.ts';
import { deleteBranch, pushTo } from '../../sandbox/github/people.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';
import { runTests, TEST_ENDINGS_BEFORE_END } from './test-endings.ts';

/** What the files of the recipe do, by a sentence that says what holds. */
export const BRANCH_PREVIEWS: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'a branch has a preview until the night after its deletion, whatever its tests end with'(
    sandbox,
  ) {
    const reader = await openReader('docs/recipes/branch-previews.md', sandbox);
    const { github, repository } = reader;
    for (const ending of TEST_ENDINGS_BEFORE_END) {
      const [event] = pushTo(github, repository, 'feature/x');
      const run = await runTests(reader, 'Branch preview', { event, ...ending });
      assert.equal(reader.slugs().length, 1);
      assert.ok(!reader.disabledKeys().includes(false), run.log);
    }
    const [slug = ''] = reader.slugs();
    const inputs = { branch: 'feature/x', delete: 'false' };
    const byHand = dispatchEvent(github, repository, { inputs });
    const reported = await reader.run('Branch preview by hand', { event: byHand });
    assert.equal(reported.exitCode, 0, reported.log);
    assert.deepEqual(reader.slugs(), [slug]);

    const [event] = deleteBranch(github, repository, 'feature/x');
    const end = await reader.run('Branch preview', { event });
    assert.equal(end.exitCode, 0, end.log);
    assert.deepEqual(reader.slugs(), [slug]);
    reader.letKeysBeCounted();
    const night = scheduleEvent(github, repository);
    const run = await reader.run('Preview nightly', { event: night });
    assert.equal(run.exitCode, 0, run.log);
    assert.deepEqual(reader.slugs(), []);
    await reader.close();
  },
};
