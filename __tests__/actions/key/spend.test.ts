import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { seedUsage, type UsageFixture } from '../../../sandbox/openrouter/seed.ts';
import type { KeyRequest } from '../../../src/actions/key/create-key.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { DELETE, DISABLE, LIST, READ } from '../../support/key-harness.ts';
import {
  expectCleanPost,
  expectCreated,
  type KeyScene,
  openKeyScene,
} from '../../support/key-scene.ts';
import type { KeyPost, KeyStep } from '../../support/key-simulation.ts';
import { beforeNth } from '../../support/on-nth.ts';
import { falseNotFound } from '../../support/some-faults.ts';

const throttled = (on: string, seconds: number): InProcessFault => ({
  on,
  kind: 'response',
  status: 429,
  headers: { 'retry-after': String(seconds) },
});

/** A scene with a key step that has succeeded, and whose key has spent 0.0421 USD. */
async function createSpender(
  request: Partial<KeyRequest> = {},
): Promise<{ scene: KeyScene; step: KeyStep }> {
  const scene = openKeyScene();
  const step = await scene.createKey({ desired: { name: 'CI', limit: toUsd(5) }, ...request });
  expectCreated(scene, step);
  seedUsage(scene.simulation, scene.keys()[0] as Key, { credits: 0.0421 });
  return { scene, step };
}

/** Has the post step disable the key, and the response show `fields`; those that are undefined are absent. */
function disableAs(scene: KeyScene, fields: object): void {
  const body = JSON.stringify({ data: { ...scene.keys()[0], disabled: true, ...fields } });
  scene.scheduleFaults({ on: DISABLE, kind: 'response', status: 200, body });
}

const unknownIn = ({ lines }: KeyPost) => lines.filter((line) => line.startsWith('What the API'));

/** Runs the post step, and returns when it sent the first DELETE, in milliseconds after its start. */
async function runUntilDelete(scene: KeyScene, step: KeyStep, conditions = {}) {
  const { clock } = scene.simulation;
  const start = clock.now();
  let deletedAfter = Number.POSITIVE_INFINITY;
  beforeNth(scene.simulation, DELETE, 1, () => {
    deletedAfter = clock.now() - start;
  });
  return { post: await scene.runPost(step, conditions), deletedAfter };
}

