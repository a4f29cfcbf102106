import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import {
  type Credential,
  type Grant,
  renewableCredential,
  renewalTime,
} from '../../src/http/credential.ts';
import type { ApiRequest, CredentialFailure } from '../../src/http/request.ts';
import { apiError } from '../support/failures.ts';
import { json, openRecordingClient, type Reply } from '../support/recording-client.ts';

const SECOND = 1_000;

test.each([
  ['fifteen minutes', 900, 860],
  ['a minute', 60, 30],
  ['no time', 0, 0],
])('a grant is renewed after a lifetime of %s', (_, lifetime, expected) => {
  expect(renewalTime(7, lifetime * SECOND)).toBe(7 + expected * SECOND);
});

const grantOf = (n: number): Grant => ({
  authorization: `Bearer ${n}`,
  renewAt: Number.POSITIVE_INFINITY,
  expiresAt: Number.POSITIVE_INFINITY,
});

/** A credential that obtains `results`, one after the other, and its clock. */
function openCredential(...results: (Grant | CredentialFailure | Promise<Grant>)[]) {
  const clock = { time: 0, now: () => clock.time };
  const credential = renewableCredential(clock, async () => results.shift() as Grant);
  return { clock, credential, results };
}

describe('a renewable credential', () => {
  const grant = { authorization: 'Bearer 0', renewAt: 100, expiresAt: 140 };
  const renewed = grantOf(1);

  test('is renewed once after several requests with the same grant were rejected', async () => {
    const { credential, results } = openCredential(grant, renewed);
    expect(await credential.grant()).toBe(grant);
    credential.reject(grant, { isRepeated: false });
    const second = credential.grant();
    credential.reject(grant, { isRepeated: false });
    await second;
    credential.reject(grant, { isRepeated: false });
    expect([await second, await credential.grant()]).toEqual([renewed, renewed]);
    expect(results).toEqual([]);
  });

  test.each([false, true])(
    'uses the grant that could not be renewed until it expires or is rejected (%s)',
    async (isRejected) => {
      const { details } = apiError();
      const { clock, credential, results } = openCredential(grant, details, grant);
      await credential.grant();
      clock.time = 100;
      expect([await credential.grant(), await credential.grant()]).toEqual([grant, grant]);
      if (isRejected) credential.reject(grant, { isRepeated: false });
      else clock.time = 140;
      expect([await credential.grant(), results.length]).toEqual([details, 1]);
    },
  );

  test.each([false, true])(
    'grants the old grant during a renewal until it expires or is rejected (%s), then the new one',
    async (isRejected) => {
      const renewal = Promise.withResolvers<Grant>();
      const { clock, credential, results } = openCredential(grant, renewal.promise);
      await credential.grant();
      clock.time = 139;
      const during = Promise.all([credential.grant(), credential.grant()]);
      expect(await Promise.race([during, setImmediate('pending')])).toEqual([grant, grant]);
      if (isRejected) credential.reject(grant, { isRepeated: false });
      else clock.time = 140;
      const next = credential.grant();
      renewal.resolve(renewed);
      expect([await next, await credential.grant()]).toEqual([renewed, renewed]);
      expect(results).toEqual([]);
    },
  );
});

const REQUEST: Pick<ApiRequest<unknown>, 'operation' | 'path' | 'schema'> = {
  operation: 'create the workspace "x"',
  path: '/workspaces',
  schema: z.unknown(),
};
const UNAUTHORIZED: Reply = { status: 401, body: '{"error":{"message":"expired"}}' };

/** A client whose requests get `replies`, with a credential that `obtain` returns grants for. */
function openClient(
  replies: readonly Reply[],
  obtain: (n: number) => Promise<Grant | CredentialFailure> = async (n) => grantOf(n),
) {
  let obtained = 0;
  const authenticate = (clock: { now(): number }): Credential =>
    renewableCredential(clock, () => {
      obtained += 1;
      return obtain(obtained);
    });
  const recording = openRecordingClient(replies, undefined, { authenticate });
  const sentWith = () => recording.sent.map(({ headers }) => headers['authorization']);
  return { ...recording, obtained: () => obtained, sentWith };
}

describe('a request with a renewable credential', () => {
  test.each(['POST', 'GET', 'PATCH', 'DELETE'] as const)(
    'is sent once more with a new grant after HTTP 401 to a %s',
    async (method) => {
      const { client, run, sentWith, effect, retryLines } = openClient([UNAUTHORIZED, json({})]);
      const outcome = await run(client.send({ ...REQUEST, method }));
      expect(outcome).toMatchObject({ kind: 'succeeded' });
      expect(retryLines).toEqual([
        'Could not create the workspace "x": HTTP 401 Unauthorized: expired. Trying again with a new token.',
      ]);
      expect(sentWith()).toEqual(['Bearer 1', 'Bearer 2']);
      expect(effect.current()).toBe(method === 'GET' ? 'none' : 'possible');
    },
  );

  test('is the last that gets a new grant if that is rejected too, and has changed nothing', async () => {
    const { client, run, sentWith, obtained, effect } = openClient([UNAUTHORIZED]);
    for (let sent = 0; sent < 3; sent += 1) {
      const outcome = await run(client.send({ ...REQUEST, method: 'DELETE' }));
      expect(outcome).toMatchObject({ kind: 'rejected', failure: { status: 401 } });
    }
    expect(sentWith()).toEqual(['Bearer 1', 'Bearer 2', 'Bearer 2', 'Bearer 2']);
    expect([obtained(), effect.current()]).toEqual([2, 'none']);
  });

  test.each([400, 403, 500])('is not sent again after HTTP %d', async (status) => {
    const { client, run, sentWith, obtained } = openClient([{ status }]);
    await run(client.send({ ...REQUEST, method: 'POST' }));
    expect([sentWith(), obtained()]).toEqual([['Bearer 1'], 1]);
  });

  test('is not sent if there is no grant, and says why', async () => {
    const { details } = apiError({ method: 'POST', path: '/oauth/token', reason: 'HTTP 503' });
    const { client, run, sent, effect } = openClient([json({})], async () => details);
    const outcome = await run(client.send({ ...REQUEST, method: 'POST' }));
    const failure = {
      reason: 'no access token: POST /oauth/token: HTTP 503',
      credentialFailure: details,
    };
    expect(outcome).toMatchObject({ kind: 'prevented', failure });
    expect([sent, effect.current()]).toEqual([[], 'none']);
  });

  test('that must not hold up the others waits for a grant no longer than it has time', async () => {
    const { client, run, clock, sentWith } = openClient([json({})], async (n) => {
      await new Promise<void>((resolve) => clock.after(20_000, resolve));
      return grantOf(n);
    });
    const outcome = await run(client.withOwnThrottle(5_000).send({ ...REQUEST, method: 'GET' }));
    const reason = 'its time was over before it was sent';
    expect(outcome).toMatchObject({ kind: 'prevented', failure: { reason } });
    expect(clock.now()).toBe(5_000);
    expect(await run(client.send({ ...REQUEST, method: 'GET' }))).toMatchObject({
      kind: 'succeeded',
    });
    expect([clock.now() >= 20_000, sentWith()]).toEqual([true, ['Bearer 1']]);
  });
});
