import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { seedUsage, type UsageFixture } from '../../../sandbox/openrouter/seed.ts';
import { DELETE, READ } from '../../support/key.ts';
import {
  expectCleanPost,
  expectCreated,
  type KeyScene,
  openKeyScene,
} from '../../support/key-scene.ts';
import type { KeyStep } from '../../support/key-steps.ts';

/** A scene with a key step that has succeeded, and whose key has spent 0.0421 USD. */
async function createSpender(request = {}): Promise<{ scene: KeyScene; step: KeyStep }> {
  const scene = openKeyScene();
  const step = await scene.createKey({ desired: { name: 'CI', limit: 5 }, ...request });
  expectCreated(scene, step);
  seedUsage(scene.simulation, scene.keys()[0] as Key, { credits: 0.0421 });
  return { scene, step };
}

/** Has the post step read the key with `fields`; those that are undefined are absent. */
function readAs(scene: KeyScene, fields: object): void {
  const body = JSON.stringify({ data: { ...scene.keys()[0], ...fields } });
  scene.scheduleFaults({ on: READ, kind: 'response', status: 200, body });
}

describe('the post step of a key', () => {
  test('reads what the key has spent before it revokes it', async () => {
    const { scene, step } = await createSpender();
    const post = await scene.runPost(step);
    expectCleanPost(post);
    expect(post.lines).toContain('Spent $0.0421 of the limit of $5.00');
    expect(scene.calls().slice(-2)).toEqual([READ, DELETE]);
    expect(scene.keys()).toEqual([]);
  });

  const THROTTLED = {
    kind: 'response',
    status: 429,
    headers: { 'retry-after': '3600' },
  } as const;
  const FAULTS: [string, InProcessFault, number, string][] = [
    ['no response arrives', { kind: 'silence' }, 1_500, 'no complete response within 1.5 s'],
    ['HTTP 500', { kind: 'response', status: 500 }, 20, 'HTTP 500 Internal Server Error'],
    ['HTTP 429 for an hour', THROTTLED, 20, 'HTTP 429 Too Many Requests'],
  ];

  test.each(FAULTS)(
    'revokes it without delay although it cannot read what it has spent: %s',
    async (_, fault, delay, reason) => {
      const { scene, step } = await createSpender();
      const label = step.handedOver?.key.label;
      scene.scheduleFaults({ ...fault, on: READ });
      const { clock } = scene.simulation;
      const start = clock.now();
      const post = await scene.runPost(step);
      expectCleanPost(post);
      expect(clock.now() - start).toBe(delay + 20);
      expect(scene.keys()).toEqual([]);
      const unknown = post.lines.filter((line) => line.startsWith('What the API key'));
      expect(unknown).toEqual([
        expect.stringContaining(
          `What the API key "CI" (${label}) has spent is unknown: GET /keys/`,
        ),
      ]);
      expect(unknown[0]).toContain(reason);
      expect(scene.calls().filter((call) => call === READ)).toHaveLength(1);
    },
  );

  test('revokes a key whose spend OpenRouter does not report', async () => {
    const { scene, step } = await createSpender();
    readAs(scene, { usage: null });
    const post = await scene.runPost(step);
    expect(post.lines.join()).toContain('has spent is unknown: OpenRouter does not report it.');
    expect(scene.keys()).toEqual([]);
  });

  test.each([null, 'some'])(
    'does not report 0 if it cannot read what your own provider keys spent: %p',
    async (byok_usage) => {
      const { scene, step } = await createSpender();
      readAs(scene, { usage: 5, limit_remaining: 0, byok_usage });
      const { lines, warnings } = await scene.runPost(step);
      expect(lines).toContain(
        'Spent $5.00 of the limit of $5.00, and an unknown amount with your own provider keys',
      );
      expect(warnings[0]?.lines.slice(0, 1)).toEqual([
        'Spent with your own provider keys: an unknown amount.',
      ]);
    },
  );

  test('says that OpenRouter does not find the key, if so', async () => {
    const { scene, step } = await createSpender();
    scene.keys().length = 0;
    const { lines } = await scene.runPost(step);
    expect(lines.join()).toContain('is unknown: OpenRouter does not find the key (HTTP 404).');
  });

  test('warns if the limit of the key is used up', async () => {
    const { scene, step } = await createSpender({ desired: { name: 'CI', limit: 0.0421 } });
    const { warnings, lines } = await scene.runPost(step);
    expect(lines).toContain('Spent $0.0421 of the limit of $0.0421');
    expect(warnings).toEqual([
      {
        code: 'key-limit-used-up',
        title: 'Spent $0.0421: the limit of the API key "CI" is used up',
        lines: [
          'The limit is $0.0421, of which $0.00 remains.',
          'OpenRouter rejects requests beyond the limit with HTTP 403 Forbidden, so requests of this job may have failed.',
          'If the job needs more, raise limit-usd.',
        ],
      },
    ]);
  });

  test.each<[string, object, UsageFixture, string[]]>([
    [
      'that includes what your own provider keys spent',
      { include_byok_in_limit: true },
      { credits: 0.2579, byok: 0.8 },
      ['Spent with your own provider keys: $0.80.', 'The limit is $1.00, of which -$0.10 remains.'],
    ],
    [
      'that resets, and that was spent before, too',
      { limit_reset: 'daily' },
      { credits: 300, age: 48 * 3_600_000 },
      ['The daily limit is $1.00, of which -$0.0421 remains.'],
    ],
  ])('warns of a limit %s', async (_, fields, usage, lines) => {
    const { scene, step } = await createSpender({ desired: { name: 'CI', limit: 1 } });
    const key = Object.assign(scene.keys()[0] as Key, fields);
    seedUsage(scene.simulation, key, usage);
    if (usage.age) seedUsage(scene.simulation, key, { credits: 1 });
    const { warnings } = await scene.runPost(step);
    expect(warnings[0]?.lines.slice(0, lines.length)).toEqual(lines);
  });

  const UNKNOWN = { limit_remaining: undefined };
  test.each<[string, object, number]>([
    ['all of it, by the spend alone', { ...UNKNOWN, usage: '5' }, 1],
    ['less, by the spend alone', { ...UNKNOWN, usage: '4.99' }, 0],
    ['an unknown part of one that resets', { ...UNKNOWN, usage: 9, limit_reset: 'monthly' }, 0],
    ['all of it but noise', { usage: 5, limit_remaining: 1e-14 }, 1],
    ['all of it but a billionth', { usage: 5, limit_remaining: 1e-9 }, 0],
    ['all of a limit of 0', { usage: 0, limit: 0, limit_remaining: 0 }, 0],
  ])('of whose limit is spent %s (%j) gets so many warnings: %i', async (_, fields, count) => {
    const { scene, step } = await createSpender();
    readAs(scene, fields);
    expect((await scene.runPost(step)).warnings).toHaveLength(count);
  });
});
