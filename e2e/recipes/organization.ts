import assert from 'node:assert/strict';
import { scheduleEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull } from '../../sandbox/github/people.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';
import { runTests, TEST_ENDINGS_BEFORE_END } from './test-endings.ts';

/** What the files of the recipe do, by a sentence that says what holds. */
export const ORGANIZATION: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'a pull request has a preview by the files of another repository, until the night after its close'(
    sandbox,
  ) {
    const reader = await openReader('docs/recipes/organization.md', sandbox);
    const { github, repository } = reader;
    reader.share('Preview for all repositories', 'preview.yml');
    reader.share('Preview nightly for all repositories', 'preview-nightly.yml');
    const [event] = openPull(github, repository);
    for (const ending of TEST_ENDINGS_BEFORE_END) {
      const run = await runTests(reader, 'Preview', { event, ...ending });
      assert.deepEqual(reader.slugs(), ['preview-shop-1']);
      assert.ok(!reader.disabledKeys().includes(false), run.log);
    }
    const [closed] = closePull(github, repository, 1);
    const end = await reader.run('Preview', { event: closed });
    assert.equal(end.exitCode, 0, end.log);
    assert.deepEqual(reader.slugs(), ['preview-shop-1']);
    reader.letKeysBeCounted();
    const night = scheduleEvent(github, repository);
    const run = await reader.run('Preview nightly', { event: night });
    assert.equal(run.exitCode, 0, run.log);
    assert.deepEqual(reader.slugs(), []);
    await reader.close();
  },
};
