import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import { expectFailure, openHarness, preloaded } from '../support/harness.ts';
import { inVirtualTime, passTime } from '../support/step-time.ts';

const harness = openHarness();

/** Runs a create step whose POST meets `fault`, and whose lookup after that is rejected. */
async function createWith(
  fault: ScheduledFault,
  inputs: Record<string, string> = {},
  env: Record<string, string> = {},
) {
  const { faults } = harness.sandbox;
  faults.push({ on: 'POST /workspaces', ...fault });
  faults.push({ on: 'GET /workspaces/:id', kind: 'response', status: 403 });
  const failure = expectFailure(await harness.create(inputs, env));
  faults.length = 0;
  return failure;
}

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';

const CHECK_NETWORK =
  'Check api-url, and whether DNS, a proxy or a firewall keeps the runner from that host.';
const MAY_EXIST = 'The request may still have been applied.';

describe('a broken connection fails the step and reports that the workspace may exist', () => {
  test.each<[string, ScheduledFault, string]>([
    ['reset', { kind: 'reset' }, 'closed before the response was complete (ECONNRESET)'],
    ['cut', { kind: 'cut' }, 'closed before the response was complete (ECONNRESET)'],
    ['endless', { kind: 'endless' }, 'the response is larger than 512 KiB'],
  ])('%s', async (_, fault, reason) => {
    const { title, message, code } = await createWith(fault);
    expect(code).toBe('outcome-unknown');
    expect(title).toMatch(/^Could not create the workspace /);
    expect(message).toMatch(/^POST \/workspaces at 127\.0\.0\.1:\d+, after /);
    expect(message).toContain(reason);
    expect(message).toContain(CHECK_NETWORK);
    expect(message).toContain(MAY_EXIST);
  });

  test.each(['silence', 'stall', 'trickle'] as const)('%s', async (kind) => {
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
  });
});

describe('a response without a workspace fails the step and reports that the workspace may exist', () => {
  test.each<[string, number, string, string]>([
    ['empty', 201, '', 'HTTP 201, but the body is empty'],
    ['without a body', 204, '', 'HTTP 204, but the body is empty'],
    ['only whitespace', 200, ' \n', 'HTTP 200, but the body is empty'],
    ['HTML', 200, '<html>Welcome</html>', 'HTTP 200, but the body is not JSON'],
    ['half of JSON', 201, '{"data": {"id": "1"', 'HTTP 201, but the body is not JSON'],
    ['null', 201, 'null', 'HTTP 201, but the body is not an object'],
    ['a list', 201, '[]', 'HTTP 201, but the body is not an object'],
    ['without data', 201, '{}', 'HTTP 201, but the body has no valid data'],
    ['without an id', 201, '{"data":{"slug":"a","name":"A"}}', 'but the body has no valid data.id'],
    [
      'with an empty id',
      201,
      '{"data":{"id":"","slug":"a","name":"A"}}',
      'but the body has no valid data.id',
    ],
    [
      'with an id that is not a UUID',
      201,
      '{"data":{"id":"default","slug":"a","name":"A"}}',
      'but the body has no valid data.id',
    ],
    ['without all', 201, '{"data":{}}', 'but the body has no valid data.id, data.slug, data.name'],
  ])('%s', async (_, status, body, reason) => {
    const { message } = await createWith({ kind: 'response', status, body });
    expect(message).toContain(reason);
    expect(message).toContain(MAY_EXIST);
  });

  test('nested so deep that it exhausts the stack, and names its id', async () => {
    const nested = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const body = `{"data":{"id":"${ID}","slug":"mine","name":"Preview","nested":${nested}}}`;
    const { code, message } = await createWith(
      { kind: 'response', status: 201, body },
      { slug: 'mine' },
    );
    expect(code).toBe('outcome-unknown');
    expect(message).toContain(
      `HTTP 201, but the body is nested more than 100 levels deep; its id is ${ID}`,
    );
    expect(message).toContain(MAY_EXIST);
  });

  test('with another slug than the requested one', async () => {
    const body = JSON.stringify({ data: { id: ID, slug: 'other', name: 'Preview' } });
    const { message } = await createWith({ kind: 'response', status: 201, body }, { slug: 'mine' });
    expect(message).toContain(
      `HTTP 201, but the response is about the workspace "other", id ${ID}`,
    );
    expect(message).toContain(MAY_EXIST);
  });
});

