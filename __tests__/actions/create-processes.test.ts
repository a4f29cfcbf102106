import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { startSandbox } from '../../sandbox/openrouter/server.ts';
import { IF_EXISTS } from '../../src/operations/create/request.ts';
import {
  annotations,
  expectFailure,
  openHarness,
  printedBy,
  workspaceInputs,
} from '../support/harness.ts';

describe.each([400, 409, 500] as const)('where a taken slug is answered with %i', (status) => {
  const harness = openHarness({ takenSlugStatus: status });

  test.each(IF_EXISTS.flatMap((policy) => [2, 3, 8].map((count) => [policy, count] as const)))(
    'with if-exists: %s, of %i jobs that ask for the same at once, one makes it',
    async (policy, count) => {
      const inputs = { ...workspaceInputs(), 'if-exists': policy };
      const steps = await Promise.all(Array.from({ length: count }, () => harness.create(inputs)));
      const made = harness.sandbox.account.workspaces.filter(({ slug }) => slug === inputs.slug);
      expect(made).toHaveLength(1);

      const green = steps.filter(({ exitCode }) => exitCode === 0);
      expect(green.filter(({ outputs }) => outputs['created'] === 'true')).toHaveLength(1);
      expect(green).toHaveLength(policy === 'fail' ? 1 : count);
      for (const { outputs } of green) expect(outputs['id']).toBe(made[0]?.id);
      for (const step of steps.filter(({ exitCode }) => exitCode !== 0)) {
        expect(annotations(step)[0]?.properties['title']).toBe(`The slug ${inputs.slug} is taken`);
      }
    },
  );
});

describe('through the bundle', () => {
  const harness = openHarness();

  const faults = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constantFrom('reset' as const, 'cut' as const),
        applied: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('answer' as const),
        status: fc.constantFrom(408, 425, 500, 502, 503, 504, 520, 524),
        body: fc.constantFrom('', '<html>Bad gateway</html>'),
        applied: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('endless' as const), applied: fc.boolean() }),
    ),
    { minLength: 1, maxLength: 3 },
  ) as fc.Arbitrary<ScheduledFault[]>;

  const jobs = fc.record({
    schedule: faults,
    ifExists: fc.constantFrom(...IF_EXISTS),
    isThere: fc.boolean(),
    deletesAfterJob: fc.boolean(),
  });

  test('a create comes through one to three faults, and says the truth', async () => {
    await fc.assert(
      fc.asyncProperty(jobs, async ({ schedule, ifExists, isThere, deletesAfterJob }) => {
        const { sandbox } = harness;
        const inputs = {
          ...workspaceInputs(),
          'if-exists': ifExists,
          'delete-after-job': String(deletesAfterJob),
        };
        if (isThere) seedWorkspace(sandbox, { slug: inputs.slug, age: 60_000 });
        sandbox.faults.push(...schedule);
        const step = await harness.create(inputs);
        sandbox.faults.length = 0;
        const made = () => sandbox.account.workspaces.filter(({ slug }) => slug === inputs.slug);
        expect(made()).toHaveLength(1);
        expect(printedBy(step)).not.toContain(sandbox.managementKey);
        if (isThere && ifExists === 'fail') {
          expect(expectFailure(step).title).toBe(`The slug ${inputs.slug} is taken`);
        } else {
          expect(step.exitCode).toBe(0);
          expect(step.outputs).toMatchObject({ id: made()[0]?.id, created: String(!isThere) });
        }

        const post = await harness.post(step);
        expect(post.exitCode).toBe(0);
        expect(made()).toHaveLength(deletesAfterJob && !isThere ? 0 : 1);
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  test('silence is waited out, and looked into', async () => {
    harness.sandbox.faults.push({ on: 'POST /workspaces', kind: 'silence', applied: true });
    const step = await harness.create({ timeout: '4s' });
    expect(step.outputs).toMatchObject({ created: 'true' });
    expect(step.log).toMatch(
      /POST \/workspaces at \S+, after \d\.\d s: there was no whole answer within \d\.\d s\. Looking whether the workspace is there\./,
    );
  });

  test('each retry leaves a line', async () => {
    harness.sandbox.faults.push(
      { on: 'POST /workspaces', kind: 'answer', status: 429, headers: { 'retry-after': '1' } },
      { on: 'POST /workspaces', kind: 'answer', status: 502, body: '<b>Bad gateway</b>' },
      { on: 'GET /workspaces/:id', kind: 'reset' },
    );
    const step = await harness.create();
    const lines = step.log.split('\n').map((line) => line.replace(/\d\.\d s/g, '1.0 s'));
    expect(lines.slice(1, 5)).toEqual([
      'POST /workspaces: the answer was 429. Trying again in 1.0 s.',
      'POST /workspaces: the answer was 502: Bad gateway. Looking whether the workspace is there.',
      expect.stringMatching(
        /^GET \/workspaces\/preview-\d+ at 127\.0\.0\.1:\d+, after 1\.0 s: the connection was closed before the answer was complete \(ECONNRESET\)\. Trying again in 1\.0 s\.$/,
      ),
      'POST /workspaces: the answer was 502: Bad gateway. Trying again in 1.0 s.',
    ]);
  });

  test.each([-1, 1])('the server’s clock may be off by days (%i)', async (sign) => {
    const now = () => new Date(Date.now() + sign * 3 * 86_400_000);
    const other = await startSandbox({ now });
    other.faults.push({ on: 'POST /workspaces', kind: 'reset', applied: true });
    const key = { 'management-key': other.managementKey, 'api-url': other.url };
    const ours = await harness.create(key);
    expect(ours.outputs['created']).toBe('true');
    await other.close();
  });
});
