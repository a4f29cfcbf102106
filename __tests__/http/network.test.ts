import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { inVirtualTime } from '../support/step-time.ts';

const resources = openResources();

/** Requests to loopback never go through a proxy, so these tests use a host that only their proxies know. */
const HOST = 'openrouter.test';

let folder: string;
let authority: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authority-'));
  [sandbox, authority] = await openTlsSandbox(await createCertificate(HOST));
});

afterAll(() => rm(folder, { recursive: true }));

/** A sandbox with a certificate, and the file with the certificate of its authority. */
async function openTlsSandbox({
  authority: pem,
  ...tls
}: Awaited<ReturnType<typeof createCertificate>>): Promise<[Sandbox, string]> {
  const opened = resources.add(await startSandbox({ tls }));
  const file = join(folder, `${opened.port}.pem`);
  await writeFile(file, pem);
  return [opened, file];
}

async function create(env: Record<string, string>, inputs: Record<string, string> = {}) {
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
  return (await startRegistered(options, resources)).result;
}

function createDirectly([server, trusted]: [Sandbox, string], inputs: Record<string, string> = {}) {
  const access = {
    'management-key': server.managementKey,
    'api-url': `https://localhost:${server.port}/api/v1`,
  };
  return create({ NODE_EXTRA_CA_CERTS: trusted }, { ...access, ...inputs });
}

async function openProxy(tls?: ProxyOptions['tls']) {
  return resources.add(await startProxy({ port: sandbox.port, tls }));
}

/**
 * A proxy over TLS with a certificate for `certified`, and the variables of a step that uses it as `host`, with a
 * password, and trusts its authority.
 */
async function openTlsProxy({ certified, host }: { certified: string; host: string }) {
  const { authority: pem, ...tls } = await createCertificate(certified, {
    issuer: 'Proxy authority',
  });
  const proxy = await openProxy(tls);
  const { port } = new URL(proxy.url);
  const both = join(folder, `proxy-${port}.pem`);
  await writeFile(both, `${pem}\n${await readFile(authority, 'utf8')}`);
  const https_proxy = `https://robot:s%40crets@${host}:${port}`;
  return { proxy, env: { NODE_EXTRA_CA_CERTS: both, https_proxy } };
}

describe('a proxy', () => {
  const BASIC = `Basic ${Buffer.from('robot:s@crets').toString('base64')}`;

  test.each([
    ['HTTPS_PROXY', 'http://'],
    ['https_proxy', ''],
  ])('from %s with the scheme "%s" carries the request over TLS', async (name, scheme) => {
    const proxy = await openProxy();
    const step = await create({ [name]: scheme + new URL(proxy.url).host });
    expect(step.exitCode).toBe(0);
    expect(step.stderr).toBe('');
    expect(proxy.tunnels).toEqual([{ target: `${HOST}:443`, authorization: undefined }]);
    expect(sandbox.requests.at(-1)?.headers.authorization).toBe(`Bearer ${sandbox.managementKey}`);
  });

  test('gets its user and password, which the log does not show', async () => {
    const proxy = await openProxy();
    const step = await create({ https_proxy: proxy.url.replace('//', '//robot:s%40crets@') });
    expect(step.exitCode).toBe(0);
    expect(proxy.tunnels[0]?.authorization).toBe(BASIC);
    expect(step.stderr).toBe('');
    expect(step.masks).toContain('s@crets');
    expect(printedBy(step)).not.toContain('crets');
  });

  test.each(['localhost', '127.0.0.1'])(
    'over TLS works with a certificate for its own host, %s',
    async (host) => {
      const { proxy, env } = await openTlsProxy({ certified: host, host });
      const step = await create(env);
      expect(step.exitCode).toBe(0);
      expect(proxy.tunnels).toEqual([{ target: `${HOST}:443`, authorization: BASIC }]);
    },
  );

  test('over TLS with a certificate for the host of the API gets nothing, not even its password', async () => {
    const { proxy, env } = await openTlsProxy({ certified: HOST, host: 'localhost' });
    const { title } = expectFailure(await create(env));
    expect(title).toContain(
      'the certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID), through the proxy localhost:',
    );
    expect(proxy.tunnels).toEqual([]);
  });

  test('over TLS that is not trusted gets no password, even if the job has disabled verification', async () => {
    const { proxy, env } = await openTlsProxy({ certified: 'localhost', host: 'localhost' });
    const unverified = { NODE_EXTRA_CA_CERTS: authority, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const step = await create({ ...env, ...unverified });
    expect(step.exitCode).toBe(1);
    expect(step.log).toContain('an authority that is not trusted here');
    expect(proxy.tunnels).toEqual([]);
  });

  test('is bypassed for a host in no_proxy', async () => {
    const proxy = await openProxy();
    const env = inVirtualTime({ https_proxy: proxy.url, no_proxy: HOST });
    const { message } = expectFailure(await create(env, { timeout: '2s' }));
    expect(proxy.tunnels).toEqual([]);
    expect(message).toContain(`POST /workspaces at ${HOST}`);
    expect(message).not.toContain('through the proxy');
  });
});

test('the password of a proxy, which can be a common word, is not masked in outputs', async () => {
  const proxy = await openProxy();
  const https_proxy = proxy.url.replace('//', '//robot:preview@');
  const step = await create({ https_proxy }, { slug: 'preview-preview' });
  expect(step.outputs['slug']).toBe('preview-preview');
});

test('a TLS certificate is verified even if the job has disabled that for all of Node.js', async () => {
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

const TOMORROW = new Date(Date.now() + 86_400_000);

/** A certificate of an authority with the name of the one that is trusted. */
async function createForgery() {
  const [trusted, forged] = [await createCertificate(HOST), await createCertificate('localhost')];
  return { ...forged, authority: trusted.authority };
}

test.each<[string, () => ReturnType<typeof createCertificate>]>([
  [
    'certificate is not yet valid (CERT_NOT_YET_VALID)',
    () => createCertificate('localhost', { notBeforeDate: TOMORROW }),
  ],
  [
    'the certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID)',
    () => createCertificate(HOST),
  ],
  ['certificate signature failure (CERT_SIGNATURE_FAILURE)', createForgery],
  ['(INVALID_PURPOSE)', () => createCertificate('localhost', { isForServers: false })],
])('a TLS failure is permanent, and nothing was sent: %s', async (reason, make) => {
  const opened = await openTlsSandbox(await make());
  const step = await createDirectly(opened);
  const { title, lines } = expectFailure(step);
  expect(title).toContain(reason);
  expect(lines).toContain('Nothing was changed at OpenRouter.');
  expect(step.log).not.toContain('Retrying');
  expect(opened[0].requests).toEqual([]);
});
