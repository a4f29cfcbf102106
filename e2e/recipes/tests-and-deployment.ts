import assert from 'node:assert/strict';
import { parseDocument } from 'yaml';
import { type GitHubEvent, scheduleEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull, pushTo } from '../../sandbox/github/people.ts';
import { seedUsage } from '../../sandbox/openrouter/seed.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';

const PAGE = 'docs/recipes/tests-and-deployment.md';

const CHECKED = 'check-preview https://preview-1.example.com';

/** What a reader without tests makes of the workflow. */
function withoutTests(text: string): string {
  const workflow = parseDocument(text);
  for (const job of ['key', 'test', 'end']) workflow.deleteIn(['jobs', job]);
  return workflow.toString({ lineWidth: 0 });
}

/** What the files of the recipe do, by a sentence that says what holds. */
export const TESTS_AND_DEPLOYMENT: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'tests and a deployment share a cap, and what has no room in it does not begin'(sandbox) {
    const reader = await openReader(PAGE, sandbox);
    const { github, repository } = reader;
    const calls = () =>
      reader
        .calls()
        .map(({ call }) => call)
        .filter((call) => call !== 'npm ci');

    const [opened] = openPull(github, repository);
    const first = await reader.run('Preview', { event: opened });
    assert.equal(first.exitCode, 0, first.log);
    for (const job of ['test', 'end', 'deploy', 'end-deploy', 'link', 'check']) {
      assert.deepEqual(first.results[job], ['success'], first.log);
    }
    assert.deepEqual(calls().toSorted(), [CHECKED, 'deploy-preview 1', 'npm test']);
    assert.equal(reader.service.read().statuses.length, 1);
    assert.deepEqual(reader.disabledKeys().toSorted(), [false, true]);

    // As many pushes would: of the 10 USD, 2 are of what is deployed, and 1.5 are left.
    const ofTests = sandbox.account.keys.find(({ disabled }) => disabled);
    assert.ok(ofTests);
    seedUsage(sandbox, ofTests, { credits: 6.5 });
    reader.letKeysBeCounted();
    const event = pushTo(github, repository, 'feature')[1] as GitHubEvent;
    // One after the other: at once, each of them could be the first.
    const tested = await reader.run('Preview', { event, job: 'end' });
    assert.deepEqual(tested.results['test'], ['success'], tested.log);
    assert.deepEqual(calls(), ['npm test']);
    const annotations = ['error preview: preview limit reached'];
    const deployed = await reader.run('Preview', { event, job: 'end-deploy', annotations });
    assert.deepEqual(deployed.results['deploy-key'], ['failure'], deployed.log);
    assert.deepEqual(calls(), []);

    const [closed] = closePull(github, repository, 1);
    const removed = await reader.run('Preview', { event: closed });
    assert.equal(removed.exitCode, 0, removed.log);
    assert.deepEqual(calls(), ['remove-preview 1']);
    assert.ok(!reader.disabledKeys().includes(false), removed.log);
    await reader.close();
  },

  async 'a deployment without tests survives a failure, and is removed even while OpenRouter is down'(
    sandbox,
  ) {
    const reader = await openReader(PAGE, sandbox);
    const { github, repository, service } = reader;
    const push = () => pushTo(github, repository, 'feature')[1] as GitHubEvent;
    const calls = () => reader.calls().map(({ call }) => call);

    const [opened] = openPull(github, repository);
    const first = await reader.run('Preview', { change: withoutTests, event: opened });
    assert.equal(first.exitCode, 0, first.log);
    const [deployment, ...others] = reader.calls();
    assert.deepEqual(deployment, {
      call: 'deploy-preview 1',
      key: first.outputs('key')['key'],
    });
    assert.deepEqual(others, [{ call: CHECKED, key: '' }]);
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
    const failed = await reader.run('Preview', { change: withoutTests, event: push(), fails });
    assert.deepEqual(failed.results['deploy'], ['failure'], failed.log);
    assert.deepEqual(calls(), ['deploy-preview 1']);
    assert.equal(service.read().statuses.length, 1);
    assert.deepEqual(reader.disabledKeys(), [true, false]);

    service.change(({ faults }) => {
      faults['POST /statuses/*'] = 502;
    });
    const second = await reader.run('Preview', { change: withoutTests, event: push() });
    assert.equal(second.exitCode, 0, second.log);
    assert.match(second.log, /gh: A fault of the stand-in/);
    assert.deepEqual(calls(), ['deploy-preview 1', CHECKED]);
    assert.deepEqual(reader.disabledKeys(), [false, true, true]);

    const [closed] = closePull(github, repository, 1);
    const removed = await reader.run('Preview', {
      change: withoutTests,
      event: closed,
      down: 'everything',
      annotations: ['error preview: preview not ended'],
    });
    assert.deepEqual(removed.results['deploy-key'], ['failure'], removed.log);
    assert.deepEqual(calls(), ['remove-preview 1']);
    assert.equal(reader.slugs().length, 1);

    // The first night ends the spending; the next one knows what was spent.
    for (const left of [1, 0]) {
      const night = scheduleEvent(github, repository);
      const cleaned = await reader.run('Preview nightly', { event: night });
      assert.equal(cleaned.exitCode, 0, cleaned.log);
      assert.ok(!reader.disabledKeys().includes(false), cleaned.log);
      assert.equal(reader.slugs().length, left);
      reader.letKeysBeCounted();
    }
    await reader.close();
  },
};
