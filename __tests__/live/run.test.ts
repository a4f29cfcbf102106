import { expect, test } from '@jest/globals';
import type { Assumption } from '../../live/assumption.ts';
import { finding } from '../../live/assumption.ts';
import { CATALOGUE } from '../../live/catalogue.ts';
import { formatTable } from '../../live/report.ts';
import { runCatalogue } from '../../live/run.ts';
import {
  openSandbox,
  type SandboxContext,
  type SandboxContextOptions,
} from '../../live/sandbox.ts';
import type { OpenRouter } from '../../sandbox/openrouter/openrouter.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { HttpResponse } from '../../src/http/transport.ts';
import { TransportError } from '../../src/http/transport.ts';

const assume = (probe: Assumption['probe'], id = 'assumed'): Assumption => ({
  id,
  sentence: 'It is so.',
  documented: undefined,
  reliedOnBy: { file: 'src/openrouter/pages.ts', name: 'readPages' },
  isCritical: true,
  probe,
});

const only = (id: string) => CATALOGUE.filter((assumption) => assumption.id === id);

type Json = Record<string, unknown>;

/** A probe that creates a workspace with a key, and then does `act`. */
const afterCreation = (act: () => unknown) =>
  assume(async (scene) => {
    await scene.createKey(await scene.createWorkspace());
    act();
    return finding('created', { agrees: true });
  });

/** A sandbox whose responses to one call get lost after the request was applied. */
const losing = (method: string, path: RegExp): SandboxContextOptions => ({
  proxy: (direct) => async (request, signal) => {
    const response = await direct(request, signal);
    if (request.method !== method || !path.test(request.url)) return response;
    throw new TransportError('reset', { isSent: true });
  },
});

/** A sandbox that changes the responses to POST requests whose path matches, and may change the body before. */
const varyingPost = (
  path: RegExp,
  {
    send = (body) => body,
    receive = (response) => response,
  }: {
    send?(body: Json, account: OpenRouter): Json;
    receive?(response: HttpResponse): HttpResponse;
  },
): SandboxContextOptions => ({
  proxy: (direct, account) => async (request, signal) => {
    if (request.method !== 'POST' || !path.test(request.url)) return direct(request, signal);
    const body = JSON.stringify(send(JSON.parse(request.body ?? '{}'), account));
    return receive(await direct({ ...request, body }, signal));
  },
});

/** Adds a suffix to a slug that is taken, and so creates another workspace. */
const withFreeSlug = (body: Json, { workspaces }: OpenRouter): Json =>
  workspaces.some(({ slug }) => slug === body['slug'])
    ? { ...body, slug: `${body['slug']}-x1` }
    : body;

const left = ({ account }: ReturnType<typeof openSandbox>) => [
  account.workspaces.map(({ slug }) => slug),
  account.keys.length,
];
const NOTHING = [['default'], 0];

test('a run deletes what it has created if a probe has a defect', async () => {
  const context = openSandbox();
  const defect = afterCreation(() => {
    throw new RangeError('defect');
  });
  await expect(runCatalogue([defect], context)).rejects.toThrow(new RangeError('defect'));
  expect(left(context)).toEqual(NOTHING);
});

test.each([/workspaces$/, /keys$/])(
  'a run deletes what was created although the response to POST %s was lost',
  async (path) => {
    const context = openSandbox(losing('POST', path));
    const { observations, undeleted } = await runCatalogue(
      [afterCreation(() => undefined)],
      context,
    );
    expect(observations).toMatchObject([
      { verdict: 'failed', observed: expect.stringContaining('reset') },
    ]);
    expect(undeleted).toEqual([]);
    expect(left(context)).toEqual(NOTHING);
  },
);

test('a run that is told to stop begins no further probe, and deletes what it has created', async () => {
  const stop = new AbortController();
  const context = openSandbox({ signal: stop.signal });
  const catalogue = [afterCreation(() => stop.abort()), afterCreation(() => undefined)];
  const { observations } = await runCatalogue(catalogue, context);
  expect(observations).toHaveLength(1);
  expect(left(context)).toEqual(NOTHING);
});

test.each([0, 1, 4])(
  'a run that is told to stop after %d requests about what an earlier run has left ends without an error',
  async (count) => {
    const stop = new AbortController();
    let requests = 0;
    if (count === 0) stop.abort();
    const context = openSandbox({
      signal: stop.signal,
      proxy: (direct) => async (request, signal) => {
        requests += 1;
        const response = await direct(request, signal);
        if (requests === count) stop.abort();
        return response;
      },
    });
    for (const slug of ['live-0a1b2c3d-1', 'live-0a1b2c3d-2', 'live-0a1b2c3d-2-x1']) {
      seedWorkspace(context, { slug, keys: 1, age: 7_200_000 });
    }
    const result = await runCatalogue(CATALOGUE, context);
    expect(result).toEqual({ observations: [], undeleted: [] });
  },
);

