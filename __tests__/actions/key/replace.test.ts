import { describe, expect, test } from '@jest/globals';
import { seedUsage } from '../../../sandbox/openrouter/seed.ts';
import { MAX_REPLACED } from '../../../src/actions/key/replace.ts';
import { spentBy } from '../../../src/openrouter/settlement.ts';
import { describeError } from '../../../src/report/describe-error.ts';
import { describeSpent } from '../../../src/shared/describe-spent.ts';
import type { Failure } from '../../../src/shared/failure.ts';
import { CREATE, DELETE, HOUR_MS, LIST, READ } from '../../support/key-harness.ts';
import { expectCleanPost, expectCreated, openKeyScene } from '../../support/key-scene.ts';
import { checkInterleavings, onNth } from '../../support/on-nth.ts';
import { pass } from '../../support/simulation.ts';

checkInterleavings();

const KEPT = { endsAfterJob: false, replace: 'after-job' } as const;

/** Names that are the same but for their endings. */
const NAMES = ['CI', 'CI #other2'];

/** A job whose step has ended, after which `older` keys of the same name existed already. */
async function openJob({ older = 2 } = {}) {
  const scene = openKeyScene();
  const old = NAMES.slice(0, older).map((name) => scene.createOther({ name }));
  const step = await scene.createKey(KEPT);
  const hash = expectCreated(scene, step);
  const before = scene.calls().length;
  return { ...scene, scene, old, step, hash, callsOfPost: () => scene.calls().slice(before) };
}

describe('After a job that succeeded, the post step', () => {
  test('deletes the older keys between two lookups of the new one, with what they have spent', async () => {
    const { scene, step, hash, old, callsOfPost } = await openJob();
    expect(scene.keys()).toHaveLength(3);
    for (const key of old) seedUsage(scene.simulation, key, { credits: 1.5 });
    const post = await scene.runPost(step);
    expectCleanPost(post);
    expect(scene.hashes()).toEqual([hash]);
    expect(callsOfPost()).toEqual([READ, LIST, DELETE, DELETE, READ]);
    expect(describeSpent(spentBy(post.replaced ?? []))).toBe('at least $3.00 spent');
  });

  test('deletes disabled keys, and leaves those that were created after the POST or have another name now', async () => {
    const { scene, step, hash, old } = await openJob();
    const [disabled, renamed] = scene.keys().filter((key) => key.hash !== hash);
    Object.assign(disabled ?? {}, { disabled: true });
    Object.assign(renamed ?? {}, { name: 'CI #4' });
    const later = scene.createOther({ name: 'CI' });
    expectCleanPost(await scene.runPost(step));
    expect(scene.hashes()).toEqual([later.hash, hash, renamed?.hash]);
    expect(old).toHaveLength(2);
  });

  test('looks up the new key, and lists no keys, if there was no older one', async () => {
    const { scene, step, hash, callsOfPost } = await openJob({ older: 0 });
    expectCleanPost(await scene.runPost(step));
    expect(scene.hashes()).toEqual([hash]);
    expect(callsOfPost()).toEqual([READ]);
  });

  test('names the keys that it cannot delete, and the next job deletes them', async () => {
    const { scene, step, hash, old } = await openJob();
    scene.scheduleFaults({ on: DELETE, kind: 'response', status: 403 });
    const post = await scene.runPost(step);
    expect(post).toMatchObject({
      error: { code: 'replaced-keys-not-deleted', details: { key: { hash }, count: 2 } },
      left: { replaced: expect.arrayContaining(old.map((key) => key.hash)) },
      replaced: [{ key: { name: 'CI' } }],
    });
    expect(scene.keys()).toHaveLength(2);
    const next = await scene.createKey(KEPT);
    expectCleanPost(await scene.runPost(next));
    expect(scene.hashes()).toEqual([next.result?.key.hash]);
  });

  test('has a task that keeps the new key, also after the step has deleted a late orphan', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'late', after: 55_000 }] });
    const old = scene.createOther({ name: 'CI' });
    onNth(scene.simulation, CREATE, 2, () => scene.applyFirstPostLate());
    const step = await scene.createKey(KEPT, { timeout: 120_000 });
    const hash = expectCreated(scene, step);
    expect(step.lines.join('\n')).toContain('Deleted the orphaned API key');
    expect(step.task).toMatchObject({ afterJob: 'replaces', replaced: [old.hash] });
    expectCleanPost(await scene.runPost(step));
    expect(scene.hashes()).toEqual([hash]);
  });

  test('reports a replaced key that it cannot delete rather than an orphan, which is only a warning', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'late', after: 55_000 }] });
    const old = scene.createOther({ name: 'CI' });
    const step = await scene.createKey(KEPT, { timeout: 120_000 });
    scene.applyFirstPostLate();
    const rejection = { on: DELETE, kind: 'response', status: 403 } as const;
    scene.scheduleFaults(rejection, rejection);
    const { error, left } = await scene.runPost(step);
    expect(error).toMatchObject({ code: 'replaced-keys-not-deleted' });
    expect(left).toMatchObject({ replaced: [old.hash], mayHaveOrphans: true });
  });

  test('leaves the job as it is if only an orphan cannot be deleted', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'late', after: 55_000 }] });
    scene.createOther({ name: 'CI' });
    const step = await scene.createKey(KEPT, { timeout: 120_000 });
    scene.applyFirstPostLate();
    scene.scheduleFaults({ on: DELETE, kind: 'response', status: 403 });
    const { error, left } = await scene.runPost(step);
    expect(error).toMatchObject({ code: 'orphan-not-deleted' });
    expect(left?.afterJob).toBe('stays');
    expect(left?.mayHaveOrphans).toBe(true);
    expect(scene.hashes()).toContain(step.result?.key.hash);
    expect(scene.keys()).toHaveLength(2);
  });
});

