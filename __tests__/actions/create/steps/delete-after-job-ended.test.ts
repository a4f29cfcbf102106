/** What needs a process and a socket. `__tests__/actions/create/delete-after-job.test.ts` has other moments. */
import { expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../../../sandbox/http/faults.ts';
import type { StepResult } from '../../../../sandbox/runner/runner.ts';
import { annotations, openHarness } from '../../../support/harness.ts';
import { inVirtualTime } from '../../../support/step-time.ts';

const harness = openHarness();

/** Starts a create step, and ends it by `signal` once its POST has arrived, which meets `fault`. */
async function endBySignal(
  signal: NodeJS.Signals,
  { slug, fault }: { slug: string; fault: ScheduledFault },
): Promise<StepResult> {
  const before = harness.sandbox.requests.length;
  harness.sandbox.faults.push({ ...fault, on: 'POST /workspaces' });
  const step = await harness.startCreate({ slug, 'delete-after-job': 'true' });
  await harness.sandbox.received(before + 2);
  step.kill(signal);
  return step.result;
}

async function expectNothingLeft(main: StepResult): Promise<void> {
  // It waits for a POST that may arrive late.
  const post = await harness.post(main, {}, inVirtualTime());
  expect(post.exitCode).toBe(0);
  expect(annotations(post, 'warning')).toEqual([]);
  expect(harness.sandbox.account.workspaces.map(({ slug }) => slug)).toEqual(['default']);
}

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'after %s in the middle of the response to the POST, the post step leaves nothing',
  async (signal) => {
    const slug = `ended-by-${signal.toLowerCase()}`;
    const main = await endBySignal(signal, { slug, fault: { kind: 'stall', applied: true } });
    // A killed step reports nothing, and a cancelled step fails.
    expect(main.exitCode).toBe(signal === 'SIGKILL' ? null : 1);
    expect(annotations(main)).toHaveLength(signal === 'SIGKILL' ? 0 : 1);
    await expectNothingLeft(main);
  },
);

test('after SIGKILL before the POST is applied, the post step finds nothing', async () => {
  const main = await endBySignal('SIGKILL', { slug: 'received', fault: { kind: 'silence' } });
  await expectNothingLeft(main);
});
