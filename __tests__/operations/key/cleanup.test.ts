import { describe, expect, test } from '@jest/globals';
import { describeLeftovers } from '../../../src/operations/key/cleanup.ts';
import { CREATE, DELETE, LIST } from '../../support/key.ts';
import {
  DURING_POST_MS,
  expectCleanPost,
  expectCreated,
  openKeyScene,
} from '../../support/key-scene.ts';
import { onNth } from '../../support/on-nth.ts';

describe('the cleanup after a job', () => {
  test('Revoking a key that was already deleted succeeds', async () => {
    const scene = openKeyScene();
    const step = await scene.createKey();
    const key = step.handedOver?.key;
    scene.keys().length = 0;
    const post = await scene.runPost(step);
    expectCleanPost(post);
    expect(post.lines).toContain(
      `The API key "CI" (${key?.label}), hash ${key?.hash}, was already deleted.`,
    );
  });

  test('A revocation is retried after HTTP 502 and after a reset connection', async () => {
    const scene = openKeyScene();
    const step = await scene.createKey();
    expectCreated(scene, step);
    scene.scheduleFaults(
      { on: DELETE, kind: 'response', status: 502 },
      { on: DELETE, kind: 'reset', applied: true },
    );
    expectCleanPost(await scene.runPost(step));
    expect(scene.keys()).toEqual([]);
  });

  test('A revocation that is rejected leaves the key, which is named', async () => {
    const scene = openKeyScene();
    const step = await scene.createKey();
    const hash = expectCreated(scene, step);
    scene.scheduleFaults({ on: DELETE, kind: 'response', status: 403 });
    const { error, left } = await scene.runPost(step);
    expect(error?.message).toContain('HTTP 403 Forbidden');
    expect(left && describeLeftovers(left)).toBe(
      `the API key "CI" (${step.handedOver?.key.label}), hash ${hash}`,
    );
    expect(scene.hashes()).toEqual([hash]);
  });

  test('A list that is rejected leaves orphans, which are named', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'silence', applied: true });
    const step = await scene.createKey({}, { killedAfter: DURING_POST_MS });
    scene.scheduleFaults({ on: LIST, kind: 'response', status: 403 });
    const { error, left } = await scene.runPost(step);
    expect(error?.message).toContain('HTTP 403 Forbidden');
    expect(left && describeLeftovers(left)).toBe('an API key named "CI" whose secret was lost');
  });

  test('An orphan is deleted although the revocation is rejected', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'reset' });
    const step = await scene.createKey();
    const hash = expectCreated(scene, step);
    scene.scheduleFaults({ on: DELETE, kind: 'response', status: 403 });
    // Only once the revocation was sent, so that the fault does not happen to the orphan.
    onNth(scene.simulation, LIST, 1, scene.applyFirstPostLate);
    const { error, left } = await scene.runPost(step);
    expect(error).toBeDefined();
    expect(left && describeLeftovers(left)).toBe(
      `the API key "CI" (${step.handedOver?.key.label}), hash ${hash}`,
    );
    expect(scene.hashes()).toEqual([hash]);
  });

  test('A key is revoked although the list of orphans is rejected', async () => {
    const scene = openKeyScene();
    scene.scheduleFaults({ on: CREATE, kind: 'reset' });
    const step = await scene.createKey();
    expectCreated(scene, step);
    scene.scheduleFaults({ on: LIST, kind: 'response', status: 403 });
    const { error, left } = await scene.runPost(step);
    expect(error).toBeDefined();
    expect(left && describeLeftovers(left)).toBe('an API key named "CI" whose secret was lost');
    expect(scene.keys()).toEqual([]);
  });
});
