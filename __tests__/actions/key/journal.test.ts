import { describe, expect, test } from '@jest/globals';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { createKey, type KeyRequest } from '../../../src/actions/key/create-key.ts';
import type { KeyTask } from '../../../src/actions/key/task.ts';
import { stateNotWritten } from '../../../src/report/failures.ts';
import type { SaveTask } from '../../../src/shared/context.ts';
import { Failure } from '../../../src/shared/failure.ts';
import { openPlainSimulation } from '../../support/plain-simulation.ts';
import { connect } from '../../support/simulation.ts';

const REQUEST: KeyRequest = {
  workspace: 'preview-42',
  desired: { name: 'CI' },
  expiresInMs: 3_600_000,
  endsAfterJob: false,
  replace: true,
  isSealed: false,
};

/** Creates a key whose journal cannot be written from its save number `failing` on. */
async function createWithJournal(failing: number) {
  const simulation = openPlainSimulation();
  seedWorkspace(simulation, { slug: 'preview-42' });
  const saved: (KeyTask | null)[] = [];
  let saves = 0;
  const saveTask: SaveTask<KeyTask> = (task, { exists } = {}) => {
    saves += 1;
    if (saves >= failing) throw new Failure(stateNotWritten, { reason: 'ENOSPC', exists });
    saved.push(task);
  };
  const work = createKey(REQUEST, {
    ...connect(simulation, { timeout: 60_000, jitter: [0.5] }),
    saveTask,
    registerSecrets: () => undefined,
    onKey: () => undefined,
    random: () => 0.5,
  });
  const error = await simulation.clock.run(
    work.then(
      () => undefined,
      (failure: unknown) => failure,
    ),
  );
  return { error, saved, keys: simulation.account.keys };
}

describe('a key that is kept after the job', () => {
  test('fails the step if the post step cannot be told to keep it, because it revokes it then', async () => {
    const { error, saved, keys } = await createWithJournal(3);
    expect(error).toMatchObject({
      code: 'state-not-written',
      details: {
        exists: expect.stringContaining(
          `hash ${keys[0]?.hash}, which the post step, if it runs, ends`,
        ),
      },
    });
    expect(saved.at(-1)).toMatchObject({ afterJob: 'ends' });
  });
});

test('a step that cannot save what its post step has to do creates no key', async () => {
  const { error, keys } = await createWithJournal(1);
  expect(error).toMatchObject({ code: 'state-not-written', details: { exists: undefined } });
  expect(keys).toEqual([]);
});
