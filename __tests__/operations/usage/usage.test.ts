import { expect, test } from '@jest/globals';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { readUsage, type UsageRequest } from '../../../src/operations/usage/usage.ts';
import { JITTER, openPlainSimulation } from '../../support/plain-simulation.ts';
import { connect, type Simulation } from '../../support/simulation.ts';

const REQUEST: UsageRequest = {
  workspace: 'preview-42',
  keyHash: undefined,
  since: 'created',
  warnAbove: undefined,
  failAbove: undefined,
};

function read(simulation: Simulation) {
  const context = connect(simulation, { timeout: 60_000, jitter: JITTER });
  return simulation.clock.run(readUsage(REQUEST, { ...context, timeOfDay: () => Number.NaN }));
}

test('a usage step counts what more API keys have spent than fit into memory together', async () => {
  const simulation = openPlainSimulation();
  const workspace = seedWorkspace(simulation, { slug: 'preview-42' });
  const key = seedKey(simulation, workspace);
  seedUsage(simulation, key, { credits: 0.1 });
  const name = 'x'.repeat(9_000);
  for (let at = 0; at < 1_000; at += 1) {
    simulation.account.keys.push({ ...key, name, hash: `${key.hash}-${at}` });
  }
  seedUsage(simulation, simulation.account.keys[999] as Key, { credits: 0.2 });
  const { cost, gaps } = await read(simulation);
  expect([cost, gaps]).toEqual([300_000_000_000_000_000_000_000_000_000n, []]);
});