describe('a redirect is not followed, so that the key is not sent to another host', () => {
  test.each([
    [301, 'Moved Permanently'],
    [302, 'Found'],
    [303, 'See Other'],
    [307, 'Temporary Redirect'],
    [308, 'Permanent Redirect'],
  ])('%i', async (status, phrase) => {
    const elsewhere = await harness.startSandbox({ managementKey: harness.sandbox.managementKey });
    const { message } = await createWith({
      kind: 'response',
      status,
      headers: { location: `${elsewhere.url}/workspaces` },
    });
    expect(elsewhere.requests).toEqual([]);
    expect(message).toContain(
      `HTTP ${status} ${phrase} to ${elsewhere.url}/workspaces. Redirects are not followed`,
    );
    expect(message).toContain(MAY_EXIST);
  });

  test('without a location', async () => {
    const { message } = await createWith({ kind: 'response', status: 302 });
    expect(message).toContain('HTTP 302 Found to nowhere. Redirects are not followed');
  });
});

test('an error response whose body is cut off is reported with its status', async () => {
  const { message } = await createWith({ kind: 'cut', status: 401 });
  expect(message).toContain('POST /workspaces: HTTP 401 Unauthorized');
  expect(message).toContain('Nothing was changed at OpenRouter.');
});

test('an error response whose body stalls is reported with its status', async () => {
  // Only the step knows when the beginning of the response has arrived.
  const passingTime = preloaded(`
    import { subscribe } from 'node:diagnostics_channel';
    subscribe('http.client.response.finish', () => setImmediate(() => process.emit('SIGUSR2')));
  `);
  const fault = { kind: 'stall', status: 401 } as const;
  const { message } = await createWith(fault, {}, inVirtualTime(passingTime));
  expect(message).toContain('POST /workspaces: HTTP 401 Unauthorized');
  expect(message).toContain('Nothing was changed at OpenRouter.');
});

describe('a request that was never sent is reported as having changed nothing', () => {
  test('to a port on which nothing listens', async () => {
    const closed = await harness.startSandbox();
    await closed.close();
    const { message, code } = expectFailure(
      await harness.create({ 'api-url': closed.url }, inVirtualTime()),
    );
    expect(code).toBe('unreachable');
    expect(message).toMatch(
      /^POST \/workspaces at 127\.0\.0\.1:\d+, after \d+\.\d s: the connection was refused \(ECONNREFUSED\)/,
    );
    expect(message).toContain(new URL(closed.url).host);
    expect(message).toContain(CHECK_NETWORK);
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });

  test.each([
    ['ENOTFOUND', 'the host name does not exist'],
    ['EAI_AGAIN', 'the host name could not be resolved'],
  ])('to a host whose name cannot be resolved (%s)', async (code, reason) => {
    const failing = preloaded(`
      import dns from 'node:dns';
      const error = Object.assign(new Error('${code}'), { code: '${code}' });
      dns.lookup = (host, options, done) => process.nextTick(done, error);
    `);
    const inputs = { 'api-url': 'https://openrouter.example/api/v1' };
    const step = await harness.create(inputs, inVirtualTime(failing));
    const { message } = expectFailure(step);
    expect(message).toMatch(/^POST \/workspaces at openrouter\.example, after \d+\.\d s: /);
    expect(message).toContain(`: ${reason} (${code})`);
    expect(message).toContain(CHECK_NETWORK);
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });

  test('to an IPv6 port on which nothing listens', async () => {
    const { message } = expectFailure(
      await harness.create({ 'api-url': 'http://[::1]:9/api/v1' }, inVirtualTime()),
    );
    expect(message).toMatch(/the connection was refused \(ECONNREFUSED\)|EADDRNOTAVAIL/);
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });

  test('over TLS to a server without TLS', async () => {
    const url = harness.sandbox.url.replace('http:', 'https:');
    const { message } = expectFailure(await harness.create({ 'api-url': url }));
    expect(message).toMatch(/^POST \/workspaces at 127\.0\.0\.1:\d+, after /);
    expect(message).toContain(CHECK_NETWORK);
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });
});
