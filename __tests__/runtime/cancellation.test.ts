import { describe, expect, test } from '@jest/globals';
import { openBench, preloaded, redOf } from '../support/harness.ts';

const bench = openBench();

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test('ends the step at once, and says what may have been left behind', async () => {
    bench.sandbox.faults.push({ kind: 'silence', committed: true });
    const before = bench.sandbox.requests.length;
    const step = await bench.startCreate({
      slug: `left-by-${signal.toLowerCase()}`,
      timeout: '24h',
    });
    await bench.sandbox.received(before + 1);
    step.kill(signal);
    const { title, message } = redOf(await step.result);
    expect(title).toBe(`Could not create the workspace left-by-${signal.toLowerCase()}`);
    expect(message).toContain(`POST /workspaces: the run was cancelled (${signal})`);
    expect(message).toContain(
      `look for a workspace with the slug left-by-${signal.toLowerCase()}.`,
    );
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s after SIGINT does no harm', async (second) => {
  bench.sandbox.faults.push({ kind: 'silence' });
  const before = bench.sandbox.requests.length;
  // From outside, the step may be over before the second, or get two of a kind as one.
  const again = preloaded(`process.once('SIGINT', () =>
    queueMicrotask(() => process.kill(process.pid, '${second}')));`);
  const step = await bench.startCreate({ timeout: '24h' }, again);
  await bench.sandbox.received(before + 1);
  step.kill('SIGINT');
  redOf(await step.result);
});