describe('the post step of a key', () => {
  test('disables it, takes what it has spent from that response, and deletes it', async () => {
    const { scene, step } = await createSpender();
    const before = scene.calls().length;
    const post = await scene.runPost(step);
    expectCleanPost(post);
    expect(post.lines).toContain('Spent at least $0.0421 of $5.00');
    expect(scene.calls().slice(before)).toEqual([DISABLE, DELETE]);
    expect(scene.keys()).toEqual([]);
  });

  test('counts what it spends until it is disabled', async () => {
    const { scene, step } = await createSpender();
    const [key] = scene.keys();
    scene.scheduleFaults({ on: DISABLE, kind: 'response', status: 500 });
    beforeNth(scene.simulation, DISABLE, 2, () =>
      seedUsage(scene.simulation, key as Key, { credits: 1 }),
    );
    expect((await scene.runPost(step)).lines).toContain('Spent at least $1.04 of $5.00');
  });

  test('reports the most that it has read, also by a lookup that confirms its deletion', async () => {
    const { scene, step } = await createSpender();
    scene.scheduleFaults(falseNotFound(DELETE));
    scene.simulation.account.replicaLags.push(120_000, 0);
    expect((await scene.runPost(step)).lines).toContain('Spent at least $0.0421 of $5.00');
    expect(scene.calls().slice(-4)).toEqual([DISABLE, DELETE, READ, DELETE]);
  });

  const silence = Array<InProcessFault>(9).fill({ on: DISABLE, kind: 'silence' });
  const LONG = { timeout: 60_000 };
  test.each<[string, InProcessFault[], object, number, number]>([
    ['no response arrives, after five seconds', silence, LONG, 4_000, 5_000],
    ['no response arrives, after a quarter of the time', silence, { timeout: 8_000 }, 1_500, 2_000],
    ['it is throttled for longer than the timeout, at once', [throttled(DISABLE, 90)], LONG, 0, 40],
    ['HTTP 403, at once', [{ on: DISABLE, kind: 'response', status: 403 }], LONG, 0, 40],
    ['HTTP 404, at once', [falseNotFound(DISABLE)], LONG, 0, 40],
  ])(
    'deletes it although it cannot be disabled: %s',
    async (_, faults, conditions, earliest, latest) => {
      const { scene, step } = await createSpender();
      scene.scheduleFaults(...faults);
      const { post, deletedAfter } = await runUntilDelete(scene, step, conditions);
      expectCleanPost(post);
      expect(deletedAfter).toBeGreaterThanOrEqual(earliest);
      expect(deletedAfter).toBeLessThanOrEqual(latest);
      expect(scene.keys()).toEqual([]);
      expect(unknownIn(post)).toHaveLength(1);
      expect(post.lines.join('\n')).not.toContain('Spent');
    },
  );

  test.each<[string, InProcessFault, string]>([
    ['rejected', { kind: 'response', status: 403 }, 'PATCH /keys/<hash>: HTTP 403 Forbidden.'],
    [
      'answered with a key that works',
      {
        kind: 'response',
        status: 200,
        body: '{"data":{"hash":"<hash>","name":"CI","label":"x","workspace_id":"x"}}',
      },
      'PATCH /keys/<hash>: HTTP 200, but the API key is not disabled.',
    ],
    ['not found', falseNotFound(DISABLE), 'OpenRouter does not find the key (HTTP 404).'],
  ])('does not report a cost, and says why, if its PATCH is %s', async (_, fault, reason) => {
    const { scene, step } = await createSpender();
    const { hash, label } = step.handedOver?.key ?? { hash: '', label: '' };
    const one = JSON.parse(JSON.stringify({ ...fault, on: DISABLE }).replace('<hash>', hash));
    scene.scheduleFaults(...Array<InProcessFault>(9).fill(one));
    const [line] = unknownIn(await scene.runPost(step));
    expect(line?.replace(hash, '<hash>')).toBe(
      `What the API key "CI #i00000" (${label}) has spent is unknown: ${reason}`,
    );
  });

  test('revokes a key whose spend OpenRouter does not report', async () => {
    const { scene, step } = await createSpender();
    disableAs(scene, { usage: null });
    const post = await scene.runPost(step);
    expect(post.lines.join()).toContain('has spent is unknown: OpenRouter does not report it.');
    expect(scene.keys()).toEqual([]);
  });

  test.each([null, 'some'])(
    'does not report 0 if it cannot read what your own provider keys spent: %p',
    async (byok_usage) => {
      const { scene, step } = await createSpender();
      disableAs(scene, { usage: 5, limit_remaining: 0, byok_usage });
      const { lines, warnings } = await scene.runPost(step);
      expect(lines).toContain(
        'Spent at least $5.00 of $5.00, and an unknown amount with your own provider keys',
      );
      expect(warnings[0]?.title).toBe(
        'Spent at least $5.00 of $5.00 at OpenRouter, and an unknown amount with your own provider keys: the limit of the API key is used up',
      );
    },
  );

  test('says that OpenRouter does not find the key, if so', async () => {
    const { scene, step } = await createSpender();
    scene.keys().length = 0;
    const { lines } = await scene.runPost(step);
    expect(lines.join()).toContain('is unknown: OpenRouter does not find the key (HTTP 404).');
  });

  test('warns if the limit of the key is used up', async () => {
    const { scene, step } = await createSpender({ desired: { name: 'CI', limit: toUsd(0.0421) } });
    const { warnings, lines } = await scene.runPost(step);
    expect(lines).toContain('Spent at least $0.0421 of $0.0421');
    expect(warnings).toEqual([
      {
        code: 'key-limit-used-up',
        title:
          'Spent at least $0.0421 of $0.0421 at OpenRouter: the limit of the API key is used up',
        rows: ['The API key is "CI #i00000".'],
        folded: [{ title: 'Name of the API key', paragraphs: [{ code: 'CI #i00000' }] }],
        lines: [
          'OpenRouter rejects requests beyond the limit with HTTP 403 or 402, so requests with this key may have failed.',
          'If more is needed, raise limit-usd.',
          'OpenRouter can count what is spent up to an hour late.',
        ],
      },
    ]);
  });

  test.each<[string, object, UsageFixture, string, string]>([
    [
      'that includes what your own provider keys spent',
      { include_byok_in_limit: true },
      { credits: 0.2579, byok: 0.8 },
      'Spent at least $0.30 of $1.00 at OpenRouter, and at least $0.80 with your own provider keys',
      'The limit is $1.00, of which at most -$0.10 remains.',
    ],
    [
      'that resets, and that was spent before, too',
      { limit_reset: 'daily' },
      { credits: 300, age: 48 * 3_600_000 },
      'Spent at least $301.04 in total at OpenRouter',
      'The daily limit is $1.00, of which at most -$0.0421 remains.',
    ],
  ])('warns of a limit %s', async (_, fields, usage, spent, line) => {
    const { scene, step } = await createSpender({ desired: { name: 'CI', limit: toUsd(1) } });
    const key = Object.assign(scene.keys()[0] as Key, fields);
    seedUsage(scene.simulation, key, usage);
    if (usage.age) seedUsage(scene.simulation, key, { credits: 1 });
    const { warnings } = await scene.runPost(step);
    expect(warnings[0]?.title).toBe(`${spent}: the limit of the API key is used up`);
    expect(warnings[0]?.lines.at(-1)).toBe(line);
  });

  const UNKNOWN = { limit_remaining: undefined };
  test.each<[string, object, number]>([
    ['all of it, by the spend alone', { ...UNKNOWN, usage: 5 }, 1],
    ['less, by the spend alone', { ...UNKNOWN, usage: '4.99' }, 0],
    ['an unknown part of one that resets', { ...UNKNOWN, usage: 9, limit_reset: 'monthly' }, 0],
    ['all of it but noise', { usage: 5, limit_remaining: 1e-14 }, 1],
    ['all of it but a billionth', { usage: 5, limit_remaining: 1e-9 }, 0],
    ['all of a limit of 0', { usage: 0, limit: 0, limit_remaining: 0 }, 0],
  ])('of whose limit is spent %s (%j) gets so many warnings: %i', async (_, fields, count) => {
    const { scene, step } = await createSpender();
    disableAs(scene, fields);
    expect((await scene.runPost(step)).warnings).toHaveLength(count);
  });
});

