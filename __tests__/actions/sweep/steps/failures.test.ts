import { expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../../../sandbox/http/faults.ts';
import { annotations, expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { DAY, openSweepHarness, slugsIn } from '../../../support/sweep.ts';

const { harness, seed, seedSome, runSweep, slugs } = openSweepHarness();

test('a workspace that cannot be deleted does not stop the others, and fails the step', async () => {
  seedSome();
  seed('preview-oldest', 30 * DAY);
  const step = await runSweep();
  const { title, message } = expectFailure(step, expect.anything());
  expect(title).toBe('1 of 3 workspaces could not be deleted');
  expect(message).toContain('preview-old: it has 1 API key, and delete-keys is false');
  expect(message).toContain('With delete-keys: true, API keys are deleted first.');
  expect(slugsIn(step.outputs['deleted'])).toEqual(['preview-older', 'preview-oldest']);
  expect(slugsIn(step.outputs['failed'])).toEqual(['preview-old']);
  expect(step.outputs['count']).toBe('2');
  expect(step.summary).toContain(
    '<td><code>preview-old</code></td><td>3 d</td><td>❌ could not be deleted: it has 1 API key',
  );
  expect(step.summary).toContain(
    '<td><code>preview-older</code></td><td>10 d</td><td>deleted</td>',
  );
  expect(slugs()).toContain('preview-old');
});

test('a failed deletion is reported with the message of the server, and another run finishes', async () => {
  seedSome();
  const body = '{"error":{"message":"Not now"}}';
  harness.sandbox.faults.push({ on: 'DELETE /keys/:hash', kind: 'response', status: 403, body });
  const step = await runSweep({ 'delete-keys': 'true' });
  const { message } = expectFailure(step, expect.anything());
  expect(message).toMatch(/^preview-old: DELETE \/keys\/\w+: HTTP 403 Forbidden: Not now$/m);
  expect(message).not.toContain('With delete-keys: true');
  expect((await runSweep({ 'delete-keys': 'true' })).outputs['count']).toBe('1');
  expect(slugs()).not.toContain('preview-old');
});

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'another run finishes the work of a sweep that %s ended half-way',
  async (signal) => {
    for (let count = 0; count < 40; count += 1) seed(`preview-${count}`, 9 * DAY, 1);
    const halfway = Promise.withResolvers<void>();
    onNth(harness.sandbox, 'DELETE /workspaces/:id', 11, halfway.resolve);
    const inputs = { 'slug-pattern': 'preview-*', 'older-than': '2d', 'delete-keys': 'true' };
    const running = await harness.start('sweep', inputs);
    await halfway.promise;
    harness.sandbox.faults.push(...Array<ScheduledFault>(40).fill({ kind: 'silence' }));
    running.kill(signal);
    const step = await running.result;
    expect(step.exitCode).toBe(signal === 'SIGKILL' ? null : 1);
    harness.sandbox.faults.length = 0;
    const left = slugs().length - 1;
    expect(left).toBeGreaterThan(0);
    if (signal !== 'SIGKILL') {
      expect(annotations(step)[0]?.properties['title']).toBe(
        `${left} of 40 workspaces could not be deleted`,
      );
      expect(step.outputs['failed']).toContain(`not attempted: the run was cancelled (${signal})`);
      expect(step.outputs['count']).toBe(String(40 - left));
    }
    expect((await harness.run('sweep', inputs)).outputs['count']).toBe(String(left));
    expect(slugs()).toEqual(['default']);
    expect(harness.sandbox.account.keys).toEqual([]);
  },
);
