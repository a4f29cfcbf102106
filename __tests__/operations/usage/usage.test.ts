import { describe, expect, test } from '@jest/globals';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { parseUsd } from '../../../src/lib/usd.ts';
import { readUsage, type UsageRequest } from '../../../src/operations/usage/usage.ts';
import { JITTER, openPlainSimulation } from '../../support/plain-simulation.ts';
import { connect, onResponse, pass, type Simulation } from '../../support/simulation.ts';

const REQUEST: UsageRequest = {
  workspace: 'preview-42',
  keyHash: undefined,
  since: 'created',
  warnAbove: undefined,
  failAbove: undefined,
};

function read(simulation: Simulation, request: Partial<UsageRequest> = {}, lines: string[] = []) {
  const context = connect(simulation, { timeout: 60_000, jitter: JITTER }, { lines });
  return simulation.clock.run(readUsage({ ...REQUEST, ...request }, context));
}

test('a usage step that runs for long reports only its own time', async () => {
  const simulation = openPlainSimulation();
  await pass(simulation, 50_000);
  seedWorkspace(simulation, { slug: 'preview-42' });
  const lines: string[] = [];
  await read(simulation, {}, lines);
  expect(lines.at(-1)).toMatch(/^Read in 0\.\d s\.$/);
});

describe('if the clocks of OpenRouter and of the runner differ', () => {
  const DAY = 86_400_000;
  const TITLE = 'The clocks of OpenRouter and of the runner differ by more than a day';
  const START = Date.UTC(2026, 0);

  test.each([3650 * DAY, -3650 * DAY])(
    'by %i ms, that of the runner decides, and the figures are incomplete',
    async (skew) => {
      const simulation = openPlainSimulation();
      const { account } = simulation;
      const workspace = seedWorkspace(simulation, { slug: 'preview-42', age: 3 * DAY });
      seedUsage(simulation, seedKey(simulation, workspace), { credits: 0.5, age: DAY });
      account.keys.length = 0;
      onResponse(simulation, (response) => {
        const date = new Date(account.now().getTime() + skew).toUTCString();
        return { ...response, headers: { date } };
      });
      const lines: string[] = [];
      const { from, to, cost, gaps } = await read(simulation, {}, lines);
      expect([from, to]).toEqual([START - 3 * DAY, START + 1_000]);
      expect(cost).toBe(parseUsd('0.5'));
      expect(gaps).toEqual([{ kind: 'clocks-differ', server: START + skew, runner: START + 20 }]);
      expect(lines.filter((line) => line === TITLE)).toHaveLength(1);
      expect(lines).toContain(
        "The period is by the runner's clock, and the figures count as incomplete.",
      );
    },
  );
});

test('the period ends by the clock of the runner if OpenRouter does not send its own', async () => {
  const simulation = openPlainSimulation([], { skew: 7_000 });
  seedWorkspace(simulation, { slug: 'preview-42' });
  onResponse(simulation, (response) => ({ ...response, headers: {} }));
  const { to, gaps } = await read(simulation);
  expect([to, gaps]).toEqual([Date.UTC(2026, 0) + 1_000, []]);
});

test('a workspace that does not exist is named', async () => {
  await expect(read(openPlainSimulation())).rejects.toMatchObject({
    code: 'workspace-not-found',
    details: { workspace: 'preview-42' },
  });
});

test('a key of another workspace is not found', async () => {
  const simulation = openPlainSimulation();
  const workspace = seedWorkspace(simulation, { slug: 'preview-42' });
  const { hash } = seedKey(simulation, seedWorkspace(simulation, { slug: 'preview-43' }));
  await expect(read(simulation, { keyHash: hash })).rejects.toMatchObject({
    code: 'key-not-found',
    details: { hash, workspace: { id: workspace.id } },
  });
});

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
