import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../../sandbox/http/faults.ts';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import { CREATE, DELETE, HOUR_MS, LIST, LOOKUP } from '../../support/key.ts';
import {
  DURING_POST_MS,
  expectCleanPost,
  expectCreated,
  expectFailed,
  openKeyScene,
} from '../../support/key-scene.ts';
import { onNth } from '../../support/on-nth.ts';
import { onResponse } from '../../support/simulation.ts';

const CHECKED = 'Checking whether it created a key whose secret was lost.';
const DELETED_ORPHAN = 'Deleted the orphaned API key';

const success = (body: string): ScheduledFault => ({ kind: 'response', status: 201, body });

const LOST_RESPONSES: [string, ScheduledFault][] = [
  ['a reset connection', { kind: 'reset' }],
  ['a response that is cut short', { kind: 'cut' }],
  ['no response', { kind: 'silence' }],
  ['a response that stalls', { kind: 'stall' }],
  ['a response that trickles', { kind: 'trickle' }],
  ['a response without end', { kind: 'endless' }],
  ['HTTP 502', { kind: 'response', status: 502, body: '<h1>Bad gateway</h1>' }],
  ['HTTP 500', { kind: 'response', status: 500, body: '{"error":{"message":"No"}}' }],
  ['HTTP 201 without a body', success('')],
  ['HTTP 201 with a web page', success('<html>Sign in</html>')],
  ['HTTP 201 without the secret', success('{"data":{"hash":"1","name":"CI","label":"x"}}')],
  ['HTTP 201 without the key', success(`{"data":{},"key":"sk-or-v1-${'0'.repeat(64)}"}`)],
];

describe('a POST /keys without a usable response', () => {
  test.each(
    LOST_RESPONSES.flatMap(([name, fault]) =>
      [false, true].map((applied) => [name, applied, fault] as const),
    ),
  )('After %s (applied: %s), the step creates exactly one key', async (_, applied, fault) => {
    const scene = openKeyScene();
    const old = scene.createOther({ name: 'CI' });
    scene.scheduleFaults({ on: CREATE, ...fault, applied });
    const step = await scene.createKey();
    const hash = expectCreated(scene, step);
    expect(scene.hashes()).toEqual([hash, old.hash]);
    const check = applied ? [LIST, DELETE] : [LIST];
    expect(scene.calls().slice(0, 3 + check.length + 1)).toEqual([
      LOOKUP,
      LIST,
      CREATE,
      ...check,
      CREATE,
    ]);
    const [first, second] = scene.posted;
    expect(second).toEqual(first);
    const log = step.lines.join('\n');
    expect(log).toContain(CHECKED);
    expect(log.includes(DELETED_ORPHAN)).toBe(applied);

    expectCleanPost(await scene.runPost(step));
    expect(scene.keys()).toEqual([old]);
  });

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
});

describe('a rejected POST /keys', () => {
  test.each([401, 402, 403, 404, 409, 422])(
    'HTTP %i fails the step at once, without a lookup or a post step',
    async (status) => {
      const scene = openKeyScene({
        faults: [{ on: CREATE, kind: 'response', status, body: '{"message":"No"}' }],
      });
      const step = await scene.createKey();
      const { title, message } = expectFailed(step);
      expect(title).toBe('Could not create the API key "CI"');
      expect(message).toMatch(new RegExp(`^POST /keys: HTTP ${status} [A-Z][A-Za-z ]+: No$`, 'm'));
      expect(message).toContain('Nothing was changed at OpenRouter.');
      expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE]);
      expect(await scene.runPost(step)).toEqual({ warnings: [], lines: [] });
      expect(scene.calls()).toHaveLength(3);
    },
  );

  test('A redirect is not followed or retried, and its orphan is deleted', async () => {
    const scene = openKeyScene();
    const headers = { location: '/elsewhere' };
    scene.scheduleFaults({ on: CREATE, kind: 'response', status: 307, headers, applied: true });
    expect(expectFailed(await scene.createKey()).message).toContain(
      'HTTP 307 Temporary Redirect to https://openrouter.test/elsewhere',
    );
    expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE, LIST, DELETE]);
    expect(scene.keys()).toEqual([]);
  });

  test('The error of a rejection after a lost response says what the post step does', async () => {
    const rejection: InProcessFault = { on: CREATE, kind: 'response', status: 403 };
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset' }, rejection] });
    const step = await scene.createKey();
    expect(expectFailed(step).message).toContain('looks for the API key, and deletes it.');
    scene.applyFirstPostLate();
    await scene.runPost(step);
    expect(scene.keys()).toEqual([]);
  });
});

