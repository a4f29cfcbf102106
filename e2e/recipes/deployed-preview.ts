import assert from 'node:assert/strict';
import { asTarget, type GitHubEvent, scheduleEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull, pushTo } from '../../sandbox/github/people.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';

/** What the files of the recipe do, by a sentence that says what holds. */
export const DEPLOYED_PREVIEW: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'a deployed preview survives a failure, and is removed even while OpenRouter is down'(
    sandbox,
  ) {
    const reader = await openReader('docs/recipes/deployed-preview.md', sandbox);
    const { github, repository, service } = reader;
    const push = () => pushTo(github, repository, 'feature')[1] as GitHubEvent;
    const calls = () => reader.calls().map(({ call }) => call);

    const [opened] = openPull(github, repository);
    const first = await reader.run('Deploy preview', { event: opened });
    assert.equal(first.exitCode, 0, first.log);
    const [deployment, ...others] = reader.calls();
    assert.deepEqual(deployment, {
      call: 'deploy-preview 1',
      key: first.outputs('preview')['key'],
    });
    assert.deepEqual(others, []);
    assert.deepEqual(service.read().statuses, [
      {
        commit: opened.sha,
        state: 'success',
        context: 'preview',
        target_url: 'https://preview-1.example.com',
      },
    ]);
    assert.deepEqual(reader.disabledKeys(), [false]);

    const fails = 'deploy-preview';
    const failed = await reader.run('Deploy preview', { event: push(), fails });
    assert.deepEqual(failed.results['deploy'], ['failure'], failed.log);
    assert.deepEqual(calls(), ['deploy-preview 1']);
    assert.equal(service.read().statuses.length, 1);
    assert.deepEqual(reader.disabledKeys(), [true, false]);

    service.change(({ faults }) => {
      faults['POST /statuses/*'] = 502;
    });
    const second = await reader.run('Deploy preview', { event: push() });
    assert.equal(second.exitCode, 0, second.log);
    assert.match(second.log, /gh: A fault of the stand-in/);
    assert.deepEqual(calls(), ['deploy-preview 1']);
    assert.deepEqual(reader.disabledKeys(), [false, true, true]);

    const closed = asTarget(github, closePull(github, repository, 1)[0]);
    const removed = await reader.run('Remove preview', {
      event: closed,
      down: 'everything',
      annotations: ['error preview: preview not deleted'],
    });
    assert.deepEqual(removed.results['remove'], ['failure'], removed.log);
    assert.deepEqual(calls(), ['remove-preview 1']);
    assert.equal(reader.slugs().length, 1);

    // The first night ends the spending; the next one knows what was spent.
    for (const left of [1, 0]) {
      const night = scheduleEvent(github, repository);
      const cleaned = await reader.run('Preview clean-up', { event: night });
      assert.equal(cleaned.exitCode, 0, cleaned.log);
      assert.ok(!reader.disabledKeys().includes(false), cleaned.log);
      assert.equal(reader.slugs().length, left);
      reader.letKeysSettle();
    }
    await reader.close();
  },
};
