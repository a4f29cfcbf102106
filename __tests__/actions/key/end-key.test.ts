import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import { describeKeysLeft } from '../../../src/actions/key/failures.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { describeError } from '../../../src/report/describe-error.ts';
import { CREATE, DELETE, DISABLE, LIST, READ, sha256 } from '../../support/key-harness.ts';
import {
  changeCreated,
  DURING_POST_MS,
  expectCleanPost,
  expectCreated,
  expectFailed,
  openKeyScene,
} from '../../support/key-scene.ts';
import { checkInterleavings, onNth } from '../../support/on-nth.ts';

checkInterleavings();

/** The expiry that a step of a scene requests by default. */
const TIME = '1 Jan 2026 06:00 UTC';
const EXPIRY = `expires at ${TIME}`;

describe('the post step of key', () => {
  test('A created key that cannot be found is named in a warning, after several attempts or at the timeout', async () => {
    const scene = openKeyScene();
    const step = await scene.createKey();
    const key = step.handedOver?.key;
    scene.keys().length = 0;
    const before = scene.calls().length;
    const { error, left } = await scene.runPost(step);
    expect(describeError(error, 'none')).toMatchObject({
      code: 'created-key-missing',
      title: `The API key "CI #i00000" (${key?.label}) cannot be found`,
    });
    expect(left && describeKeysLeft(left)).toBe(
      `the API key "CI #i00000" (${key?.label}), hash ${key?.hash}, may work until ${TIME}`,
    );
    const attempt = [DELETE, READ];
    expect(scene.calls().slice(before)).toEqual([DISABLE, ...Array(5).fill(attempt).flat()]);
    const inShortTime = await scene.runPost(step, { timeout: 2_000 });
    expect(inShortTime.error).toMatchObject({ code: 'created-key-missing' });
  });

  test('A key is revoked although reads lag behind its creation for 2 s', async () => {
    const scene = openKeyScene();
    const step = await scene.createKey();
    const lagging = scene.keys().splice(0);
    scene.simulation.clock.after(2_000, () => scene.keys().push(...lagging));
    expectCleanPost(await scene.runPost(step));
    expect(scene.keys()).toEqual([]);
  });

  test.each([
    [{}, EXPIRY],
    [{ expiresInMs: null }, 'never expires'],
  ])(
    'A key that was not created yet is described by its name and its expiry: %j',
    async (request, expiry) => {
      const { task } = await openKeyScene().createKey(request, { killedAfter: DURING_POST_MS });
      expect(task && describeKeysLeft(task)).toBe(
        `an API key named "CI #i00000" whose secret was lost, ${expiry}`,
      );
    },
  );

  test.each<[string, InProcessFault[], string]>([
    ['disabled', [], 'Spending not yet counted'],
    [
      `may work until ${TIME}`,
      [{ on: DISABLE, kind: 'response', status: 403, applied: true }],
      'has spent is unknown: PATCH /keys/',
    ],
  ])('A key that cannot be deleted is described as %j', async (state, faults, spend) => {
    const scene = openKeyScene();
    const step = await scene.createKey({ desired: { name: 'CI', limit: toUsd(5) } });
    const hash = expectCreated(scene, step);
    scene.scheduleFaults(...faults, { on: DELETE, kind: 'response', status: 403 });
    const { error, left, lines } = await scene.runPost(step);
    expect(error?.message).toContain('HTTP 403 Forbidden');
    expect(lines.join('\n')).toContain(spend);
    expect(left && describeKeysLeft(left)).toBe(
      `the API key "CI #i00000" (${step.handedOver?.key.label}), hash ${hash}, ${state}`,
    );
    expect(scene.keys()).toMatchObject([{ hash, disabled: true }]);
  });

  test('An orphan is deleted although the revocation is rejected', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset' }] });
    const step = await scene.createKey();
    const hash = expectCreated(scene, step);
    scene.scheduleFaults({ on: DELETE, kind: 'response', status: 403 });
    // Only once the revocation was sent, so that the fault does not happen to the orphan.
    onNth(scene.simulation, LIST, 1, scene.applyFirstPostLate);
    const { error, left } = await scene.runPost(step);
    expect(error?.message).toContain('HTTP 403 Forbidden');
    expect(left && describeKeysLeft(left)).toBe(
      `the API key "CI #i00000" (${step.handedOver?.key.label}), hash ${hash}, disabled`,
    );
    expect(scene.hashes()).toEqual([hash]);
  });

  test.each([
    [null, 'may work until someone deletes it'],
    ['2026-01-01 06:00:00', 'may work until 2026-01-01 06:00:00'],
  ])(
    'A key that may work is described with the expiry that OpenRouter returned: %j',
    async (expires_at, life) => {
      const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset' }] });
      changeCreated(scene, (key) => ({ ...key, expires_at }));
      const rejection = { kind: 'response', status: 403 } as const;
      scene.scheduleFaults({ on: DELETE, ...rejection }, { on: DELETE, ...rejection });
      scene.scheduleFaults({ on: DISABLE, ...rejection });
      const step = await scene.createKey();
      expectFailed(step);
      scene.applyFirstPostLate();
      scene.scheduleFaults({ on: LIST, ...rejection });
      const { left } = await scene.runPost(step);
      const { created } = step.task ?? {};
      expect(left && describeKeysLeft(left)).toBe(
        `an API key named "CI #i00000" whose secret was lost, ${EXPIRY}; the API key "CI #i00000" (${created?.label}), hash ${created?.hash}, ${life}`,
      );
    },
  );

  test('A key is revoked although the list of orphans is rejected', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset' }] });
    const step = await scene.createKey();
    expectCreated(scene, step);
    scene.scheduleFaults({ on: LIST, kind: 'response', status: 403 });
    const { error, left } = await scene.runPost(step);
    expect(error?.message).toContain('HTTP 403 Forbidden');
    expect(left && describeKeysLeft(left)).toBe(
      `an API key named "CI #i00000" whose secret was lost, ${EXPIRY}`,
    );
    expect(scene.keys()).toEqual([]);
  });
});

test.each(['killed', 'cancelled'] as const)(
  'If a step is %s while it deletes replaced keys, the new key is revoked',
  async (how) => {
    const scene = openKeyScene();
    const old = scene.createOther({ name: 'CI' });
    scene.scheduleFaults({ on: DELETE, kind: 'silence' });
    const step = await scene.createKey({ replace: true }, { [`${how}After`]: 500 });
    expect(step.result).toBeUndefined();
    expect(sha256(step.handedOver?.secret)).toBe(step.handedOver?.key.hash);
    await scene.runPost(step);
    expect(scene.keys()).toEqual([old]);
  },
);
