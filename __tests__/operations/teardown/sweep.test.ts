import { expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/openrouter/in-process.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { attemptTimeout } from '../../../src/openrouter/backoff.ts';
import { MAX_CONCURRENCY } from '../../../src/openrouter/throttle.ts';
import { type SweepRequest, sweep } from '../../../src/operations/teardown/sweep.ts';
import { JITTER, openPlainSimulation } from '../../support/plain-simulation.ts';
import { connect } from '../../support/simulation.ts';

const DAY = 86_400_000;
const TIMEOUT = 300_000;
/** What one workspace may take of it. */
const SHARE = TIMEOUT / 5;

const REQUEST: SweepRequest = {
  slugPattern: 'pr-*',
  olderThanMs: DAY,
  keep: [],
  deleteKeys: false,
  maxDeletions: 50,
  dryRun: false,
  timeoutMs: TIMEOUT,
};

const slugsOf = (workspaces: readonly { slug: string }[]) =>
  workspaces.map(({ slug }) => slug).sort();

test.each<InProcessFault>([{ kind: 'silence' }, { kind: 'response', status: 500 }])(
  'a sweep whose first deletions all fail with %j deletes the other workspaces after a fifth of its time',
  async (fault) => {
    const simulation = openPlainSimulation();
    const { clock, network } = simulation;
    const seed = (slug: string) => seedWorkspace(simulation, { slug, age: 2 * DAY });
    const bad = Array.from({ length: MAX_CONCURRENCY }, (_, at) => seed(`pr-bad-${at}`));
    const good = Array.from({ length: 12 }, (_, at) => seed(`pr-good-${at}`));
    for (const { id } of bad) {
      const scheduled = { ...fault, on: `DELETE /workspaces/${id}` };
      network.schedule.push(...Array<InProcessFault>(100).fill(scheduled));
    }

    const deletedAt: number[] = [];
    const log = {
      debug: () => undefined,
      info: (line: string) => {
        if (/^Deleted pr-/.test(line)) deletedAt.push(clock.now());
      },
    };
    const context = connect(simulation, { timeout: TIMEOUT, jitter: JITTER });
    const { deleted, failed } = await clock.run(sweep(REQUEST, { ...context, log }));
    expect(slugsOf(deleted)).toEqual(slugsOf(good));
    expect(failed).toHaveLength(MAX_CONCURRENCY);
    expect(Math.min(...deletedAt)).toBeGreaterThan(SHARE / 2);
    expect(Math.max(...deletedAt)).toBeLessThan(SHARE + attemptTimeout(0));
  },
);

test.each(['GET /workspaces', 'GET /keys', 'DELETE /keys/:hash', 'DELETE /workspaces/:id'])(
  'a sweep succeeds although %s fails three times in different ways',
  async (on) => {
    const simulation = openPlainSimulation();
    const { account, clock, network } = simulation;
    seedWorkspace(simulation, { slug: 'pr-old', age: 3 * DAY, keys: 1 });
    seedWorkspace(simulation, { slug: 'pr-older', age: 10 * DAY });
    seedWorkspace(simulation, { slug: 'pr-young', age: DAY / 2 });
    seedWorkspace(simulation, { slug: 'production', age: 99 * DAY });
    network.schedule.push(
      { on, kind: 'response', status: 502 },
      { on, kind: 'reset', applied: true },
      { on, kind: 'response', status: 429, headers: { 'retry-after': '0' } },
    );
    const context = connect(simulation, { timeout: TIMEOUT, jitter: JITTER });
    const request = { ...REQUEST, deleteKeys: true };
    const { deleted, failed } = await clock.run(sweep(request, context));
    expect(slugsOf(deleted)).toEqual(['pr-old', 'pr-older']);
    expect(failed).toEqual([]);
    expect(slugsOf(account.workspaces)).toEqual(['default', 'pr-young', 'production']);
    expect(network.schedule).toEqual([]);
  },
);