test('A key that reads find only 14 s after its job replaces the older ones', async () => {
  const { scene, step, hash } = await openJob();
  const own = scene.keys().splice(0, 1);
  scene.simulation.clock.after(14_000, () => scene.keys().unshift(...own));
  expectCleanPost(await scene.runPost(step));
  expect(scene.hashes()).toEqual([hash]);
});

describe('If the key of the job has expired', () => {
  test('the post step fails, blames no other job, and deletes nothing', async () => {
    const scene = openKeyScene();
    scene.createOther({ name: 'CI' });
    const step = await scene.createKey({ ...KEPT, expiresInMs: 2 * HOUR_MS });
    const hash = expectCreated(scene, step);
    await pass(scene.simulation, 2 * HOUR_MS + 1_000);
    const { error, left } = await scene.runPost(step);
    const { code, title, lines } = describeError(error, 'none');
    expect({ code, title, lines }).toEqual({
      code: 'key-replaced',
      title: `The API key "CI #i00000" (${step.result?.key.label}) does not work any more`,
      lines: [
        'It expired at 1 Jan 2026 02:00 UTC.',
        'Set expires-in to a longer lifetime, and start a new run.',
        `The key, hash ${hash}, has expired.`,
        'This step has not changed older keys.',
      ],
    });
    expect(left?.replaced).toHaveLength(1);
    expect(scene.keys()).toHaveLength(2);
  });

  test.each([
    ["the server's clock decides", undefined, true],
    [
      "the runner's clock decides, if the key is younger than the server's shows",
      '2025-12-31T23:00:00Z',
      false,
    ],
  ])('%s', async (_, created_at, works) => {
    const scene = openKeyScene({ skew: -25 * HOUR_MS });
    scene.createOther({ name: 'CI' });
    const step = await scene.createKey({ ...KEPT, expiresInMs: 26 * HOUR_MS });
    const [own] = scene.keys();
    // Between the times of both clocks.
    const { account, timeOfDay } = scene.simulation;
    const expiry = (account.now().getTime() + timeOfDay()) / 2;
    const fields = {
      expires_at: new Date(expiry).toISOString(),
      ...(created_at && { created_at }),
    };
    Object.assign(own ?? {}, fields);
    const { error } = await scene.runPost(step);
    expect((error as Failure | undefined)?.code).toBe(works ? undefined : 'key-replaced');
    expect(scene.keys()).toHaveLength(works ? 1 : 2);
  });
});

