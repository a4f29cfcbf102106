import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { type Sandbox, startSandbox } from '../../sandbox/openrouter/server.ts';
import { IF_EXISTS } from '../../src/operations/create/request.ts';
import { expectFailure, openHarness, printedBy, workspaceInputs } from '../support/harness.ts';
import { inVirtualTime, passTime } from '../support/step-time.ts';

describe.each([400, 409, 500] as const)('when a taken slug is rejected with %i', (status) => {
  const harness = openHarness({ takenSlugStatus: status });

  test.each(IF_EXISTS.flatMap((policy) => [2, 8].map((count) => [policy, count] as const)))(
    'and if-exists is %s, exactly one of %i concurrent jobs creates the workspace',
    async (policy, count) => {
      const inputs = { ...workspaceInputs(), 'if-exists': policy };
      const steps = await Promise.all(Array.from({ length: count }, () => harness.create(inputs)));
      const created = harness.sandbox.account.workspaces.filter(({ slug }) => slug === inputs.slug);
      expect(created).toHaveLength(1);

      const succeeded = steps.filter(({ exitCode }) => exitCode === 0);
      expect(succeeded.filter(({ outputs }) => outputs['created'] === 'true')).toHaveLength(1);
      expect(succeeded).toHaveLength(policy === 'fail' ? 1 : count);
      for (const { outputs } of succeeded) expect(outputs['id']).toBe(created[0]?.id);
      for (const step of steps.filter(({ exitCode }) => exitCode !== 0)) {
        const { code, title } = expectFailure(step);
        expect(code).toBe('slug-taken');
        // HTTP 500 can also mean that the POST of the step was applied.
        const unknown = `Cannot determine who created the workspace ${inputs.slug}`;
        const taken = `The slug ${inputs.slug} is taken`;
        expect(status === 500 ? [taken, unknown] : [taken]).toContain(title);
      }
    },
  );
});

describe('a create step in a process of its own', () => {
  const harness = openHarness();

  /** The inputs that lead to `sandbox`, and not to that of the harness. */
  const connectionTo = ({ managementKey, url }: Sandbox) => ({
    'management-key': managementKey,
    'api-url': url,
  });

  const faults = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constantFrom('reset' as const, 'cut' as const),
        applied: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('response' as const),
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
    existsBefore: fc.boolean(),
    deleteAfterJob: fc.boolean(),
  });

  type Job = typeof jobs extends fc.Arbitrary<infer Value> ? Value : never;

  /** Runs the step and its post step on a sandbox of its own. */
  async function runCase(job: Job): Promise<void> {
    const sandbox = await startSandbox();
    try {
      await runCaseOn(sandbox, job);
    } finally {
      await sandbox.close();
    }
  }

  async function runCaseOn(
    sandbox: Sandbox,
    { schedule, ifExists, existsBefore, deleteAfterJob }: Job,
  ): Promise<void> {
    const inputs = {
      ...connectionTo(sandbox),
      ...workspaceInputs(),
      'if-exists': ifExists,
      'delete-after-job': String(deleteAfterJob),
    };
    if (existsBefore) seedWorkspace(sandbox, { slug: inputs.slug, age: 60_000 });
    sandbox.faults.push(...schedule);
    const step = await harness.create(inputs);
    sandbox.faults.length = 0;
    const existing = () => sandbox.account.workspaces.filter(({ slug }) => slug === inputs.slug);
    expect(existing()).toHaveLength(1);
    expect(printedBy(step)).not.toContain(sandbox.managementKey);
    if (existsBefore && ifExists === 'fail') {
      expect(expectFailure(step).title).toBe(`The slug ${inputs.slug} is taken`);
    } else {
      expect(step.exitCode).toBe(0);
      expect(step.outputs).toMatchObject({ id: existing()[0]?.id, created: String(!existsBefore) });
    }

    const post = await harness.post(step, connectionTo(sandbox));
    expect(post.exitCode).toBe(0);
    expect(existing()).toHaveLength(deleteAfterJob && !existsBefore ? 0 : 1);
  }

  test('reports what happened after one to three faults, in 30 cases', async () => {
    const cases = fc.sample(jobs, 30);
    // All at once: most of a case is waiting.
    const outcomes = await Promise.allSettled(cases.map(runCase));
    const failed = outcomes.flatMap((outcome, at) =>
      outcome.status === 'rejected' ? [{ job: cases[at], reason: outcome.reason }] : [],
    );
    expect(failed).toEqual([]);
  });

  test('checks whether the workspace exists if no response to its POST arrives', async () => {
    const { requests, faults } = harness.sandbox;
    const before = requests.length;
    faults.push({ on: 'POST /workspaces', kind: 'silence', applied: true });
    const running = await harness.startCreate({}, inVirtualTime());
    await harness.sandbox.received(before + 1);
    passTime(running);
    const step = await running.result;
    expect(step.outputs).toMatchObject({ created: 'true' });
    expect(step.log).toMatch(
      /POST \/workspaces at \S+, after 30\.0 s: no complete response within 30\.0 s\. Checking whether the workspace exists\./,
    );
  });

  test('logs a line for each retry', async () => {
    harness.sandbox.faults.push(
      { on: 'POST /workspaces', kind: 'response', status: 429, headers: { 'retry-after': '0' } },
      { on: 'POST /workspaces', kind: 'response', status: 502, body: '<b>Bad gateway</b>' },
      { on: 'GET /workspaces/:id', kind: 'reset' },
    );
    const step = await harness.create();
    const lines = step.log.split('\n').map((line) => line.replace(/\d+\.\d s/g, '1.0 s'));
    expect(lines.slice(1, 5)).toEqual([
      'POST /workspaces: HTTP 429 Too Many Requests. Retrying in 1.0 s.',
      'POST /workspaces: HTTP 502 Bad Gateway: Bad gateway. Checking whether the workspace exists.',
      expect.stringMatching(
        /^GET \/workspaces\/preview-\d+ at 127\.0\.0\.1:\d+, after 1\.0 s: the connection was closed before the response was complete \(ECONNRESET\)\. Retrying in 1\.0 s\.$/,
      ),
      'POST /workspaces: HTTP 502 Bad Gateway: Bad gateway. Retrying in 1.0 s.',
    ]);
  });

  test.each([-3, 3])(
    'knows what it created when the server’s clock is %i days off',
    async (days) => {
      const sandbox = await startSandbox({ now: () => new Date(Date.now() + days * 86_400_000) });
      sandbox.faults.push({ on: 'POST /workspaces', kind: 'reset', applied: true });
      const step = await harness.create(connectionTo(sandbox));
      expect(step.outputs['created']).toBe('true');
      await sandbox.close();
    },
  );
});
