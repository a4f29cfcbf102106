import assert from 'node:assert/strict';
import { asTarget } from '../../sandbox/github/events.ts';
import { closePull, openPull } from '../../sandbox/github/people.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';
import { runTests, TEST_ENDINGS } from './test-endings.ts';

/** What the files of the recipe do, by a sentence that says what holds. */
export const ORGANIZATION: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'a pull request has a preview by the files of another repository, until it is closed'(
    sandbox,
  ) {
    const reader = await openReader('docs/recipes/organization.md', sandbox);
    const { github, repository } = reader;
    reader.share('Preview for all repositories', 'preview.yml');
    reader.share('Preview clean-up for all repositories', 'preview-clean-up.yml');
    const [event] = openPull(github, repository);
    for (const ending of TEST_ENDINGS) {
      const run = await runTests(reader, 'Preview', { event, ...ending });
      assert.deepEqual(reader.slugs(), ['preview-shop-1']);
      assert.ok(!reader.disabledKeys().includes(false), run.log);
    }
    reader.letKeysSettle();
    const [closed] = closePull(github, repository, 1);
    const run = await reader.run('Preview clean-up', { event: asTarget(github, closed) });
    assert.equal(run.exitCode, 0, run.log);
    assert.deepEqual(reader.slugs(), []);
    await reader.close();
  },
};
