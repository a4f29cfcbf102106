/** One example over a socket of each kind that `__tests__/operations/key` tests in virtual time. */
import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import { seedKey } from '../../sandbox/openrouter/seed.ts';
import { annotations } from '../support/harness.ts';
import {
  CREATE,
  DELETE,
  expectCreated,
  expectFailed,
  LIST,
  LOOKUP,
  openKeyHarness,
  READ,
} from '../support/key.ts';
import { onNth } from '../support/on-nth.ts';
import { inVirtualTime, passTime } from '../support/step-time.ts';

const key = openKeyHarness();
const { createKey, runPost, keys, calls, posted } = key;

describe('a POST /keys that is applied although its response is lost', () => {
  test.each<[string, ScheduledFault]>([
    ['a reset connection', { kind: 'reset' }],
    ['a response that stalls half-way', { kind: 'stall' }],
  ])('After %s, the orphan is deleted and one key is created', async (_, fault) => {
    const old = seedKey(key.sandbox, key.workspace, { name: 'CI' });
    key.scheduleFaults({ on: CREATE, ...fault, applied: true });
    const inputs = { workspace: key.workspace.slug, name: 'CI' };
    const step = await key.harness.start('key', inputs, inVirtualTime());
    await key.sandbox.received(3);
    if (fault.kind === 'stall') passTime(step);
    const main = await step.result;
    expectCreated(main, keys());
    expect(keys().map(({ hash }) => hash)).toEqual([main.outputs['hash'], old.hash]);
    expect(calls()).toEqual([LOOKUP, LIST, CREATE, LIST, DELETE, CREATE]);
    const [first, second] = posted();
    expect(second).toEqual(first);
    expect(main.log).toContain('Checking whether it created a key whose secret was lost.');
    expect(main.log).toContain('Deleted the orphaned API key');

    const post = await runPost(main);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(keys()).toEqual([old]);
  });

  test('An orphan that cannot be deleted is named, and the post step deletes it', async () => {
    key.scheduleFaults(
      { on: CREATE, kind: 'reset', applied: true },
      { on: DELETE, kind: 'response', status: 403 },
    );
    const main = await createKey();
    const [orphan] = keys();
    const { title, message } = expectFailed(main);
    expect(title).toBe(`Could not delete the API key "CI" (${orphan?.label})`);
    expect(message).toContain(
      `Orphaned: the API key "CI" (${orphan?.label}), hash ${orphan?.hash}.`,
    );
    expect(message).not.toContain('Nothing was changed');
    await runPost(main);
    expect(keys()).toEqual([]);
  });

  test('More identical keys than POSTs fail the step, and none is deleted', async () => {
    key.scheduleFaults({ on: CREATE, kind: 'reset', applied: true });
    onNth(key.sandbox, CREATE, 1, () => {
      key.applyFirstPostLate();
      key.applyFirstPostLate();
    });
    const { title, message } = expectFailed(await createKey());
    expect(title).toBe('Cannot determine which job created the API keys named "CI"');
    expect(keys()).toHaveLength(3);
    for (const { label } of keys()) expect(message).toContain(label);
    expect(calls()).toEqual([LOOKUP, LIST, CREATE, LIST]);
  });
});

test('A POST /keys that is applied while the next one creates a key leaves no orphan', async () => {
  key.scheduleFaults({ on: CREATE, kind: 'reset' });
  onNth(key.sandbox, CREATE, 2, key.applyFirstPostLate);
  const main = await createKey();
  expectCreated(main, keys());
  expect(keys().map(({ hash }) => hash)).toEqual([main.outputs['hash']]);
  await runPost(main);
  expect(calls()).toEqual([LOOKUP, LIST, CREATE, LIST, CREATE, LIST, DELETE, READ, DELETE]);
});

test('A rejected POST /keys fails the step at once and leaves the post step nothing to do', async () => {
  key.scheduleFaults({ on: CREATE, kind: 'response', status: 422, body: '{"message":"No"}' });
  const main = await createKey();
  const { title, message } = expectFailed(main);
  expect(title).toBe('Could not create the API key "CI"');
  expect(message).toContain('HTTP 422 Unprocessable Entity: No');
  expect(message).toContain('Nothing was changed at OpenRouter.');
  expect(calls()).toEqual([LOOKUP, LIST, CREATE]);
  expect(await runPost(main)).toMatchObject({ exitCode: 0, log: '' });
  expect(calls()).toHaveLength(3);
});
