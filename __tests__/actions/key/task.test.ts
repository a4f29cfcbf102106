import { describe, expect, test } from '@jest/globals';
import { type KeyState, saveState } from '../../../src/actions/key/task.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';

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
function savedIn(state: KeyState, of: Parameters<typeof saveState>[1]): unknown[] {
  const saved: unknown[] = [];
  saveState(state, of, {
    saveTask: (task, { orWarn = false } = {}) => saved.push(task, orWarn),
  });
  return saved;
}

describe('the task of the post step of a key', () => {
  test.each<[KeyState, Parameters<typeof saveState>[1], unknown, boolean]>([
    ['planned', own, { ...own, ends: true }, false],
    ['created', withKey, { ...own, created, ends: true }, false],
    ['given-out', withKey, { ...own, created, ends: false, replaced: ['older'] }, false],
    ['ended', withKey, { ...own, ends: false }, true],
  ])(
    'in the state "%s", is what is left to do then, and must be saved unless that is less than before',
    (state, of, task, orWarn) => {
      expect(savedIn(state, of)).toEqual([task, orWarn]);
    },
  );

  test('is nothing once no key of the step is left, and no orphan can be', () => {
    expect(savedIn('ended', { ...own, mayHaveOrphans: false })).toEqual([null, true]);
  });
});
