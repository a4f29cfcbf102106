import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../sandbox/openrouter/server.ts';
import { createCertificate } from '../support/certificate.ts';
import {
  expectFailure,
  printedBy,
  ROOT,
  startRegistered,
  workspaceInputs,
} from '../support/harness.ts';
import { type ProxyOptions, startProxy } from '../support/proxy.ts';
import { openResources } from '../support/resources.ts';
import { inVirtualTime, passTime } from '../support/step-time.ts';

const resources = openResources();

/** Requests to loopback never go through a proxy, so these tests use a host that only their proxies know. */
const HOST = 'openrouter.test';

let folder: string;
let authority: string;
let sandbox: Sandbox;

beforeAll(async () => {
  const certificate = await createCertificate(HOST);
  folder = await mkdtemp(join(tmpdir(), 'authority-'));
  authority = join(folder, 'authority.pem');
  await writeFile(authority, certificate.authority);
  sandbox = resources.add(await startSandbox({ tls: certificate }));
});

afterAll(() => rm(folder, { recursive: true }));

async function create(env: Record<string, string>, inputs: Record<string, string> = {}) {
  return (await start(env, inputs)).result;
}

/** A step that retries until its time is over, which passes at once. */
function createUntilTimeout(env: Record<string, string>) {
  return create(inVirtualTime(env), { timeout: '2s' });
}

function start(env: Record<string, string>, inputs: Record<string, string> = {}) {
  const options = {
    action: ROOT,
    with: {
      'management-key': sandbox.managementKey,
      'api-url': `https://${HOST}/api/v1`,
      ...workspaceInputs(),
      ...inputs,
    },
    env: { NODE_EXTRA_CA_CERTS: authority, ...env },
  };
  return startRegistered(options, resources);
}

/** A proxy in front of the sandbox. */
async function openProxy(options: Omit<ProxyOptions, 'port'> = {}) {
  return resources.add(await startProxy({ port: sandbox.port, ...options }));
}

describe('a proxy', () => {
  test.each(['https_proxy', 'HTTPS_PROXY'])(
    'from %s carries the request over TLS',
    async (name) => {
      const proxy = await openProxy();
      const step = await create({ [name]: proxy.url });
      expect(step.exitCode).toBe(0);
      expect(step.stderr).toBe('');
      expect(proxy.tunnels).toEqual([{ target: `${HOST}:443`, authorization: undefined }]);
      expect(sandbox.requests.at(-1)?.headers.authorization).toBe(
        `Bearer ${sandbox.managementKey}`,
      );
    },
  );

  test('gets its user and password, which the log does not show', async () => {
    const proxy = await openProxy();
    const step = await create({ https_proxy: proxy.url.replace('//', '//robot:s%40crets@') });
    expect(step.exitCode).toBe(0);
    const basic = `Basic ${Buffer.from('robot:s@crets').toString('base64')}`;
    expect(proxy.tunnels[0]?.authorization).toBe(basic);
    expect(step.stderr).toBe('');
    expect(step.masks).toContain('s@crets');
    expect(printedBy(step)).not.toContain('crets');
  });

  test('is bypassed for a host in no_proxy', async () => {
    const proxy = await openProxy();
    const step = await createUntilTimeout({ https_proxy: proxy.url, no_proxy: HOST });
    expect(proxy.tunnels).toEqual([]);
    const { message } = expectFailure(step);
    expect(message).toContain(`POST /workspaces at ${HOST}, after `);
    expect(message).not.toContain('through the proxy');
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });

  test.each(['*.test', '10.0.0.0/8', `${HOST} other.test`])(
    'is used if no_proxy is %j, which is not supported',
    async (no_proxy) => {
      const proxy = await openProxy();
      const step = await create({ https_proxy: proxy.url, no_proxy });
      expect(step.exitCode).toBe(0);
      expect(proxy.tunnels).toHaveLength(1);
    },
  );

  test('that does not listen is named, and nothing was sent', async () => {
    const proxy = await openProxy();
    await proxy.close();
    const step = await createUntilTimeout({ https_proxy: proxy.url });
    const { message } = expectFailure(step);
    expect(message).toContain(`through the proxy ${new URL(proxy.url).host}`);
    expect(step.log).toContain('ECONNREFUSED');
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });

  test('that never responds does not delay the job', async () => {
    const proxy = await openProxy({ response: 'silence' });
    const step = await start(inVirtualTime({ https_proxy: proxy.url }), { timeout: '1s' });
    await proxy.requested;
    passTime(step);
    const { message } = expectFailure(await step.result);
    expect(message).toContain('the timeout of 1 s has expired, through the proxy');
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });

  test.each([
    [403, 'statusCode=403'],
    [407, 'the proxy requires a user and a password'],
    [502, 'statusCode=502'],
  ])('that responds with %i is named, and nothing was sent', async (response, reason) => {
    const proxy = await openProxy({ response });
    const step = await createUntilTimeout({ https_proxy: proxy.url });
    const { message } = expectFailure(step);
    expect(message).toContain(reason);
    expect(message).toContain(`through the proxy ${new URL(proxy.url).host}`);
    expect(message).toContain('Nothing was changed at OpenRouter.');
  });

  test('can be written without a scheme if it is an address', async () => {
    const proxy = await openProxy();
    const step = await create({ https_proxy: new URL(proxy.url).host });
    expect(step.exitCode).toBe(0);
    expect(proxy.tunnels).toHaveLength(1);
  });

  test('with a short password corrupts no output', async () => {
    const proxy = await openProxy();
    const https_proxy = proxy.url.replace('//', '//robot:preview@');
    const step = await create({ https_proxy }, { slug: 'preview-preview' });
    expect(step.outputs).toMatchObject({
      slug: 'preview-preview',
      url: 'https://openrouter.ai/workspaces/preview-preview',
    });
  });

  test.each([
    'proxy.example:3128',
    'http://[::1]:3128',
    'socks5://proxy.example:1080',
    'http://',
    'http://a:%zz@b',
    '%',
  ])('that is not a URL is rejected and not bypassed: %s', async (value) => {
    const { message } = expectFailure(await create({ HTTPS_PROXY: value }));
    expect(message).toContain(
      'HTTPS_PROXY (environment variable) must be the URL of a proxy, such as http://proxy.example:3128, without an IPv6 address',
    );
  });
});

