import { expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/openrouter/in-process.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { deleteOne } from '../../../src/operations/teardown/delete.ts';
import {
  DELETE_KEY,
  DELETE_WORKSPACE,
  FIND_WORKSPACE,
  LIST_KEYS,
  SLUG,
} from '../../support/delete.ts';
import { JITTER, openPlainSimulation, TRANSIENT_FAULTS } from '../../support/plain-simulation.ts';
import { connect, type Simulation } from '../../support/simulation.ts';

/** Deletes the workspace and its keys within `timeout` milliseconds. */
async function runDelete(simulation: Simulation, timeout = 60_000) {
  const lines: string[] = [];
  const context = connect(simulation, { timeout, jitter: JITTER }, { lines });
  const request = { workspace: SLUG, deleteKeys: true, dryRun: false };
  const result = await simulation.clock.run(deleteOne(request, context, () => undefined));
  return { result, log: lines.join('\n') };
}

/** Expects that a workspace with three keys was deleted, and reported so. */
function expectDeleted(
  { result }: Awaited<ReturnType<typeof runDelete>>,
  { account }: Simulation,
): void {
  expect(result).toMatchObject({ workspace: { slug: SLUG }, deleted: true });
  expect(result.failure).toBeUndefined();
  expect(result.keys).toHaveLength(3);
  expect(account.workspaces.map(({ slug }) => slug)).toEqual(['default']);
  expect(account.keys).toEqual([]);
}

test.each(TRANSIENT_FAULTS)(
  'a deletion succeeds although each of its calls meets %s once',
  async (_, fault) => {
    const calls = [FIND_WORKSPACE, LIST_KEYS, DELETE_KEY, DELETE_WORKSPACE];
    const simulation = openPlainSimulation(calls.map((on) => ({ on, ...fault })));
    seedWorkspace(simulation, { slug: SLUG, keys: 3 });
    expectDeleted(await runDelete(simulation), simulation);
    expect(simulation.network.schedule).toEqual([]);
  },
);

/** What a deletion with three keys sends: a lookup, two lists, four deletions, and a lookup. */
const REQUESTS = 8;

test.each(TRANSIENT_FAULTS)(
  'a deletion succeeds whichever one of its requests meets %s',
  async (_, fault) => {
    for (let at = 0; at < REQUESTS; at += 1) {
      const simulation = openPlainSimulation();
      seedWorkspace(simulation, { slug: SLUG, keys: 3 });
      const { network } = simulation;
      simulation.proxy = (direct) => (request, signal) => {
        if (network.calls.length === at) network.schedule.push(fault);
        return direct(request, signal);
      };
      expectDeleted(await runDelete(simulation), simulation);
      expect(network.calls.length).toBeGreaterThan(REQUESTS);
    }
  },
);

test('API keys of another workspace are never deleted, whatever OpenRouter lists', async () => {
  const simulation = openPlainSimulation();
  const { account, network } = simulation;
  seedWorkspace(simulation, { slug: SLUG, keys: 1 });
  const other = seedWorkspace(simulation, { slug: 'production', keys: 2 });
  const data = account.keys.filter(({ workspace_id }) => workspace_id === other.id);
  const body = JSON.stringify({ data });
  const response: InProcessFault = { on: LIST_KEYS, kind: 'response', status: 200, body };
  network.schedule.push(...Array<InProcessFault>(30).fill(response));
  const { result, log } = await runDelete(simulation, 2_000);
  expect(result.deleted).toBe(false);
  expect(result.failure?.code).toBe('teardown-incomplete');
  expect(account.keys).toHaveLength(3);
  expect(log).toContain(`it lists a key of the workspace ${other.id}`);
});

test('no request is sent for an API key whose hash leads out of its path', async () => {
  const simulation = openPlainSimulation();
  const { account, network } = simulation;
  seedWorkspace(simulation, { slug: SLUG, keys: 1 });
  const [key] = account.keys;
  if (key) key.hash = '..';
  const { result, log } = await runDelete(simulation, 1_000);
  expect(result.deleted).toBe(false);
  expect(result.failure?.code).toBe('teardown-incomplete');
  expect(log).toContain('the body has no valid data.0.hash');
  expect(network.calls).not.toContain(DELETE_KEY);
});