describe('the post step of a key that stays', () => {
  const KEPT = { endsAfterJob: false };

  test('reads once what it has spent so far, and changes nothing', async () => {
    const { scene, step } = await createSpender(KEPT);
    const before = scene.calls().length;
    const post = await scene.runPost(step);
    expectCleanPost(post);
    expect(post.lines).toContain('Spent at least $0.0421 of $5.00 so far');
    expect(scene.calls().slice(before)).toEqual([READ]);
    expect(scene.keys()).toMatchObject([{ disabled: false }]);
  });

  test('retries that for five seconds, and only logs why it is unknown', async () => {
    const { scene, step } = await createSpender(KEPT);
    scene.scheduleFaults({ on: READ, kind: 'response', status: 500 });
    expect((await scene.runPost(step)).lines).toContain('Spent at least $0.0421 of $5.00 so far');
    scene.scheduleFaults(...Array<InProcessFault>(9).fill({ on: READ, kind: 'silence' }));
    const { clock } = scene.simulation;
    const start = clock.now();
    const post = await scene.runPost(step);
    expectCleanPost(post);
    expect(clock.now() - start).toBeLessThanOrEqual(5_000);
    expect(unknownIn(post)[0]).toContain('is unknown: GET /keys/');
  });

  test('says "so far" if its limit is used up', async () => {
    const { scene, step } = await createSpender({
      ...KEPT,
      desired: { name: 'CI', limit: toUsd(0.02) },
    });
    const [warning] = (await scene.runPost(step)).warnings;
    expect(warning?.title).toBe(
      'Spent at least $0.0421 of $0.02 at OpenRouter so far: the limit of the API key is used up',
    );
  });
});

describe('the post step of a key that replaces others', () => {
  async function createReplacement() {
    const scene = openKeyScene();
    scene.createOther({ name: 'CI' });
    const step = await scene.createKey({
      desired: { name: 'CI', limit: toUsd(5) },
      endsAfterJob: false,
      replace: 'after-job',
    });
    const key = scene.keys()[0] as Key;
    const spend = () => seedUsage(scene.simulation, key, { credits: 1 });
    spend();
    return { scene, step, key, spend };
  }

  test.each<[string, string, boolean, (key: Key, keys: Key[]) => unknown]>([
    ['by its last lookup', '$2.00', true, () => undefined],
    [
      'also if another job has disabled it',
      '$2.00',
      false,
      (key) => Object.assign(key, { disabled: true }),
    ],
    [
      'by its first lookup if the last does not find it',
      '$1.00',
      true,
      (_, keys) => keys.splice(0),
    ],
  ])('reports what it has spent so far, %s', async (_, spent, isSoFar, during) => {
    const { scene, step, key, spend } = await createReplacement();
    beforeNth(scene.simulation, LIST, 2, () => {
      spend();
      during(key, scene.keys());
    });
    const { lines } = await scene.runPost(step);
    expect(lines.filter((line) => line.startsWith('Spent'))).toEqual([
      `Spent at least ${spent} of $5.00${isSoFar ? ' so far' : ''}`,
    ]);
  });

  const LATE = 120_000;

  test.each([
    ['its first lookup', [0, LATE, LATE]],
    ['its list of keys', [LATE, 0, LATE]],
    ['its last lookup', [LATE, LATE, 0]],
  ])('reports the most that it has read, by %s', async (_, lags) => {
    const { scene, step, key } = await createReplacement();
    seedUsage(scene.simulation, key, { credits: 4 });
    // The list has the older key after this one.
    scene.simulation.account.replicaLags.push(...lags.slice(0, 2), LATE, ...lags.slice(2));
    const { lines } = await scene.runPost(step);
    expect(lines.filter((line) => line.startsWith('Spent'))).toEqual([
      'Spent at least $5.00 of $5.00 so far',
      'Spent at least $5.00 of $5.00 at OpenRouter so far: the limit of the API key is used up',
    ]);
  });

  test.each<[string, InProcessFault[], string]>([
    [
      'fails',
      [{ on: READ, kind: 'response', status: 403 }],
      'GET /keys/<hash>: HTTP 403 Forbidden',
    ],
    [
      'finds nothing',
      Array(5).fill(falseNotFound(READ)),
      'OpenRouter does not find the key (HTTP 404)',
    ],
  ])('says why that is unknown if its first lookup %s', async (_, faults, reason) => {
    const { scene, step, key } = await createReplacement();
    scene.scheduleFaults(...faults);
    const post = await scene.runPost(step);
    expect(post.error).toBeDefined();
    expect(unknownIn(post)[0]?.replace(key.hash, '<hash>')).toContain(`is unknown: ${reason}.`);
  });
});
