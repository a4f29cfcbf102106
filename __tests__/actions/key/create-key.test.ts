import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import type { Failure } from '../../../src/shared/failure.ts';
import { CREATE, DELETE, HOUR_MS, LIST, LOOKUP, READ } from '../../support/key-harness.ts';
import {
  changeCreated,
  expectCleanPost,
  expectCreated,
  expectFailed,
  type KeyScene,
  openKeyScene,
} from '../../support/key-scene.ts';
import { checkInterleavings, onNth } from '../../support/on-nth.ts';
import { pass, storyOf } from '../../support/simulation.ts';
import { falseNotFound } from '../../support/some-faults.ts';

checkInterleavings();

/** The lines of a step without what it saves. */
const storyOfStep = ({ lines }: { lines: string[] }) =>
  storyOf(lines).filter((line) => !line.startsWith('{') && line !== 'null');

test.each([
  [true, 'The key is revoked when the job ends.'],
  [false, 'The key is not revoked after the job.'],
])(
  'a key step logs what was requested, what was created, and what happens after the job (revoke-after-job: %s)',
  async (endsAfterJob, last) => {
    const scene = openKeyScene();
    scene.createOther({ name: 'CI' });
    scene.createOther({ name: 'Other' });
    await pass(scene.simulation, 50_000);
    const step = await scene.createKey({ endsAfterJob });
    const hash = expectCreated(scene, step);
    expect(storyOfStep(step)).toEqual([
      'Requested: an API key in the workspace "preview-42".',
      `Created the API key "CI #i00000" (${step.result?.key.label}) in 0.0 s: hash ${hash}, expires at 2026-01-01T06:00:50.000Z.`,
      last,
    ]);
    expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE]);
  },
);

describe("the requested expiry is counted by OpenRouter's clock", () => {
  test.each([3650, -365])('if that is %i days ahead', async (days) => {
    const scene = openKeyScene({ skew: days * 24 * HOUR_MS });
    const step = await scene.createKey({ expiresInMs: HOUR_MS });
    expectCreated(scene, step);
    const { created_at = '', expires_at = '' } = scene.keys()[0] ?? {};
    expect(Date.parse(expires_at ?? '') - Date.parse(created_at)).toBeGreaterThan(HOUR_MS - 1_000);
    expect(step.warnings).toEqual([]);
  });

  test('but by that of the runner if a listed key is younger than the Date of the list', async () => {
    const scene = openKeyScene({ skew: -2 * HOUR_MS });
    scene.createOther({ name: 'Other' });
    Object.assign(scene.keys()[0] ?? {}, { created_at: '2025-12-31T22:01:01Z' });
    const step = await scene.createKey({ expiresInMs: HOUR_MS });
    expect(scene.posted.at(-1)).toMatchObject({ expires_at: '2026-01-01T01:00:00.000Z' });
    expect(expectFailed(step).message).toContain('lifetime: "1 h" → "2 h 59 min"');
  });
});

test.each<[string, number | null, unknown, string | null]>([
  ['the returned one', 6 * HOUR_MS, '2026-01-01T06:00:00Z', '2026-01-01T06:00:00Z'],
  ['the requested one if none is returned', 6 * HOUR_MS, undefined, '2026-01-01T06:00:00.000Z'],
  ['the returned one if none was requested', null, '2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z'],
  ['none if null is returned, and none was requested', null, null, null],
  ['none if a text that is not a time is returned, and none was requested', null, 'soon', null],
])('the expiry in the outputs is %s', async (_, expiresInMs, expires_at, expected) => {
  const scene = openKeyScene();
  changeCreated(scene, (key) => ({ ...key, expires_at }));
  const { result } = await scene.createKey({ expiresInMs });
  expect(result?.expiresAt).toBe(expected);
});

describe('a key that may spend more or live longer than requested', () => {
  const REQUEST = { desired: { name: 'CI', limit: toUsd(5) } };
  const LOOSER = { limit: 500, expires_at: null };
  const CHANGES = ['limit: 5 → 500', 'expires_at: "2026-01-01T06:00:00.000Z" → null'];

  function openLooserScene(): KeyScene {
    const scene = openKeyScene();
    changeCreated(scene, (key) => ({ ...key, ...LOOSER }));
    return scene;
  }

  test('is revoked before any step has its secret, and fails the step', async () => {
    const scene = openLooserScene();
    const step = await scene.createKey(REQUEST);
    const { title, message } = expectFailed(step);
    expect(title).toMatch(
      /^The API key "CI #i00000" \(sk-or-v1-.{7,15}\) is not limited as requested$/,
    );
    expect(message.split('\n')).toEqual([
      'OpenRouter created it with other values than requested:',
      ...CHANGES,
      'It was revoked. No other step has its secret.',
      "Run this again. If it fails again, contact OpenRouter's support.",
    ]);
    expect(step.warnings).toEqual([]);
    expect(step.task).toBeNull();
    expect(scene.keys()).toEqual([]);
    expect(scene.calls()).toEqual([LOOKUP, LIST, CREATE, DELETE]);
  });

  test.each<[string, string, InProcessFault[]]>([
    [
      'the step cannot',
      'Could not revoke it: DELETE /keys/<hash>: HTTP 403 Forbidden',
      [{ on: DELETE, kind: 'response', status: 403 }],
    ],
    [
      'OpenRouter does not find it at first',
      'OpenRouter reports that it does not exist.',
      [falseNotFound(DELETE), falseNotFound(READ)],
    ],
  ])(
    'is revoked by the post step, even with revoke-after-job: false, if %s',
    async (_, problem, faults) => {
      const scene = openLooserScene();
      scene.scheduleFaults(...faults);
      const kept = { endsAfterJob: false, replace: 'after-job' } as const;
      const step = await scene.createKey({ ...REQUEST, ...kept });
      const [hash = ''] = scene.hashes();
      expect(expectFailed(step).message.replace(hash, '<hash>').split('\n').slice(3)).toEqual([
        problem,
        'The post step, if it runs, tries again. No other step has its secret.',
        "Run this again. If it fails again, contact OpenRouter's support.",
      ]);
      expect(step.task).toMatchObject({ created: { hash }, afterJob: 'ends' });
      // Or the post step would require that the key works which it has just revoked.
      expect(step.task?.replaced).toEqual([]);
      expectCleanPost(await scene.runPost(step));
      expect(scene.keys()).toEqual([]);
    },
  );

  test('leaves the post step the search for the orphan of an earlier lost response', async () => {
    const scene = openLooserScene();
    scene.scheduleFaults({ on: CREATE, kind: 'reset' });
    const step = await scene.createKey(REQUEST);
    expectFailed(step);
    expect(step.task).toMatchObject({ mayHaveOrphans: true });
    expect(step.task).not.toHaveProperty('created');
    scene.applyFirstPostLate();
    expectCleanPost(await scene.runPost(step));
    expect(scene.keys()).toEqual([]);
  });
});

