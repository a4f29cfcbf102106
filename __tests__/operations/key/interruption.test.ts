import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/openrouter/in-process.ts';
import { CREATE, DELETE, LIST, LOOKUP, sha256 } from '../../support/key.ts';
import {
  expectCleanPost,
  expectFailed,
  expectNoSecret,
  openKeyScene,
} from '../../support/key-scene.ts';

/** The request that never ends, during which the step is interrupted. */
const POINTS: [string, InProcessFault][] = [
  ['the lookup of the workspace', { on: LOOKUP, kind: 'silence' }],
  ['the list of the keys', { on: LIST, kind: 'silence' }],
  ['POST /keys, which is not applied', { on: CREATE, kind: 'silence' }],
  ['POST /keys, which is applied', { on: CREATE, kind: 'silence', applied: true }],
  ['the response to POST /keys', { on: CREATE, kind: 'stall', applied: true }],
];

const CASES = POINTS.flatMap(([point, fault]) =>
  ('applied' in fault ? [true, false] : [true]).map((revoke) => [point, revoke, fault] as const),
);

describe.each(['killed', 'cancelled'] as const)('a step that is %s', (how) => {
  const interrupted = how === 'killed' ? { killedAfter: 500 } : { cancelledAfter: 500 };

  test.each(CASES)(
    `If a step is ${how} during %s, its job leaves no key (revoke-after-job: %s)`,
    async (_, revokeAfterJob, fault) => {
      const scene = openKeyScene();
      const old = scene.createOther({ name: 'CI' });
      scene.scheduleFaults(fault);
      const step = await scene.createKey({ revokeAfterJob }, interrupted);
      expect(step.killed).toBe(how === 'killed');
      if (how === 'cancelled') expectFailed(step);
      expect(step.elapsed).toBe(500);
      expectNoSecret(step);

      expectCleanPost(await scene.runPost(step));
      expect(scene.keys()).toEqual([old]);
    },
  );

  test(`If a step is ${how} while it deletes replaced keys, the new key is revoked`, async () => {
    const scene = openKeyScene();
    const old = scene.createOther({ name: 'CI' });
    scene.scheduleFaults({ on: DELETE, kind: 'silence' });
    const step = await scene.createKey({ replace: true }, interrupted);
    expect(step.result).toBeUndefined();
    expect(sha256(step.handedOver?.secret)).toBe(step.handedOver?.key.hash);
    await scene.runPost(step);
    expect(scene.keys()).toEqual([old]);
  });
});
