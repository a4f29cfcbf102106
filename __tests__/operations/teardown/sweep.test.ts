import { expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/openrouter/in-process.ts';
import { giveWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { attemptTime } from '../../../src/openrouter/retry-policy.ts';
import { AT_ONCE } from '../../../src/openrouter/throttle.ts';
import { sweep } from '../../../src/operations/teardown/sweep.ts';
import { connect, openWorld, SILENT } from '../../support/simulation.ts';

const DAY = 86_400_000;
const TIMEOUT = 300_000;
/** What one workspace may take of it. */
const SHARE = TIMEOUT / 5;

test.each<InProcessFault>([{ kind: 'silence' }, { kind: 'answer', status: 500 }])(
  'as many as are worked on at once, and cannot be deleted (%j), keep the others for a fifth of the time',
  async (fault) => {
    const jitter = [0.5];
    const world = openWorld({ takenSlugStatus: 400, skew: 0, latency: 10, jitter, schedule: [] });
    const { clock, network } = world;
    const give = (slug: string) => giveWorkspace(world, { slug, age: 2 * DAY });
    const bad = Array.from({ length: AT_ONCE }, (_, at) => give(`pr-bad-${at}`));
    const good = Array.from({ length: 12 }, (_, at) => give(`pr-good-${at}`));
    for (const { id } of bad) {
      const befalls = { ...fault, on: `DELETE /workspaces/${id}` };
      network.schedule.push(...Array<InProcessFault>(100).fill(befalls));
    }

    const deletedAt: number[] = [];
    const log = {
      ...SILENT,
      info: (line: string) => {
        if (/^Deleted pr-/.test(line)) deletedAt.push(clock.now());
      },
    };
    const { client, signal } = connect(world, { timeout: TIMEOUT, jitter });
    const request = {
      slugPattern: 'pr-*',
      olderThanMs: DAY,
      keep: [],
      deleteKeys: false,
      maxDeletions: 50,
      dryRun: false,
      timeoutMs: TIMEOUT,
    };
    const { deleted, failed } = await clock.run(sweep(request, { client, clock, log, signal }));
    expect(deleted.map(({ slug }) => slug).sort()).toEqual(good.map(({ slug }) => slug).sort());
    expect(failed).toHaveLength(AT_ONCE);
    expect(Math.min(...deletedAt)).toBeGreaterThan(SHARE / 2);
    expect(Math.max(...deletedAt)).toBeLessThan(SHARE + attemptTime(0));
  },
);
