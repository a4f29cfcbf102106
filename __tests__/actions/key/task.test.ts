import { describe, expect, test } from '@jest/globals';
import {
  type KeyTask,
  saveEnded,
  saveGivenOut,
  saveUnused,
} from '../../../src/actions/key/task.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import type { SaveTask } from '../../../src/shared/context.ts';

const EXPIRY = '2026-01-01T06:00:00.000Z';

const own = {
  workspace: { id: 'w', slug: 'preview-42' },
  desired: { name: 'CI #0ab1c2', workspace_id: 'w', expires_at: EXPIRY },
  mayHaveOrphans: true,
};
const identity = { hash: 'h', label: 'sk-or-v1-0e6...1c96', name: 'CI #0ab1c2' };
const key: Key = { ...identity, workspace_id: 'w', expires_at: EXPIRY };
const created = { ...identity, expiresAt: EXPIRY };
const withKey = { ...own, key, replaced: ['older'] };

/** What is saved, and whether a failure to save it is only a warning. */
function savedBy<Progress>(
  save: (progress: Progress, journal: { saveTask: SaveTask<KeyTask> }) => void,
  progress: Progress,
): unknown[] {
  const saved: unknown[] = [];
  save(progress, { saveTask: (task, { orWarn = false } = {}) => saved.push(task, orWarn) });
  return saved;
}

describe('the task of the post step of a key', () => {
  const toEnd = { ...own, afterJob: 'ends', replaced: [] };

  test('is to end it, as far as it exists, until it is given out', () => {
    expect(savedBy(saveUnused, { ...own, replaced: ['older'] })).toEqual([toEnd, false]);
    expect(savedBy(saveUnused, withKey)).toEqual([{ ...toEnd, created }, false]);
  });

  test.each(['stays', 'replaces'] as const)(
    'is what the author wants once it is given out: %s',
    (afterJob) => {
      const task = { ...own, created, afterJob, replaced: ['older'] };
      const save: typeof saveUnused = (_, journal) =>
        saveGivenOut(withKey, { afterJob, isSealed: false }, journal);
      expect(savedBy(save, withKey)).toEqual([task, false]);
    },
  );

  test('is left as it is once a key is given out that ends, unless it is sealed', () => {
    const save =
      (isSealed: boolean): typeof saveUnused =>
      (_, journal) =>
        saveGivenOut({ ...withKey, replaced: [] }, { afterJob: 'ends', isSealed }, journal);
    expect(savedBy(save(false), withKey)).toEqual([]);
    expect(savedBy(save(true), withKey)).toEqual([{ ...toEnd, created, isSealed: true }, false]);
  });

  test('is to look for orphans once no key of the step is left, and need not be saved', () => {
    expect(savedBy(saveEnded, withKey)).toEqual([toEnd, true]);
    expect(savedBy(saveEnded, { ...withKey, mayHaveOrphans: false })).toEqual([null, true]);
  });
});