test('a run that is told to stop while it creates many keys at once deletes all of them', async () => {
  const stop = new AbortController();
  const context = openSandbox({
    signal: stop.signal,
    proxy: (direct, account) => (request, signal) => {
      if (account.keys.length >= 20) stop.abort();
      return direct(request, signal);
    },
  });
  const { observations, undeleted } = await runCatalogue(only('key-page-size'), context);
  expect([observations, undeleted]).toEqual([[], []]);
  expect(left(context)).toEqual(NOTHING);
});

test('a run deletes the workspaces that were created with another slug than the requested one', async () => {
  const context = openSandbox(varyingPost(/workspaces$/, { send: withFreeSlug }));
  const { observations, undeleted } = await runCatalogue(only('taken-slug-status'), context);
  expect(observations).toMatchObject([{ verdict: 'differs', observed: 'HTTP 201' }]);
  expect(undeleted).toEqual([]);
  expect(left(context)).toEqual(NOTHING);
});

test('a run names a workspace that it has created with a slug that is not its own, and keeps it', async () => {
  const send = (body: Json) => ({ ...body, slug: 'chosen-by-the-server' });
  const context = openSandbox(varyingPost(/workspaces$/, { send }));
  const { undeleted } = await runCatalogue(only('created-workspace'), context);
  expect(undeleted).toEqual([expect.stringMatching(/^chosen-by-the-server: .* not of this run/)]);
  expect(left(context)).toEqual([['default', 'chosen-by-the-server'], 0]);
});

test('a run deletes keys that were created in another workspace, and with another status', async () => {
  const context = openSandbox(
    varyingPost(/keys$/, {
      send: ({ workspace_id: _, ...body }) => body,
      receive: (response) => ({ ...response, status: 200 }),
    }),
  );
  const { observations, undeleted } = await runCatalogue(
    [afterCreation(() => undefined), ...only('key-names-repeat')],
    context,
  );
  expect(observations).toMatchObject([{ verdict: 'failed' }, { verdict: 'failed' }]);
  expect(undeleted).toEqual([]);
  expect(left(context)).toEqual(NOTHING);
});

/** Creates a workspace as another job would, in an account that lists the newest one first. */
function createFirst(context: SandboxContext, slug: string): void {
  const { workspaces } = context.account;
  const workspace = seedWorkspace(context, { slug });
  workspaces.unshift(...workspaces.splice(workspaces.indexOf(workspace), 1));
}

test.each(['workspace-pages', 'workspace-total', 'workspace-order'])(
  'what others do in the account in the meantime is not taken for a difference from %s',
  async (id) => {
    let [requests, lists] = [0, 0];
    const context = openSandbox({
      proxy: (direct) => (request, signal) => {
        if (request.url.includes('/workspaces?')) lists += 1;
        if (lists < 6) createFirst(context, `by-another-${requests}`);
        requests += 1;
        return direct(request, signal);
      },
    });
    const { observations } = await runCatalogue(only(id), context);
    expect(observations).toMatchObject([{ verdict: 'agrees' }]);
  },
);

test('a run names what it could not delete', async () => {
  const context = openSandbox({
    proxy: (direct) => (request, signal) =>
      request.method === 'DELETE' && request.url.includes('/workspaces/')
        ? Promise.resolve({ status: 500, headers: {}, body: '' })
        : direct(request, signal),
  });
  const { undeleted } = await runCatalogue([afterCreation(() => undefined)], context);
  expect(undeleted).toEqual([expect.stringMatching(/^live-[0-9a-f]{8}-1: DELETE .* HTTP 500: /)]);
});

test('a run waits as long as a throttled response says, and sends the request again', async () => {
  let throttled = 0;
  const context = openSandbox({
    proxy: (direct) => async (request, signal) => {
      if (request.method !== 'POST' || throttled === 2) return direct(request, signal);
      throttled += 1;
      return { status: 429, headers: { 'retry-after': '30' }, body: '' };
    },
  });
  const { observations } = await runCatalogue([afterCreation(() => undefined)], context);
  expect(observations).toMatchObject([{ verdict: 'agrees' }]);
  expect(context.clock.now()).toBeGreaterThan(60_000);
});

test('the table shows the text of a server as code, on one line and without secrets', () => {
  const observation = {
    assumption: assume(async () => finding('', { agrees: true })),
    verdict: 'differs' as const,
    observed: '`@user` <b>|</b>\n::error::secret',
  };
  const report = { host: 'h', date: new Date(0), observations: [observation], sandbox: [] };
  const [, , row] = formatTable(report, (text) => text.replace('secret', '***')).split('\n');
  expect(row).toBe(
    "| `assumed` It is so. | no | `` | `'@user' <b>\\|</b> ::error::***` | **differs**: src/openrouter/pages.ts (readPages) |",
  );
});