test('a key with other values than requested that keep its promise is a warning with both values', async () => {
  const scene = openKeyScene();
  const fields = { limit: 4, include_byok_in_limit: true, expires_at: '2026-01-01T05:00:00Z' };
  changeCreated(scene, (key) => ({ ...key, ...fields }));
  const desired = { name: 'CI', limit: toUsd(5), include_byok_in_limit: false };
  const step = await scene.createKey({ desired });
  expectCreated(scene, step);
  expect(step.warnings).toEqual([
    {
      code: 'key-stricter',
      title: expect.stringMatching(/^The API key "CI #i00000" .* has other values than requested$/),
      lines: [
        'OpenRouter returned other values:',
        'limit: 5 → 4',
        'include_byok_in_limit: false → true',
        'expires_at: "2026-01-01T06:00:00.000Z" → "2026-01-01T05:00:00Z"',
      ],
    },
  ]);
});

describe('a response with a key that this step cannot have requested', () => {
  const OTHERS: [string, Record<string, unknown>][] = [
    ['of another workspace', { workspace_id: 'another' }],
    ['with another name', { name: 'CI #other1' }],
    ['without a name', { name: '' }],
  ];

  test.each(OTHERS)(
    'fails the step, and its post step touches no key: a key %s',
    async (_, fields) => {
      const scene = openKeyScene();
      changeCreated(scene, (key) => ({ ...key, ...fields }));
      const step = await scene.createKey();
      expectFailed(step);
      expect(step.error).toMatchObject({
        code: 'unexpected-key',
        details: { key: fields, workspace: { id: scene.workspace.id }, isOwn: false },
      });
      expect(step.task).toBeNull();
    },
  );

  test('fails the step if only its name is shortened, and the post step revokes it: the key is its own', async () => {
    const scene = openKeyScene();
    changeCreated(scene, (key) => ({ ...key, name: 'C' }));
    const step = await scene.createKey({ endsAfterJob: false });
    const { title, message } = expectFailed(step);
    expect(title).toBe('OpenRouter returned another API key');
    expect(message).toContain(
      'The post step, if it runs, ends it: OpenRouter shortened the name, which must be shorter.',
    );
    expect(step.error).toMatchObject({ code: 'unexpected-key', details: { isOwn: true } });
    expect(step.task).toMatchObject({ afterJob: 'ends', created: { hash: scene.hashes()[0] } });
    expectCleanPost(await scene.runPost(step));
    expect(scene.keys()).toEqual([]);
  });

  test('leaves the post step the search for the orphan of an earlier lost response', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'reset' }] });
    changeCreated(scene, (key) => ({ ...key, name: 'Another' }));
    const step = await scene.createKey();
    expect((step.error as Failure).code).toBe('unexpected-key');
    expect(step.task).toMatchObject({ mayHaveOrphans: true });
    expect(step.task).not.toHaveProperty('created');
    scene.applyFirstPostLate();
    expectCleanPost(await scene.runPost(step));
    expect(scene.keys()).toEqual([]);
  });
});

test('keys of other jobs are never taken for orphans, although all but the endings of their names is the same', async () => {
  const scene = openKeyScene();
  scene.scheduleFaults({ on: CREATE, kind: 'reset', applied: true });
  const createOther = () => scene.createOther({ ...scene.posted[0], name: 'CI #other1' });
  onNth(scene.simulation, CREATE, 1, createOther);
  const step = await scene.createKey();
  const hash = expectCreated(scene, step);
  const [, other] = scene.keys();
  expect(scene.hashes()).toEqual([hash, other?.hash]);
  expect(other?.name).toBe('CI #other1');
  expectCleanPost(await scene.runPost(step));
  expect(scene.keys()).toEqual([other]);
});

test('after two lost responses and one late orphan, the post step still deletes the second', async () => {
  const scene = openKeyScene();
  const lost = { on: CREATE, kind: 'reset' } as const;
  scene.scheduleFaults(lost, lost);
  onNth(scene.simulation, CREATE, 3, scene.applyFirstPostLate);
  const step = await scene.createKey();
  const hash = expectCreated(scene, step);
  expect(scene.hashes()).toEqual([hash]);
  scene.applyFirstPostLate();
  const post = await scene.runPost(step);
  expectCleanPost(post);
  expect(scene.keys()).toEqual([]);
  expect(post.lines.join()).toContain('Deleted the orphaned API key');
  expect(post.lines.join()).not.toContain('Found no');
});
