import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import { describeError } from '../../../src/report/describe-error.ts';
import { CREATE, LIST, LOOKUP, sha256 } from '../../support/key-harness.ts';
import {
  DURING_POST_MS,
  expectCleanPost,
  expectNoSecret,
  openKeyScene,
} from '../../support/key-scene.ts';
import { pass } from '../../support/simulation.ts';

const slow = (ms: number): InProcessFault => ({
  on: CREATE,
  kind: 'late',
  after: ms,
  responds: true,
});

const CANCELLED = { cancelledAfter: DURING_POST_MS };

describe('A step that is cancelled during POST /keys', () => {
  test.each([5_000, 8_000])('leaves no key after its job if OpenRouter takes %i ms', async (ms) => {
    const scene = openKeyScene({ faults: [slow(ms)] });
    const step = await scene.createKey({}, CANCELLED);
    expect(step.handedOver?.key.hash).toBe(scene.hashes()[0]);
    expectCleanPost(await scene.runPost(step));
    await pass(scene.simulation, 60_000);
    expect(scene.keys()).toEqual([]);
  });

  test('ends with the response: the outputs are set, and no request follows', async () => {
    const scene = openKeyScene({ faults: [slow(1_000)] });
    const old = scene.createOther({ name: 'CI' });
    const step = await scene.createKey({ replace: true }, CANCELLED);
    expect(sha256(step.handedOver?.secret)).toBe(step.handedOver?.key.hash);
    expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE]);
    expect(scene.keys()).toContain(old);
    expect(step.result).toBeUndefined();
    expectNoSecret(step);
    expect(describeError(step.error, step.effect.current())).toEqual({
      code: 'cancelled',
      title: 'The run was cancelled (SIGTERM)',
      lines: [
        'The step ended with the response to its last request. What that has created or changed is in the log and in the outputs. What had to follow was not done.',
      ],
    });
  });

  test('has its key revoked by the post step, even with revoke-after-job: false', async () => {
    const scene = openKeyScene({ faults: [slow(1_000)] });
    const step = await scene.createKey({ endsAfterJob: false }, CANCELLED);
    expect(step.handedOver).toBeDefined();
    expectCleanPost(await scene.runPost(step, { jobStatus: 'cancelled' }));
    expect(scene.keys()).toEqual([]);
  });
});
