import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import type { Client } from '../../src/http/client.ts';
import type { Effect } from '../../src/http/effect.ts';
import type { ApiRequest } from '../../src/http/request.ts';
import { TransportError } from '../../src/http/transport.ts';
import {
  json,
  openRecordingClient,
  type Reply,
  refused,
  reset,
} from '../support/recording-client.ts';

const request = (facts: Partial<ApiRequest<object>>) => ({
  operation: 'do something',
  method: 'DELETE' as const,
  path: '/x',
  schema: z.object({}),
  ...facts,
});

const write = (client: Client) => client.request(request({}));

const OK = json({});
const CERTIFICATE = new TransportError('certificate', { isSent: false, isPermanent: true });
/** Longer than the timeout, so that nothing is retried after it. */
const THROTTLED: Reply = { status: 429, headers: { 'retry-after': '3600' } };

describe('the effect of a step whose only write', () => {
  test.each<[string, Reply[], Effect]>([
    ['was applied', [OK], 'possible'],
    ['was never sent, and then applied', [refused, OK], 'possible'],
    ['lost its response, and was then rejected', [reset, { status: 403 }], 'possible'],
    ['has an unexpected response', [{ status: 307 }], 'possible'],
    ['can never be sent', [CERTIFICATE], 'none'],
    ['was rejected', [{ status: 403 }], 'none'],
    ['was never sent, and then rejected', [refused, { status: 403 }], 'none'],
    ['was throttled', [THROTTLED], 'throttled'],
    ['was throttled, and then rejected', [{ status: 429 }, { status: 403 }], 'throttled'],
    ['was throttled, and then applied', [{ status: 429 }, OK], 'possible'],
  ])('%s', async (_, replies, effect) => {
    const recording = openRecordingClient(replies);
    await recording.run(write(recording.client));
    expect(recording.effect.current()).toBe(effect);
  });

  test('is in flight, or was aborted in flight, is possible', async () => {
    const effects: Effect[] = [];
    const recording = openRecordingClient([new TransportError('x', { isSent: true })], () => {
      effects.push(recording.effect.current());
      recording.cancel();
    });
    await recording.run(write(recording.client));
    expect([...effects, recording.effect.current()]).toEqual(['possible', 'possible']);
  });
});

test.each<[string, Partial<ApiRequest<object>>]>([
  ['with GET', { method: 'GET' }],
  ['with a POST that changes nothing', { method: 'POST', readOnly: true }],
])('the effect of a step that only reads is none %s', async (_, facts) => {
  for (const replies of [[OK], [reset, OK], [THROTTLED], [{ status: 501 }]]) {
    const recording = openRecordingClient(replies);
    await recording.run(recording.client.request(request(facts)));
    expect(recording.effect.current()).toBe('none');
  }
});

test('a write stays possible after another one is rejected', async () => {
  const recording = openRecordingClient([OK, { status: 403 }]);
  await recording.run(write(recording.client));
  await recording.run(write(recording.client));
  expect(recording.effect.current()).toBe('possible');
});

test('the effect has the writes of a client that has less time', async () => {
  const recording = openRecordingClient([OK]);
  await recording.run(write(recording.client.within(1_000)));
  expect(recording.effect.current()).toBe('possible');
});
