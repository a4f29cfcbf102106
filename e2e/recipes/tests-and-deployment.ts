import assert from 'node:assert/strict';
import { asTarget, type GitHubEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull, pushTo } from '../../sandbox/github/people.ts';
import { seedUsage } from '../../sandbox/openrouter/seed.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';

/** What the files of the recipe do, by a sentence that says what holds. */
export const TESTS_AND_DEPLOYMENT: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'tests and a deployment share a cap, and go without what is too expensive for the rest'(
    sandbox,
  ) {
    const reader = await openReader('docs/recipes/tests-and-deployment.md', sandbox);
    const { github, repository } = reader;
    const calls = () =>
      reader
        .calls()
        .map(({ call }) => call)
        .filter((call) => call !== 'npm ci');

    const [opened] = openPull(github, repository);
    const first = await reader.run('Preview', { event: opened });
    assert.deepEqual(first.results, { '': [], test: ['success'], deploy: ['success'] }, first.log);
    assert.deepEqual(calls().toSorted(), ['deploy-preview 1', 'npm run evaluate', 'npm test']);
    assert.equal(reader.service.read().statuses.length, 1);
    assert.deepEqual(reader.disabledKeys().toSorted(), [false, true]);

    for (const key of sandbox.account.keys) seedUsage(sandbox, key, { credits: 3.6 });
    const event = pushTo(github, repository, 'feature')[1] as GitHubEvent;
    // One after the other: at once, the first of them gets what is left.
    const tested = await reader.run('Preview', { event, job: 'test' });
    assert.equal(tested.outputs('preview')['key-limit-usd'], '0.8');
    assert.deepEqual(tested.results['test'], ['success'], tested.log);
    assert.deepEqual(calls(), ['npm test']);
    const deployed = await reader.run('Preview', { event, job: 'deploy', annotations: ['error'] });
    assert.deepEqual(deployed.results['deploy'], ['failure'], deployed.log);
    assert.match(deployed.log, /::error::The key can spend less than 1 USD/);
    assert.deepEqual(calls(), []);

    const closed = asTarget(github, closePull(github, repository, 1)[0]);
    const removed = await reader.run('Remove preview', { event: closed });
    assert.equal(removed.exitCode, 0, removed.log);
    assert.deepEqual(calls(), ['remove-preview 1']);
    assert.deepEqual(reader.slugs(), []);
    await reader.close();
  },
};
