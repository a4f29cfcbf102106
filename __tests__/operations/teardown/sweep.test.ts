import { expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/openrouter/in-process.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { attemptTimeout } from '../../../src/openrouter/backoff.ts';
import { MAX_CONCURRENCY } from '../../../src/openrouter/throttle.ts';
import { sweep } from '../../../src/operations/teardown/sweep.ts';
import { connect, openSimulation } from '../../support/simulation.ts';

const DAY = 86_400_000;
const TIMEOUT = 300_000;
/** What one workspace may take of it. */
const SHARE = TIMEOUT / 5;

test.each<InProcessFault>([{ kind: 'silence' }, { kind: 'answer', status: 500 }])(
  'as many as are worked on at once, and cannot be deleted (%j), keep the others for a fifth of the time',
  async (fault) => {
    const jitter = [0.5];
    const simulation = openSimulation({
      takenSlugStatus: 400,
      skew: 0,
      latency: 10,
      jitter,
      schedule: [],
    });
    const { clock, network } = simulation;
    const give = (slug: string) => seedWorkspace(simulation, { slug, age: 2 * DAY });
    const bad = Array.from({ length: MAX_CONCURRENCY }, (_, at) => give(`pr-bad-${at}`));
    const good = Array.from({ length: 12 }, (_, at) => give(`pr-good-${at}`));
    for (const { id } of bad) {
      const befalls = { ...fault, on: `DELETE /workspaces/${id}` };
      network.schedule.push(...Array<InProcessFault>(100).fill(befalls));
    }

    const deletedAt: number[] = [];
    const log = {
      debug: () => undefined,
      info: (line: string) => {
        if (/^Deleted pr-/.test(line)) deletedAt.push(clock.now());
      },
    };
    const context = connect(simulation, { timeout: TIMEOUT, jitter });
    const request = {
      slugPattern: 'pr-*',
      olderThanMs: DAY,
      keep: [],
      deleteKeys: false,
      maxDeletions: 50,
      dryRun: false,
      timeoutMs: TIMEOUT,
    };
    const { deleted, failed } = await clock.run(sweep(request, { ...context, log }));
    expect(deleted.map(({ slug }) => slug).sort()).toEqual(good.map(({ slug }) => slug).sort());
    expect(failed).toHaveLength(MAX_CONCURRENCY);
    expect(Math.min(...deletedAt)).toBeGreaterThan(SHARE / 2);
    expect(Math.max(...deletedAt)).toBeLessThan(SHARE + attemptTimeout(0));
  },
);
