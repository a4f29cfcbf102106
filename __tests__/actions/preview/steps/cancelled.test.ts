import { expect, test } from '@jest/globals';
import { closePull, openPull } from '../../../../sandbox/github/people.ts';
import { expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness } from '../../../support/preview-steps.ts';

const { harness, gitHub, main, post, keyOf, slugs } = openPreviewHarness();

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
  'a preview with key: %s that is cancelled during the POST of its workspace outputs that, and sends nothing else',
  async (key) => {
    const { step } = await cancelDuring('POST /workspaces', { key });
    const [, workspace] = harness.sandbox.account.workspaces;
    expect(step.outputs).toMatchObject({ id: workspace?.id, created: 'true' });
    expect(slugs()).toEqual(['preview-shop-1']);
  },
);

test.each(['job', 'preview'])(
  'a preview with key: %s that is cancelled during the POST of its key outputs that, and the post step disables the key',
  async (key) => {
    const { opened, step } = await cancelDuring('POST /keys', { key });
    expect(keyOf(step).disabled).toBe(false);
    const ended = await post(opened, step, { key }, { jobStatus: 'cancelled' });
    expect(ended.exitCode).toBe(0);
    expect(keyOf(step).disabled).toBe(true);
  },
);

test('a preview whose POST has an unknown outcome does not call a workspace that it cannot find gone', async () => {
  harness.sandbox.faults.push({ on: 'POST /workspaces', kind: 'reset' });
  const [opened] = openPull(gitHub.server.github, gitHub.repository);
  onNth(harness.sandbox, 'POST /workspaces', 1, () => process.emit('SIGINT'));
  const step = await main(opened);
  expect(expectFailure(step, { state: 'open' }).code).toBe('outcome-unknown');
  closePull(gitHub.server.github, gitHub.repository, 1);
  const ended = await post(opened, step);
  expect(ended.log.split('\n').at(-1)).toBe(
    'A late request may still create the workspace "preview-shop-1": then the next clean-up deletes it.',
  );
});

test('a run that sent no POST does not say that a late request may create its workspace', async () => {
  openPull(gitHub.server.github, gitHub.repository);
  const [closed] = closePull(gitHub.server.github, gitHub.repository, 1);
  onNth(harness.sandbox, 'GET /workspaces/:id', 1, () => process.emit('SIGINT'));
  const step = await main(closed);
  expect(step.exitCode).toBe(1);
  const ended = await post(closed, step);
  expect(ended.log).not.toContain('A late request');
});
