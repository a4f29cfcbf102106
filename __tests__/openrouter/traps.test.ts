import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import { startSandbox } from '../../sandbox/openrouter/server.ts';
import { expectFailure, openHarness, preloaded } from '../support/harness.ts';

const harness = openHarness();

/** Runs a create step whose POST is met by `fault`, and a look after it is refused. */
async function createWith(fault: ScheduledFault, inputs: Record<string, string> = {}) {
  const { faults } = harness.sandbox;
  faults.push({ on: 'POST /workspaces', ...fault });
  faults.push({ on: 'GET /workspaces/:id', kind: 'answer', status: 403 });
  const red = expectFailure(await harness.create(inputs));
  faults.length = 0;
  return red;
}

const CHECK_NETWORK =
  'Check api-url, and whether DNS, a proxy or a firewall keeps the runner from that host.';
const MAY_EXIST = 'The request may still have been applied.';

describe('a connection that goes wrong ends red, and says that the workspace may exist', () => {
  test.each<[string, ScheduledFault, string]>([
    ['reset', { kind: 'reset' }, 'closed before the answer was complete (ECONNRESET)'],
    ['cut', { kind: 'cut' }, 'closed before the answer was complete (ECONNRESET)'],
    ['endless', { kind: 'endless' }, 'the answer is longer than 1 MiB'],
  ])('%s', async (_, fault, reason) => {
    const { title, message } = await createWith(fault);
    expect(title).toMatch(/^Could not create the workspace /);
    expect(message).toMatch(/^POST \/workspaces at 127\.0\.0\.1:\d+, after /);
    expect(message).toContain(reason);
    expect(message).toContain(CHECK_NETWORK);
    expect(message).toContain(MAY_EXIST);
  });

  test.each(['silence', 'stall', 'trickle'] as const)('%s', async (kind) => {
    const { message } = await createWith({ kind }, { timeout: '1s' });
    expect(message).toContain('the timeout of 1 s for this step is over');
    expect(message).toContain(MAY_EXIST);
    expect(message).not.toContain(CHECK_NETWORK);
  });
});

describe('an answer that is no workspace ends red, and says that the workspace may exist', () => {
  test.each<[string, number, string, string]>([
    ['empty', 201, '', 'the answer was 201, but it was empty'],
    ['without a body', 204, '', 'the answer was 204, but it was empty'],
    ['blank', 200, ' \n', 'the answer was 200, but it was empty'],
    ['HTML', 200, '<html>Welcome</html>', 'the answer was 200, but it was not JSON'],
    ['half of JSON', 201, '{"data": {"id": "1"', 'the answer was 201, but it was not JSON'],
    ['null', 201, 'null', 'the answer was 201, but it lacked an object'],
    ['a list', 201, '[]', 'the answer was 201, but it lacked an object'],
    ['without data', 201, '{}', 'the answer was 201, but it lacked data'],
    ['without an id', 201, '{"data":{"slug":"a","name":"A"}}', 'but it lacked data.id'],
    ['with an empty id', 201, '{"data":{"id":"","slug":"a","name":"A"}}', 'but it lacked data.id'],
    ['without all', 201, '{"data":{}}', 'but it lacked data.id, data.slug, data.name'],
  ])('%s', async (_, status, body, reason) => {
    const { message } = await createWith({ kind: 'answer', status, body });
    expect(message).toContain(reason);
    expect(message).toContain(MAY_EXIST);
  });

  test('an id that is the slug which was asked for', async () => {
    const body = JSON.stringify({ data: { id: 'mine', slug: 'other', name: 'Preview' } });
    const { message } = await createWith({ kind: 'answer', status: 201, body }, { slug: 'mine' });
    expect(message).toContain('it was the workspace "other"');
    expect(message).toContain(MAY_EXIST);
  });

  test('another slug than the one that was asked for', async () => {
    const body = JSON.stringify({ data: { id: '1', slug: 'other', name: 'Preview' } });
    const { message } = await createWith({ kind: 'answer', status: 201, body }, { slug: 'mine' });
    expect(message).toContain('the answer was 201, but it was the workspace "other"');
    expect(message).toContain(MAY_EXIST);
  });
});

describe('a redirect is not followed, and the key stays at home', () => {
  test.each([301, 302, 303, 307, 308])('%i', async (status) => {
    const elsewhere = await startSandbox({ managementKey: harness.sandbox.managementKey });
    const { message } = await createWith({
      kind: 'answer',
      status,
      headers: { location: `${elsewhere.url}/workspaces` },
    });
    await elsewhere.close();
    expect(elsewhere.requests).toEqual([]);
    expect(message).toContain(
      `the answer was a redirect (${status}) to ${elsewhere.url}/workspaces`,
    );
    expect(message).toContain(MAY_EXIST);
  });

  test('without a location', async () => {
    const { message } = await createWith({ kind: 'answer', status: 302 });
    expect(message).toContain('the answer was a redirect (302) to nowhere');
  });
});

test('an error whose body breaks off is told by its status', async () => {
  const { message } = await createWith({ kind: 'cut', status: 401 });
  expect(message).toContain('POST /workspaces: the answer was 401');
  expect(message).toContain('Nothing was changed at OpenRouter.');
});

test('an error whose body stalls is told by its status', async () => {
  const { message } = await createWith({ kind: 'stall', status: 401 }, { timeout: '2s' });
  expect(message).toContain('POST /workspaces: the answer was 401');
  expect(message).toContain('Nothing was changed at OpenRouter.');
});

describe('where nothing was sent, nothing can exist', () => {
  test('a port that nobody listens on', async () => {
    const gone = await startSandbox();
    await gone.close();
    const { message } = expectFailure(await harness.create({ 'api-url': gone.url, timeout: '1s' }));
    expect(message).toMatch(
      /^POST \/workspaces at 127\.0\.0\.1:\d+, after \d+\.\d s: the connection was refused \(ECONNREFUSED\)/,
    );
    expect(message).toContain(new URL(gone.url).host);
    expect(message).toContain(CHECK_NETWORK);
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });

  test.each([
    ['ENOTFOUND', 'there is no host of that name'],
    ['EAI_AGAIN', 'the name of the host could not be looked up'],
  ])('a host whose name leads nowhere (%s)', async (code, reason) => {
    const failing = preloaded(`
      import dns from 'node:dns';
      const error = Object.assign(new Error('${code}'), { code: '${code}' });
      dns.lookup = (host, options, done) => process.nextTick(done, error);
    `);
    const inputs = { 'api-url': 'https://openrouter.example/api/v1', timeout: '1s' };
    const step = await harness.create(inputs, failing);
    const { message } = expectFailure(step);
    expect(message).toMatch(/^POST \/workspaces at openrouter\.example, after \d+\.\d s: /);
    expect(message).toContain(`: ${reason} (${code})`);
    expect(message).toContain(CHECK_NETWORK);
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });

  test('a port of IPv6 that nobody listens on', async () => {
    const { message } = expectFailure(
      await harness.create({ 'api-url': 'http://[::1]:9/api/v1', timeout: '1s' }),
    );
    expect(message).toMatch(/the connection was refused \(ECONNREFUSED\)|EADDRNOTAVAIL/);
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });

  test('a server of TLS that is none', async () => {
    const url = harness.sandbox.url.replace('http:', 'https:');
    const { message } = expectFailure(await harness.create({ 'api-url': url, timeout: '1s' }));
    expect(message).toMatch(/^POST \/workspaces at 127\.0\.0\.1:\d+, after /);
    expect(message).toContain(CHECK_NETWORK);
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });
});