describe('a lookup or a deletion of orphans that fails', () => {
  test('A step succeeds although its last list is rejected, and the post step deletes the orphan', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset' }] });
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

  test('A rejected lookup fails the step, and the post step deletes the orphan', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset', applied: true }] });
    onNth(scene.simulation, CREATE, 1, () =>
      scene.scheduleFaults({ on: LIST, kind: 'response', status: 403 }),
    );
    const step = await scene.createKey({ revokeAfterJob: false });
    const { title, message } = expectFailed(step);
    expect(scene.calls().filter((call) => call === LIST)).toHaveLength(2);
    expect(title).toBe('Could not create the API key "CI"');
    expect(message).toContain('\nCould not check the outcome: GET /keys');
    expect(message).toContain('looks for the API key, and deletes it.');
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
    expect(title).toBe(`Could not delete the API key "CI" (${orphan?.label})`);
    expect(message).toContain(
      `Orphaned: the API key "CI" (${orphan?.label}), hash ${orphan?.hash}.`,
    );
    expect(message).not.toContain('Nothing was changed');
    await scene.runPost(step);
    expect(scene.keys()).toEqual([]);
  });
});

describe('the post step of a step that was killed during POST /keys', () => {
  test.each([1, 2])(
    'An orphan that appears after list %i of the post step is deleted',
    async (nth) => {
      const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'silence' }] });
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
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'silence' }] });
    const step = await scene.createKey({}, { killedAfter: DURING_POST_MS });
    const { clock } = scene.simulation;
    const start = clock.now();
    expectCleanPost(await scene.runPost(step));
    expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE, LIST, LIST, LIST]);
    expect(clock.now() - start).toBe(3_000 + 3 * 20);
  });
});

describe('a key that may be that of another job', () => {
  test.each([false, true])(
    'More identical keys than POSTs fail the step, and none is deleted (POST applied: %s)',
    async (applied) => {
      const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset', applied }] });
      onNth(scene.simulation, CREATE, 1, () => {
        scene.applyFirstPostLate();
        scene.applyFirstPostLate();
      });
      const step = await scene.createKey();
      const { title, message } = expectFailed(step);
      expect(title).toBe('Cannot determine which job created the API keys named "CI"');
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

  test('With expires-in: never and a name of its own, a step whose response is lost fails', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset', applied: true }] });
    const { message } = expectFailed(await scene.createKey({ expiresInMs: null }));
    expect(message).toContain('keys of this step and keys of other jobs cannot be distinguished');
    expect(message).toContain(scene.keys()[0]?.label ?? '?');
    expect(scene.keys()).toHaveLength(1);
  });

  test('With expires-in: never and a name of its own, the post step warns of orphans', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'silence', applied: true }] });
    const step = await scene.createKey({ expiresInMs: null }, { killedAfter: DURING_POST_MS });
    const post = await scene.runPost(step);
    expect(post.error).toBeUndefined();
    const [warning] = post.warnings;
    expect(warning?.title).toBe('Cannot determine which job created the API key named "CI"');
    expect(warning?.lines.join('\n')).toContain(scene.keys()[0]?.label ?? '?');
    expect(scene.keys()).toHaveLength(1);
  });
});
