import { describe, expect, test } from '@jest/globals';
import { type KeyState, type KeyTask, saveState, taskIn } from '../../../src/actions/key/task.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import type { Journal } from '../../../src/shared/context.ts';

const EXPIRY = '2026-01-01T06:00:00.000Z';

const own = {
  workspace: { id: 'w', slug: 'preview-42' },
  desired: { name: 'CI #0ab1c2', workspace_id: 'w', expires_at: EXPIRY },
  mayHaveOrphans: true,
};
const identity = { hash: 'h', label: 'sk-or-v1-0e6...1c96' };
const key: Key = { ...identity, name: 'CI #0ab1c2', workspace_id: 'w', expires_at: EXPIRY };
const created = { ...identity, expiresAt: EXPIRY };
const facts = { ...own, key, replaced: ['older'] };

describe('the task of the post step of a key', () => {
  test.each<[KeyState, Parameters<typeof taskIn>[1], KeyTask]>([
    ['planned', own, { ...own, revoke: true }],
    ['created', facts, { ...own, created, revoke: true }],
    ['given-out', facts, { ...own, created, revoke: false, replaced: ['older'] }],
    ['ended', facts, { ...own, revoke: false }],
  ])('in the state "%s", it is what is left to do then', (state, known, task) => {
    expect(taskIn(state, known)).toEqual(task);
  });

  test('is nothing once no key of the step is left, and no orphan can be', () => {
    expect(taskIn('ended', { ...own, mayHaveOrphans: false })).toBeNull();
  });

  test('must be saved, unless it leaves less to do than the one before', () => {
    const calls: string[] = [];
    const journal: Journal<KeyTask> = {
      saveOrFail: () => calls.push('saveOrFail'),
      saveOrWarn: () => calls.push('saveOrWarn'),
      clearOrWarn: () => calls.push('clearOrWarn'),
    };
    for (const state of ['planned', 'created', 'given-out', 'ended'] as const) {
      saveState(state, facts, journal);
    }
    saveState('ended', { ...own, mayHaveOrphans: false }, journal);
    const must = ['saveOrFail', 'saveOrFail', 'saveOrFail'];
    expect(calls).toEqual([...must, 'saveOrWarn', 'clearOrWarn']);
  });
});
