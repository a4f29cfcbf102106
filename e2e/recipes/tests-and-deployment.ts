import assert from 'node:assert/strict';
import { asTarget, type GitHubEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull, pushTo } from '../../sandbox/github/people.ts';
import { seedUsage } from '../../sandbox/openrouter/seed.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';

/** What the files of the recipe do, by a sentence that says what holds. */
export const TESTS_AND_DEPLOYMENT: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'tests and a deployment share a cap, and what has no room in it does not begin'(sandbox) {
    const reader = await openReader('docs/recipes/tests-and-deployment.md', sandbox);
    const { github, repository } = reader;
    const calls = () =>
      reader
        .calls()
        .map(({ call }) => call)
        .filter((call) => call !== 'npm ci');

    const [opened] = openPull(github, repository);
    const first = await reader.run('Preview', { event: opened });
    const results = { '': [], test: ['success'], deploy: ['success'], check: ['success'] };
    assert.deepEqual(first.results, results, first.log);
    const checked = 'check-preview https://preview-1.example.com';
    assert.deepEqual(calls().toSorted(), [checked, 'deploy-preview 1', 'npm test']);
    assert.equal(reader.service.read().statuses.length, 1);
    assert.deepEqual(reader.disabledKeys().toSorted(), [false, true]);

    // As many pushes would: of the 10 USD, 2 are of what is deployed, and 1.5 are left.
    const ofTests = sandbox.account.keys.find(({ disabled }) => disabled);
    assert.ok(ofTests);
    seedUsage(sandbox, ofTests, { credits: 6.5 });
    reader.letKeysSettle();
    const event = pushTo(github, repository, 'feature')[1] as GitHubEvent;
    // One after the other: at once, each of them could be the first.
    const tested = await reader.run('Preview', { event, job: 'test' });
    assert.deepEqual(tested.results['test'], ['success'], tested.log);
    assert.deepEqual(calls(), ['npm test']);
    const annotations = ['error preview: preview limit reached'];
    const deployed = await reader.run('Preview', { event, job: 'deploy', annotations });
    assert.deepEqual(deployed.results['deploy'], ['failure'], deployed.log);
    assert.deepEqual(calls(), []);

    const closed = asTarget(github, closePull(github, repository, 1)[0]);
    const removed = await reader.run('Remove preview', { event: closed });
    assert.equal(removed.exitCode, 0, removed.log);
    assert.deepEqual(calls(), ['remove-preview 1']);
    assert.deepEqual(reader.slugs(), []);
    await reader.close();
  },
};
