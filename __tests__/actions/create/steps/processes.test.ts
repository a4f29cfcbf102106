import { expect, test } from '@jest/globals';
import { openHarness, workspaceInputs } from '../../../support/harness.ts';
import { inVirtualTime, passTime } from '../../../support/step-time.ts';

const harness = openHarness();

// Any number of jobs, in any order: __tests__/properties/create.ts
test('exactly one of three jobs at the same time creates the workspace, and the others use it', async () => {
  const inputs = { ...workspaceInputs(), 'if-exists': 'reuse' };
  const jobs = await Promise.all([1, 2, 3].map(() => harness.startCreate(inputs)));
  const steps = await Promise.all(jobs.map(({ result }) => result));
  const created = harness.sandbox.account.workspaces.filter(({ slug }) => slug === inputs.slug);
  expect(created).toHaveLength(1);
  for (const { outputs } of steps) expect(outputs['id']).toBe(created[0]?.id);
  expect(steps.map(({ outputs }) => outputs['created']).sort()).toEqual(['false', 'false', 'true']);
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
