/** What needs a process and a socket. `__tests__/actions/create/delete-after-job.test.ts` has other moments. */
import { expect, test } from '@jest/globals';
import { annotations, openHarness } from '../../../support/harness.ts';
import { inCancelledTime, inVirtualTime } from '../../../support/step-time.ts';

const harness = openHarness();

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'after %s in the middle of the response to the POST, the post step leaves nothing',
  async (signal) => {
    const { requests, faults, account } = harness.sandbox;
    const before = requests.length;
    faults.push({ on: 'POST /workspaces', kind: 'stall', applied: true });
    const slug = `ended-by-${signal.toLowerCase()}`;
    const inputs = { slug, 'delete-after-job': 'true' };
    const step = await harness.startCreate(inputs, inCancelledTime());
    await harness.sandbox.received(before + 2);
    step.kill(signal);
    const main = await step.result;
    // A killed step reports nothing, and a cancelled step fails.
    expect(main.exitCode).toBe(signal === 'SIGKILL' ? null : 1);
    expect(annotations(main)).toHaveLength(signal === 'SIGKILL' ? 0 : 1);
    // It waits for a POST that may arrive late.
    const post = await harness.post(main, {}, inVirtualTime());
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(account.workspaces.map((workspace) => workspace.slug)).toEqual(['default']);
  },
);
