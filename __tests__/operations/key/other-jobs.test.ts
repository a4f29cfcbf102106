import { describe, expect, test } from '@jest/globals';
import { CREATE, HOUR_MS, LIST, LOOKUP } from '../../support/key.ts';
import {
  DURING_POST_MS,
  expectCleanPost,
  expectCreated,
  expectFailed,
  openKeyScene,
} from '../../support/key-scene.ts';
import { onNth } from '../../support/on-nth.ts';

const OWNER_UNKNOWN = 'Cannot determine which job created the API keys named "CI"';

describe('a key that another job creates while the response to POST /keys is lost', () => {
  test('is left alone if its expiry is another', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'reset', applied: true });
    onNth(scene.simulation, CREATE, 1, () => scene.applyFirstPostLate({ expires_at: null }));
    const step = await scene.createKey();
    const hash = expectCreated(scene, step);
    const others = scene.keys().filter((key) => key.hash !== hash);
    expect(others).toMatchObject([{ expires_at: null }]);
    expectCleanPost(await scene.runPost(step));
    expect(scene.keys()).toEqual(others);
  });

  test.each([false, true])(
    'More identical keys than POSTs fail the step, and none is deleted (POST applied: %s)',
    async (applied) => {
      const scene = openKeyScene();
      scene.scheduleFaults({ on: CREATE, kind: 'reset', applied });
      onNth(scene.simulation, CREATE, 1, () => {
        scene.applyFirstPostLate();
        scene.applyFirstPostLate();
      });
      const step = await scene.createKey();
      const { title, message } = expectFailed(step);
      expect(title).toBe(OWNER_UNKNOWN);
      expect(scene.keys()).toHaveLength(applied ? 3 : 2);
      for (const { label } of scene.keys()) expect(message).toContain(label);
      expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE, LIST]);
      // If fewer are left after the job, their owner is no better known.
      scene.keys().length = 1;
      await scene.runPost(step);
      expect(scene.keys()).toHaveLength(1);
    },
  );

  test.each([
    ['just before', 1],
    ['long before', HOUR_MS],
  ])(
    'A key of another job from %s the step that expires in the same second is left alone',
    async (_, age) => {
      const scene = openKeyScene({ skew: 500 });
      const { account } = scene.simulation;
      // A whole second, as if the server stored no milliseconds.
      const other = scene.createOther({ name: 'CI', expires_at: '2026-01-01T06:00:00.000Z' });
      other.created_at = new Date(account.now().getTime() - age).toISOString();
      scene.scheduleFaults({ on: CREATE, kind: 'silence' });
      const step = await scene.createKey({}, { killedAfter: DURING_POST_MS });
      // Only what could be mistaken for an orphan is saved.
      expect(step.task?.search.preexistingHashes).toEqual(age === 1 ? [other.hash] : []);
      expect(scene.posted[0]?.expires_at).toMatch(/^2026-01-01T06:00:00\.\d{3}Z$/);
      expectCleanPost(await scene.runPost(step));
      expect(scene.keys()).toEqual([other]);
    },
  );
});

describe('how a step recognizes its orphan', () => {
  test('With expires-in: never, an orphan is recognized by its random name', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'reset', applied: true });
    const request = { expiresInMs: null, nameIsRandom: true, desired: { name: 'CI / a1b2c3' } };
    const hash = expectCreated(scene, await scene.createKey(request));
    expect(scene.hashes()).toEqual([hash]);
  });

  test('With expires-in: never and a name of its own, a step whose response is lost fails', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'reset', applied: true });
    const { message } = expectFailed(await scene.createKey({ expiresInMs: null }));
    expect(message).toContain('keys of this step and keys of other jobs cannot be distinguished');
    expect(message).toContain(scene.keys()[0]?.label ?? '?');
    expect(scene.keys()).toHaveLength(1);
  });

  test('With expires-in: never and a name of its own, the post step warns of orphans', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'silence', applied: true });
    const step = await scene.createKey({ expiresInMs: null }, { killedAfter: DURING_POST_MS });
    const post = await scene.runPost(step);
    expect(post.error).toBeUndefined();
    const [warning] = post.warnings;
    expect(warning?.title).toBe('Cannot determine which job created the API key named "CI"');
    expect(warning?.lines.join('\n')).toContain(scene.keys()[0]?.label ?? '?');
    expect(scene.keys()).toHaveLength(1);
  });
});
