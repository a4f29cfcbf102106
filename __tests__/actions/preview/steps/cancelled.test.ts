import { expect, test } from '@jest/globals';
import { closePull, openPull } from '../../../../sandbox/github/people.ts';
import { expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness } from '../../../support/preview-harness.ts';

const { harness, gitHub, main, post, slugs } = openPreviewHarness();

/** Cancels the main step for a new pull request, after a POST of `call` has arrived and before its response. */
async function cancelDuring(call: string, inputs: Record<string, string> = {}) {
  const [opened] = openPull(gitHub.server.github, gitHub.repository);
  onNth(harness.sandbox, call, 1, () => process.emit('SIGINT'));
  const step = await main(opened, inputs);
  const { code } = expectFailure(step, step.outputs);
  expect([code, step.openRouterCalls.at(-1)]).toEqual(['cancelled', call]);
  expect(step.summary).not.toContain('✅');
  return { opened, step };
}

test.each(['none', 'job'])(
  'a preview with key: %s that is cancelled during the POST of its workspace sends nothing else, and does not give it out',
  async (key) => {
    const { step } = await cancelDuring('POST /workspaces', { key });
    expect(step.outputs).toEqual({ state: 'open' });
    expect(slugs()).toEqual(['preview-shop-1']);
  },
);

test.each(['job', 'preview'])(
  'a preview with key: %s that is cancelled during the POST of its key gives out none, and the post step disables it',
  async (key) => {
    const { opened, step } = await cancelDuring('POST /keys', { key });
    expect(step.outputs).not.toHaveProperty('key');
    expect(harness.sandbox.account.keys).toMatchObject([{ disabled: false }]);
    const ended = await post(opened, step, { key }, { jobStatus: 'cancelled' });
    expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
    expect(harness.sandbox.account.keys).toMatchObject([{ disabled: true }]);
  },
);

test('a run for a closed pull request that is cancelled before it has listed the keys changes nothing', async () => {
  const [opened] = openPull(gitHub.server.github, gitHub.repository);
  await main(opened, { key: 'preview' });
  const [closed] = closePull(gitHub.server.github, gitHub.repository, 1);
  onNth(harness.sandbox, 'GET /workspaces', 1, () => process.emit('SIGINT'));
  const step = await main(closed);
  const { code, lines } = expectFailure(step, { state: 'closed' });
  expect([code, step.openRouterCalls]).toEqual(['preview-not-ended', ['GET /workspaces']]);
  expect(lines[0]).toBe('Its API keys may still work, each up to its own limit.');
  expect(harness.sandbox.account.keys).toMatchObject([{ disabled: false }]);
  expect(await post(closed, step)).toMatchObject({ exitCode: 0, annotations: [] });
});
