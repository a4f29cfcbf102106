import { describe, expect, test } from '@jest/globals';
import { expectFailure, openHarness, preloaded } from '../support/harness.ts';

const harness = openHarness();

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test('ends the step at once and reports what may have been created', async () => {
    harness.sandbox.faults.push({ kind: 'silence', applied: true });
    const before = harness.sandbox.requests.length;
    const step = await harness.startCreate({
      slug: `left-by-${signal.toLowerCase()}`,
      timeout: '24h',
    });
    await harness.sandbox.received(before + 1);
    step.kill(signal);
    const { title, message } = expectFailure(await step.result);
    expect(title).toBe(`Could not create the workspace left-by-${signal.toLowerCase()}`);
    expect(message).toContain(`POST /workspaces: the run was cancelled (${signal})`);
    expect(message).toContain('The request may still have been applied.');
    expect(message).toContain('Running this again with if-exists: reuse finds the workspace');
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s after SIGINT changes nothing', async (second) => {
  harness.sandbox.faults.push({ kind: 'silence' });
  const before = harness.sandbox.requests.length;
  // From outside, the step may have ended before the second signal, or get two as one.
  const secondSignal = preloaded(`process.once('SIGINT', () =>
    queueMicrotask(() => process.kill(process.pid, '${second}')));`);
  const step = await harness.startCreate({ timeout: '24h' }, secondSignal);
  await harness.sandbox.received(before + 1);
  step.kill('SIGINT');
  expectFailure(await step.result);
});