test('a request over http to a host that only looks like loopback is rejected', async () => {
  const proxy = await openProxy();
  const step = await create(
    { http_proxy: proxy.url },
    { 'api-url': 'http://[::ffff:127.0.0.1]:9/api/v1' },
  );
  expect(expectFailure(step).message).toContain('api-url must begin with https');
  expect(proxy.tunnels).toEqual([]);
});

describe('a TLS certificate', () => {
  test('from an untrusted authority is rejected before the key is sent', async () => {
    const proxy = await openProxy();
    const before = sandbox.requests.length;
    const { message } = expectFailure(
      await create({ https_proxy: proxy.url, NODE_EXTRA_CA_CERTS: '' }),
    );
    expect(message).toContain('the certificate is issued by an authority that is not trusted here');
    expect(message).toContain('NODE_EXTRA_CA_CERTS');
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(sandbox.requests).toHaveLength(before);
  });

  test('is verified even if the job has disabled that for all of Node.js', async () => {
    const proxy = await openProxy();
    const before = sandbox.requests.length;
    const unverified = { NODE_EXTRA_CA_CERTS: '', NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const proxied = await create({ ...unverified, https_proxy: proxy.url });
    const direct = await create(unverified, {
      'api-url': `https://localhost:${sandbox.port}/api/v1`,
    });
    for (const step of [proxied, direct]) {
      expect(step.exitCode).toBe(1);
      expect(step.log).toContain(
        'the certificate is issued by an authority that is not trusted here',
      );
    }
    expect(sandbox.requests).toHaveLength(before);
  });

  test('for another host is rejected before the key is sent', async () => {
    const proxy = await openProxy();
    const before = sandbox.requests.length;
    const step = await create(
      { https_proxy: proxy.url },
      { 'api-url': 'https://other.test/api/v1' },
    );
    const { message } = expectFailure(step);
    expect(message).toContain('the certificate is for another host');
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(sandbox.requests).toHaveLength(before);
  });
});

describe('a TLS failure is permanent, and nothing was sent', () => {
  const TOMORROW = new Date(Date.now() + 86_400_000);

  test.each<[string, string, Parameters<typeof createCertificate>[1], SecureContextOptions]>([
    [
      'with a server that only has TLS 1.1',
      'the server uses no TLS, or a version that is not supported here (EPROTO)',
      {},
      { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    ],
    [
      'with a certificate that is not valid yet',
      'the certificate is not valid yet (CERT_NOT_YET_VALID)',
      { notBeforeDate: TOMORROW },
      {},
    ],
  ])('%s', async (_, reason, validity, options) => {
    const { authority: other, ...tls } = await createCertificate('localhost', validity);
    const server = resources.add(await startSandbox({ tls: { ...tls, ...options } }));
    const trusted = join(folder, `${server.port}.pem`);
    await writeFile(trusted, other);
    const step = await create(
      { NODE_EXTRA_CA_CERTS: trusted },
      { 'api-url': `https://localhost:${server.port}/api/v1` },
    );
    const { lines } = expectFailure(step);
    expect(lines[0]).toContain(reason);
    expect(lines).toContain('Nothing was changed at OpenRouter.');
    expect(step.log).not.toContain('Retrying');
    expect(server.requests).toEqual([]);
  });
});

describe('over TLS', () => {
  test('a reset after the request was sent leads to a lookup', async () => {
    const proxy = await openProxy();
    sandbox.faults.push({ kind: 'reset', applied: true });
    const step = await create({ https_proxy: proxy.url });
    expect(step.outputs['created']).toBe('true');
    expect(sandbox.requests.slice(-2).map(({ method }) => method)).toEqual(['POST', 'GET']);
  });

  test('a reset on a reused connection leads to a lookup', async () => {
    const certificate = await createCertificate('localhost');
    const other = resources.add(await startSandbox({ tls: certificate }));
    const trusted = join(folder, 'localhost.pem');
    await writeFile(trusted, certificate.authority);
    other.faults.push({ on: 'POST /workspaces', kind: 'reset', applied: true });
    const step = await create(
      { NODE_EXTRA_CA_CERTS: trusted },
      {
        'management-key': other.managementKey,
        'api-url': `https://localhost:${other.port}/api/v1`,
        'if-exists': 'reuse',
      },
    );
    expect(step.outputs['created']).toBe('true');
    expect(other.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
    expect(other.requests[0]?.headers.connection).toBe('keep-alive');
  });
});
