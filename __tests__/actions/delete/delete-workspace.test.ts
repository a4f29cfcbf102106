import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import {
  type DeleteRequest,
  type DeleteResult,
  deleteOne,
} from '../../../src/actions/delete/delete-workspace.ts';
import type { Workspace } from '../../../src/openrouter/resources/workspaces.ts';
import {
  DELETE_KEY,
  DELETE_WORKSPACE,
  FIND_WORKSPACE,
  LIST_KEYS,
  SLUG,
} from '../../support/delete-harness.ts';
import { beforeNth } from '../../support/on-nth.ts';
import { JITTER, openPlainSimulation } from '../../support/plain-simulation.ts';
import { connect, pass, type Simulation, storyOf } from '../../support/simulation.ts';

async function runDelete(
  simulation: Simulation,
  request: Partial<DeleteRequest> = {},
  { timeout = 60_000, onFound = (_: Workspace) => {} } = {},
): Promise<{ result: DeleteResult | undefined; lines: string[] }> {
  const lines: string[] = [];
  const context = connect(simulation, { timeout, jitter: JITTER }, { lines });
  const defaults = { workspace: SLUG, deleteKeys: true, dryRun: false };
  const work = deleteOne({ ...defaults, ...request }, context, onFound);
  return { result: await simulation.clock.run(work), lines };
}

test('API keys of another workspace are never deleted, whatever OpenRouter lists', async () => {
  const simulation = openPlainSimulation();
  const { account, network } = simulation;
  seedWorkspace(simulation, { slug: SLUG, keys: 1 });
  const other = seedWorkspace(simulation, { slug: 'production', keys: 2 });
  const data = account.keys.filter(({ workspace_id }) => workspace_id === other.id);
  const body = JSON.stringify({ data });
  const response: InProcessFault = { on: LIST_KEYS, kind: 'response', status: 200, body };
  network.schedule.push(...Array<InProcessFault>(30).fill(response));
  const { result, lines } = await runDelete(simulation, {}, { timeout: 2_000 });
  expect(result).toMatchObject({ outcome: 'failed', failure: { code: 'teardown-incomplete' } });
  expect(account.keys).toHaveLength(3);
  expect(lines.join()).toContain(`it lists a key of the workspace ${other.id}`);
});

test('no request is sent for an API key whose hash leads out of its path', async () => {
  const simulation = openPlainSimulation();
  const { account, network } = simulation;
  seedWorkspace(simulation, { slug: SLUG, keys: 1 });
  const [key] = account.keys;
  if (key) key.hash = '..';
  const { result, lines } = await runDelete(simulation, {}, { timeout: 1_000 });
  expect(result).toMatchObject({ outcome: 'failed', failure: { code: 'teardown-incomplete' } });
  expect(lines.join()).toContain('the body has no valid data.0.hash');
  expect(network.calls).not.toContain(DELETE_KEY);
});

test('a deletion logs what it found and what it deleted, and reports the workspace before it deletes it', async () => {
  const simulation = openPlainSimulation();
  await pass(simulation, 50_000);
  const { account, network } = simulation;
  const { id } = seedWorkspace(simulation, { slug: SLUG, keys: 1 });
  const [key] = account.keys;
  const found: unknown[] = [];
  const onFound = (workspace: Workspace) => found.push(workspace.id, network.calls.length);
  const { result, lines } = await runDelete(simulation, {}, { onFound });
  expect(result).toEqual({
    workspace: expect.objectContaining({ id, slug: SLUG }),
    outcome: 'deleted',
    keys: [{ key: expect.objectContaining({ hash: key?.hash }), state: 'works', endedFor: 0 }],
    spent: { amount: 0n, isExact: false },
  });
  expect(found).toEqual([id, 1]);
  expect(storyOf(lines)).toEqual([
    'Requested: delete the workspace "preview-42".',
    'Found "Preview", id <id>.',
    `Deleted 1 API key of the workspace preview-42: "Key 1" (${key?.label}).`,
    'Deleted the workspace: 1 API key, spending not yet counted.',
  ]);
});

test('a dry run of a deletion fails if keys would block it, with the keys', async () => {
  const simulation = openPlainSimulation();
  const { id } = seedWorkspace(simulation, { slug: SLUG, keys: 1 });
  const request = { dryRun: true, deleteKeys: false };
  await expect(runDelete(simulation, request)).rejects.toMatchObject({
    code: 'workspace-has-keys',
    details: { workspace: { id }, keys: [{ key: { hash: simulation.account.keys[0]?.hash } }] },
  });
});

test('a deletion by a slug with another prefix is refused, although no workspace has it', async () => {
  const simulation = openPlainSimulation();
  await expect(runDelete(simulation, { expectSlugPrefix: 'review-' })).rejects.toMatchObject({
    code: 'slug-prefix-mismatch',
    details: { written: SLUG, slug: SLUG, prefix: 'review-' },
  });
  expect(simulation.network.calls).toEqual([]);
});

describe('a deletion that OpenRouter reports', () => {
  test.each([400, 2_000])('is verified although reads lag by %i ms', async (lag) => {
    const simulation = openPlainSimulation();
    seedWorkspace(simulation, { slug: SLUG, keys: 1 });
    const { account, clock } = simulation;
    beforeNth(simulation, DELETE_WORKSPACE, 1, () => {
      const workspaces = [...account.workspaces];
      clock.after(20, () => account.workspaces.splice(0, 9, ...workspaces));
      clock.after(lag, () => account.workspaces.splice(1));
    });
    expect((await runDelete(simulation)).result).toMatchObject({ outcome: 'deleted' });
  });

  test('fails the step if it cannot be verified', async () => {
    const simulation = openPlainSimulation();
    const { id } = seedWorkspace(simulation, { slug: SLUG });
    beforeNth(simulation, FIND_WORKSPACE, 2, () =>
      simulation.network.schedule.push({ on: FIND_WORKSPACE, kind: 'response', status: 403 }),
    );
    expect((await runDelete(simulation)).result).toMatchObject({
      outcome: 'deleted',
      failure: {
        code: 'deletion-not-verified',
        details: { workspace: { slug: SLUG, id }, error: { details: { status: 403 } } },
      },
    });
  });
});
