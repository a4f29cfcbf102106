import { expect, test } from '@jest/globals';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { startSandbox } from '../../../sandbox/openrouter/server.ts';
import { annotations } from '../../support/harness.ts';
import { DAY, HOUR, openSweepHarness, slugsIn } from '../../support/sweep.ts';

const { harness, seed, runSweep, slugs } = openSweepHarness();

/** Sweeps a new workspace and an old one at a server that is `ahead` of the runner, in milliseconds. */
async function sweepWith(ahead: number) {
  const other = await startSandbox({ now: () => new Date(Date.now() + ahead) });
  seedWorkspace(other, { slug: 'preview-new', age: 1.5 * DAY });
  seedWorkspace(other, { slug: 'preview-old', age: 2.5 * DAY });
  const step = await runSweep({ 'management-key': other.managementKey, 'api-url': other.url });
  await other.close();
  return step;
}

test.each([20 * HOUR, -20 * HOUR])(
  'the age of a workspace is taken from the clock of the server, if that is ahead by %i ms',
  async (ahead) => {
    const step = await sweepWith(ahead);
    expect(slugsIn(step.outputs['deleted'])).toEqual(['preview-old']);
    expect(slugsIn(step.outputs['kept'])).toEqual(['preview-new']);
    expect(annotations(step, 'warning').map(({ properties }) => properties['title'])).toEqual([
      'Stale: 1 workspace',
    ]);
  },
);

test('no workspace is deleted that is young by the clock of the runner, if that of the server is years ahead', async () => {
  const step = await sweepWith(3650 * DAY);
  expect(step.exitCode).toBe(0);
  expect(step.outputs['count']).toBe('0');
  const [warning, ...others] = annotations(step, 'warning');
  expect(warning?.properties['title']).toBe(
    'The clocks of OpenRouter and of the runner differ by more than a day',
  );
  expect(warning?.data).toMatch(/#clocks-differ$/);
  expect(others).toEqual([]);
});

test.each(['1', 12, 2024, ['2024-01-01'], '2024-11-24T17:47:00', 'build 3', '2024-01-01', null])(
  'a workspace whose created_at is %j is kept, because that is not a time with a time zone',
  async (created_at) => {
    const workspace = seed('preview-old');
    workspace.created_at = created_at as string;
    const step = await runSweep();
    expect(step.outputs['kept']).toContain('"reason":"its age is unknown"');
    expect(slugs()).toContain('preview-old');
  },
);

test('created_at can have any time zone', async () => {
  seed('preview-old').created_at = '2024-01-01T00:00:00+09:00';
  expect((await runSweep()).outputs['count']).toBe('1');
});

test.each(['created_at', 'date'])(
  'a workspace is kept if its age is unknown because the response lacks %s',
  async (lacking) => {
    const workspace = { ...seed('preview-old', 9 * DAY) } as Record<string, unknown>;
    if (lacking === 'created_at') delete workspace['created_at'];
    harness.sandbox.faults.push({
      kind: 'response',
      status: 200,
      headers: lacking === 'date' ? { date: '' } : {},
      body: JSON.stringify({ data: [workspace], total_count: 1 }),
    });
    const step = await runSweep();
    expect(step.exitCode).toBe(0);
    expect(step.outputs['kept']).toContain('"reason":"its age is unknown"');
    expect(slugs()).toContain('preview-old');
  },
);
