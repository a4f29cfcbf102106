import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { annotations, openHarness } from '../support/harness.ts';
import { openSimulation, runPost } from '../support/simulation.ts';

const harness = openHarness();

const exists = (slug: string) =>
  harness.sandbox.account.workspaces.some((workspace) => workspace.slug === slug);

/** Starts a create step, and ends it by `signal` once the request with `fault` has arrived. */
async function endBySignal(
  signal: NodeJS.Signals,
  { slug, requests, fault }: { slug: string; requests: number; fault: ScheduledFault },
): Promise<StepResult> {
  const before = harness.sandbox.requests.length;
  harness.sandbox.faults.push(fault);
  const step = await harness.startCreate({ slug, 'delete-after-job': 'true' });
  await harness.sandbox.received(before + requests);
  step.kill(signal);
  return step.result;
}

/** Expects that a killed step reported nothing, and that a cancelled step failed. */
function expectEnded(main: StepResult, signal: NodeJS.Signals): void {
  expect(main.exitCode).toBe(signal === 'SIGKILL' ? null : 1);
  expect(annotations(main)).toHaveLength(signal === 'SIGKILL' ? 0 : 1);
}

async function expectNothingLeft(main: StepResult, slug: string): Promise<void> {
  const post = await harness.post(main);
  expect(post.exitCode).toBe(0);
  expect(annotations(post, 'warning')).toEqual([]);
  expect(exists(slug)).toBe(false);
}

const POST = 'POST /workspaces';
const RECEIVED = { requests: 2, fault: { on: POST, kind: 'silence' } } as const;

describe.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'after %s the post step leaves nothing',
  (signal) => {
    test.each<[string, { requests: number; fault: ScheduledFault }]>([
      ['during the lookup', { requests: 1, fault: { on: 'GET /workspaces/:id', kind: 'silence' } }],
      [
        'after the POST was applied',
        { requests: 2, fault: { on: POST, kind: 'silence', applied: true } },
      ],
      [
        'in the middle of the response',
        { requests: 2, fault: { on: POST, kind: 'stall', applied: true } },
      ],
    ])('when the step ended %s', async (where, point) => {
      const slug = `ended-by-${signal.toLowerCase()}-${where.length}`;
      const main = await endBySignal(signal, { slug, ...point });
      expectEnded(main, signal);
      await expectNothingLeft(main, slug);
    });
  },
);

describe('when the step ended after its POST was received and before it was applied', () => {
  test('by SIGKILL, the post step finds nothing', async () => {
    const slug = 'received-sigkill';
    const main = await endBySignal('SIGKILL', { slug, ...RECEIVED });
    expectEnded(main, 'SIGKILL');
    await expectNothingLeft(main, slug);
  });

  // The post step polls for three seconds, which one test over a socket is enough to wait for.
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s, its cleanup task finds nothing',
    async (signal) => {
      const slug = `received-${signal.toLowerCase()}`;
      const main = await endBySignal(signal, { slug, ...RECEIVED });
      expectEnded(main, signal);
      expect(exists(slug)).toBe(false);

      const { task } = JSON.parse(main.state['cleanup'] ?? '');
      const simulation = openSimulation({
        takenSlugStatus: 400,
        skew: 0,
        schedule: [],
        latency: 1,
      });
      const lines: string[] = [];
      const error = await runPost(simulation, { task }, { timeout: 60_000, jitter: [0.5] }, lines);
      expect(error).toBeUndefined();
      expect(lines.at(-1)).toBe(`The workspace ${slug} does not exist: nothing to clean up.`);
      expect(simulation.network.calls).toHaveLength(3);
    },
  );
});

test('the post step leaves a workspace alone that another job created with the slug', async () => {
  const slug = 'of-another-job';
  const main = await endBySignal('SIGKILL', { slug, ...RECEIVED });
  await harness.create({ slug, name: 'Of another job' });
  const post = await harness.post(main);
  expect(post.exitCode).toBe(0);
  expect(exists(slug)).toBe(true);
  const [warning] = annotations(post, 'warning');
  expect(warning?.properties['title']).toBe('The workspace of-another-job was not deleted');
});
