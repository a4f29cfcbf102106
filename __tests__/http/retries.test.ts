import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import type { Client } from '../../src/http/client.ts';
import type { ApiError } from '../../src/http/request.ts';
import {
  json,
  openRecordingClient,
  type RecordingClient,
  type Reply,
  refused,
  reset,
} from '../support/recording-client.ts';

const OK = json({});
const get = (client: Client) =>
  client.request({ operation: 'look up', method: 'GET', path: '/x', schema: z.object({}) });
const detailsOf = (result: unknown) => (result as ApiError).details;
const throttledFor = (seconds: number): Reply => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
});
const passTo = ({ clock }: RecordingClient, ms: number) =>
  new Promise<void>((resolve) => clock.after(ms - clock.now(), resolve));

test.each([400, 401, 403, 422, 501])(
  'HTTP %i fails a request without a wait or a line in the log',
  async (status) => {
    const { client, clock, run, info } = openRecordingClient([{ status }, OK]);
    expect(detailsOf(await run(get(client)))).toMatchObject({ status, attempts: 1 });
    expect(info).toEqual([]);
    expect(clock.now()).toBe(20);
  },
);

test('a request that fails for good after a lost response may have been applied', async () => {
  const { client, run } = openRecordingClient([reset, { status: 403 }]);
  expect(detailsOf(await run(get(client)))).toMatchObject({
    status: 403,
    ambiguous: true,
    attempts: 2,
    wasThrottled: false,
  });
});

test('a request that was never sent, and one that was throttled, were not applied', async () => {
  const { client, run } = openRecordingClient([refused, throttledFor(1), { status: 403 }]);
  expect(detailsOf(await run(get(client)))).toMatchObject({ ambiguous: false, wasThrottled: true });
});

test('a response that arrives after a cancellation is not followed by a retry, and none is announced', async () => {
  const { client, run, info, sent } = openRecordingClient([{ status: 502 }], (_, { abort }) =>
    abort('the run was cancelled'),
  );
  expect(detailsOf(await run(get(client)))).toMatchObject({
    status: 502,
    stopReason: 'the run was cancelled',
  });
  expect(info).toEqual([]);
  expect(sent).toHaveLength(1);
});

test.each([
  [7_020, 1],
  [7_021, 2],
])(
  'a retry 7 s after a response at 20 ms is sent only before a timeout of %i ms',
  async (timeout, requests) => {
    const { client, clock, run, sent } = openRecordingClient([throttledFor(7), OK]);
    await run(get(client.withTimeout(timeout)));
    expect(sent).toHaveLength(requests);
    // Without a wait that leads nowhere.
    if (requests === 1) expect(clock.now()).toBe(20);
  },
);

describe('other requests', () => {
  test.each<[string, Reply]>([
    ['a refused connection', refused],
    ['a reset connection', reset],
    ['HTTP 403 with Retry-After', { status: 403, headers: { 'retry-after': '7' } }],
    ['HTTP 501 with Retry-After', { status: 501, headers: { 'retry-after': '7' } }],
    ['HTTP 502 with Retry-After', { status: 502, headers: { 'retry-after': '7' } }],
  ])('do not wait after %s', async (_, reply) => {
    const recording = openRecordingClient([reply, OK]);
    const { client, run, sentAt } = recording;
    const later = passTo(recording, 21).then(() => get(client));
    await run(Promise.allSettled([get(client), later]));
    expect(sentAt).toContain(21);
  });

  test('wait until the last of several pauses has ended', async () => {
    const recording = openRecordingClient([throttledFor(5), throttledFor(9), OK]);
    const { client, run, sentAt } = recording;
    // The second is in flight when the first is throttled, and the third begins in the first pause.
    const second = passTo(recording, 10).then(() => get(client));
    const third = passTo(recording, 25).then(() => get(client));
    await run(Promise.all([get(client), second, third]));
    expect(sentAt).toEqual([0, 10, 9_030, 9_030, 9_030]);
  });

  test('fail at once if the pause ends exactly with the timeout', async () => {
    const recording = openRecordingClient([throttledFor(59), OK]);
    const { client, run, sent } = recording;
    const first = get(client.withTimeout(30_000)).catch(() => undefined);
    await run(first);
    await run(passTo(recording, 20));
    const result = await run(get(client.withTimeout(59_000)));
    expect(detailsOf(result)).toMatchObject({
      kind: 'prevented',
      reason: 'OpenRouter requires a wait of 59.0 s, which exceeds the timeout',
    });
    expect(sent).toHaveLength(1);
  });
});

test('a request is not sent after the timeout of its client', async () => {
  const recording = openRecordingClient([OK]);
  const client = recording.client.withTimeout(1_000);
  await recording.run(passTo(recording, 1_000));
  expect(detailsOf(await recording.run(get(client)))).toMatchObject({
    kind: 'prevented',
    ambiguous: false,
    reason: 'the timeout expired before it was sent',
  });
  expect(recording.sent).toEqual([]);
});

test('an error of the program is not taken for a failure of the network', async () => {
  const { client, run, sent } = openRecordingClient([new TypeError('a bug')]);
  expect(await run(get(client))).toEqual(new TypeError('a bug'));
  expect(sent).toHaveLength(1);
});

describe('a request whose connection is not ready when the step is aborted', () => {
  test('by a cancellation was not sent, and the network is not blamed', async () => {
    const { client, run } = openRecordingClient([refused], (_, { abort }) => abort('cancelled'));
    const details = detailsOf(await run(get(client)));
    expect(details).toMatchObject({ kind: 'prevented', reason: 'refused', ambiguous: false });
    expect(details).not.toHaveProperty('noResponse');
  });

  test('by the timeout was not sent, and the host is named', async () => {
    const recording = openRecordingClient([refused]);
    await recording.run(passTo(recording, 59_980));
    expect(detailsOf(await recording.run(get(recording.client)))).toMatchObject({
      kind: 'prevented',
      ambiguous: false,
      noResponse: { host: 'openrouter.test', elapsedMs: 20 },
    });
  });
});

test('a request that was sent when the step is aborted may have been applied', async () => {
  const { client, run } = openRecordingClient([reset], (_, { abort }) => abort('cancelled'));
  const details = detailsOf(await run(get(client)));
  expect(details).toMatchObject({ kind: 'aborted', reason: 'reset', ambiguous: true });
  expect(details).not.toHaveProperty('noResponse');
});
