import assert from 'node:assert/strict';
import { scheduleEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull } from '../../sandbox/github/people.ts';
import type { Run } from '../act.ts';
import type { Reader } from '../reader.ts';
import { runTests, TEST_ENDINGS_BEFORE_END } from './test-endings.ts';

/**
 * Plays a pull request with the workflows *Preview* and *Preview nightly* of a page: its tests end in several ways, it is
 * closed, and a night deletes its preview. Returns the run of the close.
 */
export async function playPullRequest(reader: Reader): Promise<Run> {
  const { github, repository } = reader;
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
  const night = await reader.run('Preview nightly', { event: scheduleEvent(github, repository) });
  assert.equal(night.exitCode, 0, night.log);
  assert.deepEqual(reader.slugs(), []);
  return end;
}
