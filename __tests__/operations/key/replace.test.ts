import { describe, expect, test } from '@jest/globals';
import { seedUsage } from '../../../sandbox/openrouter/seed.ts';
import { formatUsd } from '../../../src/lib/usd.ts';
import { totalSpent } from '../../../src/openrouter/resources/keys.ts';
import { MAX_REPLACED } from '../../../src/operations/key/replace.ts';
import { CREATE, DELETE, LIST, READ } from '../../support/key.ts';
import {
  DURING_POST_MS,
  expectCleanPost,
  expectCreated,
  openKeyScene,
} from '../../support/key-scene.ts';
import { onNth } from '../../support/on-nth.ts';

const KEPT = { revokeAfterJob: false, replace: 'after-job' } as const;

/** A job whose step has ended, after which `older` keys of the same name existed already. */
async function openJob({ older = 2 } = {}) {
  const scene = openKeyScene();
  const old = Array.from({ length: older }, () => scene.createOther({ name: 'CI' }));
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
    // The first lookup is about what the new key has spent.
    expect(callsOfPost()).toEqual([READ, READ, LIST, DELETE, DELETE, READ]);
    expect(formatUsd(totalSpent(post.replaced ?? []) ?? 0n)).toBe('$3.00');
  });

  test('deletes disabled keys, and leaves those that were created after the POST or have another name now', async () => {
    const { scene, step, hash, old } = await openJob();
    const [disabled, renamed] = scene.keys().filter((key) => key.hash !== hash);
    Object.assign(disabled ?? {}, { disabled: true });
    Object.assign(renamed ?? {}, { name: 'Other' });
    const later = scene.createOther({ name: 'CI' });
    expectCleanPost(await scene.runPost(step));
    expect(scene.hashes()).toEqual([later.hash, hash, renamed?.hash]);
    expect(old).toHaveLength(2);
  });

  test('looks up the new key, and lists no keys, if there was no older one', async () => {
    const { scene, step, hash, callsOfPost } = await openJob({ older: 0 });
    expectCleanPost(await scene.runPost(step));
    expect(scene.hashes()).toEqual([hash]);
    expect(callsOfPost()).toEqual([READ, READ]);
  });

  test('names the keys that it cannot delete, and the next job deletes them', async () => {
    const { scene, step, hash, old } = await openJob();
    scene.scheduleFaults({ on: DELETE, kind: 'response', status: 403 });
    const post = await scene.runPost(step);
    expect(post).toMatchObject({
      error: { code: 'replaced-keys-not-deleted', details: { key: { hash }, count: 2 } },
      left: { replaced: expect.arrayContaining(old.map((key) => key.hash)) },
      replaced: [{ name: 'CI' }],
    });
    expect(scene.keys()).toHaveLength(2);
    const next = await scene.createKey(KEPT);
    expectCleanPost(await scene.runPost(next));
    expect(scene.hashes()).toEqual([next.result?.key.hash]);
  });

  test('leaves the job as it is if only an orphan cannot be deleted', async () => {
    const scene = openKeyScene({ faults: [{ on: CREATE, kind: 'late', after: 55_000 }] });
    scene.createOther({ name: 'CI' });
    const step = await scene.createKey(KEPT, { timeout: 120_000 });
    scene.applyFirstPostLate();
    scene.scheduleFaults({ on: DELETE, kind: 'response', status: 403 });
    const { error, left } = await scene.runPost(step);
    expect(error).toMatchObject({ code: 'orphan-not-deleted' });
    expect(left?.replaced).toBeUndefined();
    expect(left?.search.lostPosts).toBe(1);
    expect(scene.hashes()).toContain(step.result?.key.hash);
    expect(scene.keys()).toHaveLength(2);
  });
});

test.each(['failure', 'cancelled', '', 'skipped'])(
  'With the job status "%s", no key is deleted',
  async (jobStatus) => {
    const { scene, step } = await openJob();
    const { warnings, error, lines, replaced } = await scene.runPost(step, { jobStatus });
    expect(error).toBeUndefined();
    expect(replaced).toBeUndefined();
    expect(scene.keys()).toHaveLength(3);
    expect(lines).toContain('The job has not succeeded: older keys stay.');
    const isKnown = ['failure', 'cancelled'].includes(jobStatus);
    expect(warnings.map(({ code }) => code)).toEqual(isKnown ? [] : ['job-status-unknown']);
  },
);

test('What failed jobs have left is deleted after the next success', async () => {
  const { scene, step } = await openJob();
  await scene.runPost(step, { jobStatus: 'failure' });
  // Its post step never runs.
  await scene.createKey(KEPT);
  const killed = await scene.createKey(KEPT, { killedAfter: DURING_POST_MS });
  expect(killed.task).toMatchObject({ revoke: true });
  expect(killed.task?.replaced).toBeUndefined();
  expect(scene.keys()).toHaveLength(5);
  const last = await scene.createKey(KEPT);
  expectCleanPost(await scene.runPost(last));
  expect(scene.hashes()).toEqual([last.result?.key.hash]);
});

test('A key that is revoked, because no step has got it, replaces no other', async () => {
  const { scene, old } = await openJob();
  const killed = await scene.createKey(KEPT, { killedAfter: DURING_POST_MS });
  expectCleanPost(await scene.runPost(killed));
  expect(scene.hashes()).toEqual(expect.arrayContaining(old.map(({ hash }) => hash)));
  expect(scene.keys()).toHaveLength(3);
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

  test('because another job replaced it while the older ones were deleted, the post step fails', async () => {
    const { scene, step, hash } = await openJob();
    onNth(scene.simulation, DELETE, 1, () => {
      const at = scene.keys().findIndex((key) => key.hash === hash);
      scene.keys().splice(at, 1);
    });
    const { error } = await scene.runPost(step);
    expect(error).toMatchObject({ code: 'key-replaced', details: { olderEnded: true } });
    expect(scene.keys()).toEqual([]);
  });
});

test('With more older keys than a state can hold, a job replaces first those that work', async () => {
  const scene = openKeyScene();
  const count = MAX_REPLACED + 50;
  for (let made = 0; made < count; made += 1) scene.createOther({ name: 'CI' });
  for (const key of scene.keys().slice(0, 100)) key.disabled = true;
  const first = await scene.createKey(KEPT);
  expect(first.task?.replaced).toHaveLength(MAX_REPLACED);
  expect(first.lines).toContain(
    `${count} keys have that name. This job replaces ${MAX_REPLACED} of them if it succeeds, and later jobs the others.`,
  );
  expectCleanPost(await scene.runPost(first));
  const left = scene.keys().filter(({ hash }) => hash !== first.result?.key.hash);
  expect(left.map(({ disabled }) => disabled)).toEqual(Array(50).fill(true));
  const second = await scene.createKey(KEPT);
  expectCleanPost(await scene.runPost(second));
  expect(scene.hashes()).toEqual([second.result?.key.hash]);
});
