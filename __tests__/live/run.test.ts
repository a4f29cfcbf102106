import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { type Assumption, finding } from '../../live/assumption.ts';
import { CATALOGUE } from '../../live/catalogue.ts';
import { formatTable } from '../../live/report.ts';
import { runCatalogue } from '../../live/run.ts';
import { openSandbox, type SandboxContext } from '../../live/sandbox.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { TransportError } from '../../src/http/transport.ts';
import { onBody, onCall, openVaried, reply, type Variation } from '../support/live-variations.ts';

const CREATE = 'POST /workspaces';
const CREATE_KEY = 'POST /keys';
const HOUR = 3_600_000;

const assume = (probe: Assumption['probe'], id = 'assumed'): Assumption => ({
  id,
  sentence: 'It is so.',
  documented: undefined,
  reliedOnBy: { file: 'src/openrouter/pages.ts', name: 'readPages' },
  isCritical: true,
  probe,
});

const only = (id: string) => CATALOGUE.filter((assumption) => assumption.id === id);

/** A probe that creates a workspace with a key, and then does `act`. */
const afterCreation = (act: () => unknown) =>
  assume(async (scene) => {
    await scene.createKey(await scene.createWorkspace());
    act();
    return finding('created', { agrees: true });
  });

const CREATION = afterCreation(() => undefined);

/** Runs `catalogue` in a sandbox that differs as `vary` does. Returns what is left in it, too. */
async function run(
  catalogue: readonly Assumption[],
  vary: Variation = ({ respond }) => respond(),
  stop = new AbortController(),
) {
  const context = openVaried(vary, stop);
  const result = await runCatalogue(catalogue, context);
  return { ...result, left: left(context), context };
}

const left = ({ account }: SandboxContext) => [
  account.workspaces.map(({ slug }) => slug),
  account.keys.length,
];
const NOTHING = [['default'], 0];
const CLEAN = { undeleted: [], left: NOTHING };

test('a run deletes what it has created if a probe has a defect', async () => {
  const context = openSandbox();
  const defect = afterCreation(() => {
    throw new RangeError('defect');
  });
  await expect(runCatalogue([defect], context)).rejects.toThrow(new RangeError('defect'));
  expect(left(context)).toEqual(NOTHING);
});

test.each([CREATE, CREATE_KEY])(
  'a run deletes what was created although the response to %s was lost',
  async (call) => {
    const lose = () => {
      throw new TransportError('reset', { isSent: true });
    };
    const result = await run([CREATION], onCall(call, lose));
    const observed = expect.stringContaining('reset');
    expect(result).toMatchObject({ observations: [{ verdict: 'failed', observed }], ...CLEAN });
  },
);

test('a run begins by deleting what an earlier run has left, except what may still be used', async () => {
  const lines: string[] = [];
  const context = openSandbox({ log: (line) => lines.push(line) });
  seedWorkspace(context, { slug: 'live-chat', age: 2 * HOUR });
  const old = seedWorkspace(context, { slug: 'live-0a1b2c3d-7', age: 2 * HOUR });
  seedKey(context, old, { expires_at: '2020-01-01T00:00:00.000Z' });
  seedKey(context, old).disabled = true;
  // As a service creates it that adds a suffix to a slug that is taken.
  seedWorkspace(context, { slug: 'live-0a1b2c3d-7-x1', age: 2 * HOUR });
  seedWorkspace(context, { slug: 'live-0a1b2c3e-1', age: HOUR / 2 });
  await runCatalogue([], context);
  expect(lines).toEqual([
    'Deleted what an earlier run has left: live-0a1b2c3d-7, live-0a1b2c3d-7-x1',
    'Kept, because they may belong to a run that is still running: live-0a1b2c3e-1',
  ]);
  expect(left(context)).toEqual([['default', 'live-chat', 'live-0a1b2c3e-1'], 0]);
});

test('a run that is told to stop while it creates many keys at once deletes all of them', async () => {
  const stop = new AbortController();
  const stopAtKey20: Variation = ({ account, respond }) => {
    if (account.keys.length >= 20) stop.abort();
    return respond();
  };
  const result = await run(only('key-page-size'), stopAtKey20, stop);
  expect(result).toMatchObject({ observations: [], ...CLEAN });
});

test('a run deletes the workspaces that were created with another slug than the requested one', async () => {
  const withSuffix = onBody(CREATE, (body, { workspaces }) =>
    workspaces.some(({ slug }) => slug === body['slug'])
      ? { ...body, slug: `${body['slug']}-x1` }
      : body,
  );
  const result = await run(only('taken-slug-status'), withSuffix);
  const observations = [{ verdict: 'differs', observed: 'HTTP 201' }];
  expect(result).toMatchObject({ observations, ...CLEAN });
});

test('a run names a workspace that it has created with a slug that is not its own, and keeps it', async () => {
  const renamed = onBody(CREATE, (body) => ({ ...body, slug: 'chosen-by-the-server' }));
  const result = await run(only('created-workspace'), renamed);
  expect(result).toMatchObject({
    undeleted: [expect.stringMatching(/^chosen-by-the-server: .* not of this run/)],
    left: [['default', 'chosen-by-the-server'], 0],
  });
});

test('a run deletes keys that were created in another workspace, and with another status', async () => {
  const elsewhere = onBody(CREATE_KEY, ({ workspace_id: _, ...body }) => body);
  const result = await run([CREATION, ...only('key-names-repeat')], async (exchange) => {
    const response = await elsewhere(exchange);
    return exchange.call === CREATE_KEY ? { ...response, status: 200 } : response;
  });
  const observations = [{ verdict: 'failed' }, { verdict: 'failed' }];
  expect(result).toMatchObject({ observations, ...CLEAN });
});

test.each(['workspace-pages', 'workspace-total', 'workspace-order'])(
  'what others do in the account in the meantime is not taken for a difference from %s',
  async (id) => {
    let [requests, lists] = [0, 0];
    const { observations } = await run(only(id), ({ call, account, respond }) => {
      if (call === 'GET /workspaces') lists += 1;
      if (lists < 6) {
        const workspace = { ...(account.workspaces[0] as Workspace), slug: `other-${requests}` };
        // The newest one is listed first.
        account.workspaces.unshift({ ...workspace, id: randomUUID() });
      }
      requests += 1;
      return respond();
    });
    expect(observations).toMatchObject([{ verdict: 'agrees' }]);
  },
);

test('a run waits as long as a throttled response says, and sends the request again', async () => {
  let throttled = 0;
  const { observations, context } = await run([CREATION], async ({ request, respond }) => {
    if (request.method !== 'POST' || throttled === 2) return respond();
    throttled += 1;
    return { ...reply(429), headers: { 'retry-after': '30' } };
  });
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
