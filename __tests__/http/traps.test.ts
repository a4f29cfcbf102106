import { expect, test } from '@jest/globals';
import { expectFailure, openHarness } from '../support/harness.ts';
import { inVirtualTime, passTime } from '../support/step-time.ts';

const harness = openHarness();

const CHECK_NETWORK =
  'Check api-url, and whether DNS, a proxy or a firewall keeps the runner from that host.';
const MAY_EXIST = 'The request may still have been applied.';

test('a connection that is reset fails the step, and the workspace may exist', async () => {
  const { faults } = harness.sandbox;
  faults.push({ on: 'POST /workspaces', kind: 'reset' });
  faults.push({ on: 'GET /workspaces/:id', kind: 'response', status: 403 });
  const { title, message, code } = expectFailure(await harness.create());
  expect(code).toBe('outcome-unknown');
  expect(title).toMatch(/^Could not create the workspace /);
  expect(message).toMatch(
    /^POST \/workspaces at 127\.0\.0\.1:\d+, after \d+\.\d s: the connection was closed before the response was complete \(ECONNRESET\)/,
  );
  // The lookup had a response.
  expect(message).not.toContain(CHECK_NETWORK);
  expect(message).toContain(MAY_EXIST);
});

test.each(['silence', 'trickle'] as const)(
  'a response that is a %s fails the step at its timeout, and the workspace may exist',
  async (kind) => {
    const { requests, faults } = harness.sandbox;
    const before = requests.length;
    faults.push({ on: 'POST /workspaces', kind });
    const step = await harness.startCreate({ timeout: '1s' }, inVirtualTime());
    await harness.sandbox.received(before + 1);
    passTime(step);
    const { message } = expectFailure(await step.result);
    expect(message).toContain('the timeout of 1 s has expired');
    expect(message).toContain(MAY_EXIST);
    expect(message).not.toContain(CHECK_NETWORK);
  },
);

test('a redirect is not followed, so that no secret is sent to another host', async () => {
  const elsewhere = await harness.startSandbox({ managementKey: harness.sandbox.managementKey });
  const location = `${elsewhere.url}/workspaces`;
  harness.sandbox.faults.push({ kind: 'response', status: 307, headers: { location } });
  const { message } = expectFailure(await harness.create());
  expect(elsewhere.requests).toEqual([]);
  expect(message).toContain(`HTTP 307 Temporary Redirect to ${location}. Redirects are not`);
});

test('a port on which nothing listens fails the step, and nothing was changed', async () => {
  const closed = await harness.startSandbox();
  await closed.close();
  const step = await harness.create({ 'api-url': closed.url }, inVirtualTime());
  const { message, code } = expectFailure(step);
  expect(code).toBe('unreachable');
  expect(message).toMatch(
    /^POST \/workspaces at 127\.0\.0\.1:\d+, after \d+\.\d s: the connection was refused \(ECONNREFUSED\)/,
  );
  expect(message).toContain(CHECK_NETWORK);
  expect(message).toContain('Nothing was changed at OpenRouter.');
});
