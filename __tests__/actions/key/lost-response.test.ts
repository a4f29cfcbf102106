import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import { keyInputs } from '../../../src/actions/key/inputs.ts';
import { parseInput } from '../../../src/inputs/parse-input.ts';
import { CREATE, DELETE, LIST, LOOKUP } from '../../support/key-harness.ts';
import {
  DURING_POST_MS,
  expectCleanPost,
  expectCreated,
  expectFailed,
  openKeyScene,
} from '../../support/key-scene.ts';
import { checkInterleavings, onNth } from '../../support/on-nth.ts';
import { onResponse } from '../../support/simulation.ts';
import { writtenAmount } from '../../support/some-amounts.ts';

checkInterleavings();

test('A list that lags behind the deletion of an orphan does not confuse the step', async () => {
  const scene = openKeyScene();
  const lost = { on: CREATE, kind: 'reset', applied: true } as const;
  scene.scheduleFaults(lost, lost);
  const everListed = new Map<string, unknown>();
  onResponse(scene.simulation, (response) => {
    const { data } = JSON.parse(response.body);
    if (!Array.isArray(data)) return response;
    for (const key of data) everListed.set(key.hash, key);
    return { ...response, body: JSON.stringify({ data: [...everListed.values()] }) };
  });
  const step = await scene.createKey();
  expect(step.error).toBeUndefined();
  expect(scene.hashes()).toEqual([step.handedOver?.key.hash]);
});

test('A key whose response was lost is found with each limit that an author can write', async () => {
  const limitInput = keyInputs().shape.limit_usd;
  await fc.assert(
    fc.asyncProperty(writtenAmount, async (text) => {
      const { data: limit, success } = z.safeParse(limitInput, parseInput(limitInput, text));
      fc.pre(success);
      const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset', applied: true }] });
      const step = await scene.createKey({ desired: { name: 'CI', limit } });
      expectCreated(scene, step);
      expect(scene.hashes()).toEqual([step.handedOver?.key.hash]);
    }),
  );
});

test.each([401, 409])(
  'HTTP %i to POST /keys fails the step at once, without a lookup or a post step',
  async (status) => {
    const scene = openKeyScene({
      faults: [{ on: CREATE, kind: 'response', status, body: '{"message":"No"}' }],
    });
    const step = await scene.createKey();
    const { title, message } = expectFailed(step);
    expect(title).toMatch(/^Could not create the API key "CI #i00000": OpenRouter rejected the /);
    expect(message).toMatch(new RegExp(`^POST /keys: HTTP ${status} [A-Z][A-Za-z ]+: No$`, 'm'));
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE]);
    expect(await scene.runPost(step)).toEqual({ warnings: [], lines: [] });
    expect(scene.calls()).toHaveLength(3);
  },
);

describe('a lookup or a deletion of orphans that fails', () => {
  test('A step succeeds although its last list is rejected, and the post step deletes the orphan', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset' }] });
    onNth(scene.simulation, CREATE, 2, () =>
      scene.scheduleFaults({ on: LIST, kind: 'response', status: 403 }),
    );
    const step = await scene.createKey();
    expectCreated(scene, step);
    expect(step.lines.join('\n')).toContain('It is looked for again when the key ends.');
    scene.applyFirstPostLate();
    await scene.runPost(step);
    expect(scene.keys()).toEqual([]);
  });

  test('A rejected lookup fails the step, and the post step deletes the orphan', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset', applied: true }] });
    onNth(scene.simulation, CREATE, 1, () =>
      scene.scheduleFaults({ on: LIST, kind: 'response', status: 403 }),
    );
    const step = await scene.createKey({ endsAfterJob: false });
    const { title, message } = expectFailed(step);
    expect(scene.calls().filter((call) => call === LIST)).toHaveLength(2);
    expect(title).toBe(
      'Could not create the API key "CI #i00000", or only the response was lost: reset',
    );
    expect(message).toContain('\nCould not check the outcome: GET /keys');
    expect(message.split('\n')[0]).toBe(
      'The post step of this action, if it runs, looks for the API key and deletes it.',
    );
    expect(scene.keys()).toHaveLength(1);
    expectCleanPost(await scene.runPost(step));
    expect(scene.keys()).toEqual([]);
  });

  test('An orphan that cannot be deleted is named, and the post step deletes it', async () => {
    const rejection: InProcessFault = { on: DELETE, kind: 'response', status: 403 };
    const scene = openKeyScene({
      faults: [{ on: CREATE, kind: 'reset', applied: true }, rejection],
    });
    const step = await scene.createKey();
    const [orphan] = scene.keys();
    const { title, message } = expectFailed(step);
    expect(title).toBe(
      `Could not delete the API key "CI #i00000" (${orphan?.label}): OpenRouter does not allow it (HTTP 403)`,
    );
    expect(message).toContain(
      `Orphaned: the API key "CI #i00000" (${orphan?.label}), hash ${orphan?.hash}.`,
    );
    expect(message).not.toContain('Nothing was changed');
    await scene.runPost(step);
    expect(scene.keys()).toEqual([]);
  });
});

test('After a step that was killed during POST /keys, a post step that finds no orphan lists the keys three times within 3 s', async () => {
  const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'silence' }] });
  const step = await scene.createKey({}, { killedAfter: DURING_POST_MS });
  const { clock } = scene.simulation;
  const start = clock.now();
  const post = await scene.runPost(step);
  expectCleanPost(post);
  expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE, LIST, LIST, LIST]);
  expect(clock.now() - start).toBe(3_000 + 3 * 20);
  expect(post.lines.at(-1)).toBe(
    `Found no API key whose secret was lost. A late request may still create "CI #i00000" in the workspace "preview-42". That key expires at ${scene.posted[0]?.expires_at}, unless someone deletes it.`,
  );
});
