import assert from 'node:assert/strict';
import { openPull } from '../../sandbox/github/people.ts';
import { addRepository } from '../../sandbox/github/seed.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';
import { playPullRequest } from './pull-request.ts';

/** What the files for previews in the README do, by a sentence that says what holds. */
export const PREVIEW: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'a pull request has a preview whose key its tests get from another job, until the night after its close'(
    sandbox,
  ) {
    const reader = await openReader('README.md', sandbox);
    const end = await playPullRequest(reader);
    assert.equal(end.results['test'], undefined, end.log);
    await reader.close();
  },

  async 'a pull request of a fork, which gets no secrets, has a run that succeeds without tests'(
    sandbox,
  ) {
    const reader = await openReader('README.md', sandbox);
    const { github, repository } = reader;
    const from = addRepository(github, { name: 'mona/shop', isFork: true });
    const [event] = openPull(github, repository, { from });
    const secrets = { OPENROUTER_MANAGEMENT_KEY: '', OPENROUTER_SEAL: '' };
    const annotations = ['notice preview'];
    const run = await reader.run('Preview', { event, secrets, annotations });
    assert.equal(run.exitCode, 0, run.log);
    assert.deepEqual([reader.calls(), reader.slugs()], [[], []]);
    await reader.close();
  },
};