describe('If the key of the job does not work any more', () => {
  test.each(['deleted', 'disabled'])(
    'because it was %s during the job, the post step fails and deletes nothing',
    async (how) => {
      const { scene, step, hash } = await openJob();
      const [own] = scene.keys().filter((key) => key.hash === hash);
      if (how === 'disabled') Object.assign(own ?? {}, { disabled: true });
      else scene.keys().shift();
      const { error, left } = await scene.runPost(step);
      expect(error).toMatchObject({ code: 'key-replaced', details: { olderEnded: false } });
      expect(left?.replaced).toHaveLength(2);
      expect(scene.keys()).toHaveLength(how === 'disabled' ? 3 : 2);
    },
  );

  test.each([
    ['unknown', '', 'key-replaced'],
    ['failure', 'failure', undefined],
  ])('the post step of a job with the status %s says so, unless it failed', async (...row) => {
    const [, jobStatus, code] = row;
    const { scene, step } = await openJob();
    scene.keys().shift();
    const { error } = await scene.runPost(step, { jobStatus });
    expect((error as Failure | undefined)?.code).toBe(code);
    expect(scene.keys()).toHaveLength(2);
  });

  test('because another job replaced it while the older ones were deleted, the post step fails', async () => {
    const { scene, step, hash } = await openJob();
    onNth(scene.simulation, DELETE, 1, () => {
      const at = scene.keys().findIndex((key) => key.hash === hash);
      scene.keys().splice(at, 1);
    });
    const { error } = await scene.runPost(step);
    expect(error).toMatchObject({ code: 'key-replaced', details: { olderEnded: true } });
    expect(describeError(error, 'none').lines).toEqual([
      'Another job has replaced it, or someone has disabled or deleted it.',
      'What was deployed with this key has no key that works. To recover, repeat the newest run that deploys there, even if it is green.',
      "Then give the jobs that replace each other's keys one concurrency group, with cancel-in-progress: false.",
      'If that job deploys something else, as a second call of one reusable workflow does, give each key a name of its own: key-name of preview, or name of key.',
      `The key, hash ${hash}, is disabled or deleted.`,
      'The older keys that it replaces are disabled or deleted.',
    ]);
    expect(scene.keys()).toEqual([]);
  });
});

test.each([
  ['disabled', { disabled: true }],
  ['expired', { expires_at: '2025-12-31T00:00:00Z' }],
])('With more older keys than a state can hold, %s ones are replaced last', async (_, fields) => {
  const scene = openKeyScene();
  const count = MAX_REPLACED + 50;
  for (let made = 0; made < count; made += 1) scene.createOther({ name: 'CI' });
  const unusable = scene.keys().slice(0, 100);
  for (const key of unusable) Object.assign(key, fields);
  const first = await scene.createKey(KEPT);
  expect(first.task?.replaced).toHaveLength(MAX_REPLACED);
  expect(first.lines).toContain(
    `${count} keys have that name. This job replaces ${MAX_REPLACED} of them if it succeeds, and later jobs the others.`,
  );
  expectCleanPost(await scene.runPost(first));
  const left = scene.keys().filter(({ hash }) => hash !== first.result?.key.hash);
  expect(left).toHaveLength(50);
  expect(unusable).toEqual(expect.arrayContaining(left));
  const second = await scene.createKey(KEPT);
  expectCleanPost(await scene.runPost(second));
  expect(scene.hashes()).toEqual([second.result?.key.hash]);
});
