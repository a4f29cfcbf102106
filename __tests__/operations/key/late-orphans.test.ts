import { describe, expect, test } from '@jest/globals';
import { CREATE, DELETE, HOUR_MS, LIST, LOOKUP, READ } from '../../support/key.ts';
import {
  DURING_POST_MS,
  expectCleanPost,
  expectCreated,
  openKeyScene,
} from '../../support/key-scene.ts';
import { onNth } from '../../support/on-nth.ts';
import { pass } from '../../support/simulation.ts';

describe('a POST /keys that is applied late', () => {
  test('An orphan that appears with the second POST is deleted by the step', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'reset' });
    onNth(scene.simulation, CREATE, 2, scene.applyFirstPostLate);
    const step = await scene.createKey();
    const hash = expectCreated(scene, step);
    expect(scene.hashes()).toEqual([hash]);
    await scene.runPost(step);
    expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE, LIST, CREATE, LIST, DELETE, READ, DELETE]);
  });

  test('An orphan that appears after the step is deleted by the post step', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'reset' });
    const step = await scene.createKey();
    expectCreated(scene, step);
    scene.applyFirstPostLate();
    expect(scene.keys()).toHaveLength(2);
    await scene.runPost(step);
    expect(scene.keys()).toEqual([]);
  });

  test('With revoke-after-job: false, the post step deletes the orphan and not the key', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'reset' });
    const step = await scene.createKey({ revokeAfterJob: false });
    const hash = expectCreated(scene, step);
    scene.applyFirstPostLate();
    await scene.runPost(step);
    expect(scene.hashes()).toEqual([hash]);
  });

  test('A step succeeds although its last list is rejected, and the post step deletes the orphan', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'reset' });
    onNth(scene.simulation, CREATE, 2, () =>
      scene.scheduleFaults({ on: LIST, kind: 'response', status: 403 }),
    );
    const step = await scene.createKey();
    expectCreated(scene, step);
    expect(step.lines.join('\n')).toContain('The post step checks again.');
    scene.applyFirstPostLate();
    await scene.runPost(step);
    expect(scene.keys()).toEqual([]);
  });
});

describe('the post step of a step that was killed during POST /keys', () => {
  test.each([1, 2])(
    'An orphan that appears after list %i of the post step is deleted',
    async (nth) => {
      const scene = openKeyScene();
      scene.scheduleFaults({ on: CREATE, kind: 'silence' });
      const step = await scene.createKey({}, { killedAfter: DURING_POST_MS });
      const before = scene.calls().filter((call) => call === LIST).length;
      onNth(scene.simulation, LIST, nth, scene.applyFirstPostLate);
      await scene.runPost(step);
      const lists = scene.calls().filter((call) => call === LIST).length - before;
      expect(lists).toBe(nth + 1);
      expect(scene.keys()).toEqual([]);
    },
  );

  test('A post step that finds no orphan lists the keys three times within 3 s', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'silence' });
    const step = await scene.createKey({}, { killedAfter: DURING_POST_MS });
    const { clock } = scene.simulation;
    const start = clock.now();
    expectCleanPost(await scene.runPost(step));
    expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE, LIST, LIST, LIST]);
    expect(clock.now() - start).toBe(3_000 + 3 * 20);
  });

  test('An orphan that has expired before the post step is deleted', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'silence', applied: true });
    const step = await scene.createKey({ expiresInMs: 60_000 }, { killedAfter: DURING_POST_MS });
    expect(scene.keys()).toHaveLength(1);
    await pass(scene.simulation, HOUR_MS);
    expectCleanPost(await scene.runPost(step));
    expect(scene.keys()).toEqual([]);
  });
});
