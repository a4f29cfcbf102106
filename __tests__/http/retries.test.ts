import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
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
const GET = { operation: 'look up', method: 'GET', path: '/x', schema: z.object({}) } as const;
const get = (client: Client) => client.request(GET);
const detailsOf = (result: unknown) => (result as ApiError).details;
const throttledFor = (seconds: number): Reply => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
});

const CANCELLED = 'the run was cancelled (SIGINT)';

/** How long a response takes, in milliseconds. */
const LATENCY = 20;

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

describe('the wait before a retry', () => {
  test('doubles up to a cap, with full jitter', async () => {
    const { client, run, sentAt } = openRecordingClient([...Array(8).fill({ status: 502 }), OK]);
    await run(get(client));
    const waits = sentAt.slice(1).map((time, index) => time - LATENCY - (sentAt[index] ?? 0));
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000]);
  });

  test('is logged in one line with the reason', async () => {
    const body = '{"error":{"message":"Bad gateway"}}';
    const { client, run, retryLines } = openRecordingClient([{ status: 502, body }, refused, OK]);
    await run(get(client));
    expect(retryLines).toEqual([
      'Could not look up: HTTP 502 Bad Gateway. Retrying in 0.3 s.',
      'Could not look up at openrouter.test: refused. Retrying in 0.5 s.',
    ]);
  });

  test('fails the request at once, with the reason, if it would exceed the timeout', async () => {
    const { client, clock, run } = openRecordingClient([throttledFor(61), OK]);
    expect(detailsOf(await run(get(client)))).toMatchObject({
      reason: 'HTTP 429 Too Many Requests',
      stopReason: 'the timeout',
    });
    expect(clock.now()).toBe(20);
  });

  test.each([
    // Without a wait that leads nowhere.
    [7_020, 1, LATENCY],
    [7_021, 2, 7_020 + LATENCY],
  ])('of 7 s ends before a timeout of %i ms if there are %i attempts', async (...row) => {
    const [timeout, attempts, end] = row;
    const { client, clock, run, sent } = openRecordingClient([throttledFor(7), OK]);
    await run(get(client.within(timeout)));
    expect([sent.length, clock.now()]).toEqual([attempts, end]);
  });
});

describe('HTTP 401', () => {
  const rejected = { status: 401 };

  test('to the first request is final at once', async () => {
    const { client, run, sent } = openRecordingClient([rejected]);
    expect(detailsOf(await run(get(client)))).toMatchObject({ status: 401, attempts: 1 });
    expect(sent).toHaveLength(1);
  });

  test('after a request that was accepted is repeated twice, after one and three seconds', async () => {
    const { client, run, sentAt } = openRecordingClient([OK, rejected, rejected, OK]);
    await run(get(client));
    expect(await run(get(client.within(5_000)))).toMatchObject({ status: 200 });
    expect(sentAt).toEqual([0, 20, 1_040, 4_060]);
  });

  test('that stays is final, also for the requests after it, until one is accepted', async () => {
    const replies = [OK, ...Array(4).fill(rejected), OK, rejected, OK];
    const { client, run } = openRecordingClient(replies);
    await run(get(client));
    expect(detailsOf(await run(get(client)))).toMatchObject({ status: 401, attempts: 3 });
    expect(detailsOf(await run(get(client)))).toMatchObject({ status: 401, attempts: 1 });
    await run(get(client));
    expect(await run(get(client))).toMatchObject({ status: 200 });
  });

  test('to a POST that creates something is not repeated', async () => {
    const { client, run, sent } = openRecordingClient([OK, rejected, OK]);
    await run(get(client));
    expect(await run(client.send({ ...GET, method: 'POST' }))).toMatchObject({ kind: 'rejected' });
    expect(sent).toHaveLength(2);
  });
});

describe('concurrent requests', () => {
  async function failuresOf({ client, run }: RecordingClient, count: number) {
    const requests = Array.from({ length: count }, () => run(get(client)));
    return (await Promise.all(requests)).filter((result) => result instanceof Error);
  }

  test('are limited to eight in flight', async () => {
    const recording = openRecordingClient([OK]);
    expect(await failuresOf(recording, 20)).toEqual([]);
    const sentWith = (ms: number) => recording.sentAt.filter((time) => time === ms).length;
    expect([0, 20, 40].map(sentWith)).toEqual([8, 8, 4]);
  });

  test('all wait if the server asks one of them to', async () => {
    const recording = openRecordingClient([throttledFor(7), OK]);
    expect(await failuresOf(recording, 20)).toEqual([]);
    // Those in flight with it get their responses; none is sent before the wait is over.
    expect(recording.sentAt.filter((time) => time < 7_020)).toEqual(Array(8).fill(0));
  });

  test('all wait for the backoff if the server does not say how long', async () => {
    const { client, run, sentAt, passTo } = openRecordingClient([{ status: 429 }, OK]);
    const later = passTo(100).then(() => get(client));
    await run(Promise.all([get(client), later]));
    expect(sentAt).toEqual([0, 270, 270]);
  });

  test.each<[string, Reply]>([
    ['a refused connection', refused],
    ['HTTP 403 with Retry-After', { status: 403, headers: { 'retry-after': '7' } }],
    ['HTTP 409 with Retry-After', { status: 409, headers: { 'retry-after': '7' } }],
    ['HTTP 502 with Retry-After', { status: 502, headers: { 'retry-after': '7' } }],
  ])('do not wait after %s', async (_, reply) => {
    const { client, run, sentAt, passTo } = openRecordingClient([reply, OK]);
    const later = passTo(21).then(() => get(client));
    await run(Promise.allSettled([client.request({ ...GET, method: 'PATCH' }), later]));
    expect(sentAt).toContain(21);
  });

  test('wait until the last of several pauses has ended', async () => {
    const replies = [throttledFor(5), throttledFor(9), OK];
    const { client, run, sentAt, passTo } = openRecordingClient(replies);
    // The second is in flight when the first is throttled, and the third begins in the first pause.
    const second = passTo(10).then(() => get(client));
    const third = passTo(25).then(() => get(client));
    await run(Promise.all([get(client), second, third]));
    expect(sentAt).toEqual([0, 10, 9_030, 9_030, 9_030]);
  });

  test('fail at once if the pause ends exactly with the timeout', async () => {
    const { client, clock, run, sent } = openRecordingClient([throttledFor(59), OK]);
    await run(get(client.within(30_000)));
    expect(clock.now()).toBe(LATENCY);
    const result = await run(get(client.within(59_000)));
    expect(detailsOf(result)).toMatchObject({
      kind: 'prevented',
      reason: 'OpenRouter requires a wait of 59.0 s, which exceeds the time that it has',
    });
    expect(sent).toHaveLength(1);
  });

  test('stop waiting when the run is cancelled', async () => {
    const recording = openRecordingClient([throttledFor(7), OK]);
    const { clock, cancel } = recording;
    clock.after(100, cancel);
    const errors = await failuresOf(recording, 20);
    expect(errors).toHaveLength(13);
    for (const error of errors) {
      const { reason, stopReason = reason, isCancelled, ambiguous } = detailsOf(error);
      expect([stopReason, isCancelled, ambiguous]).toEqual([CANCELLED, true, false]);
    }
    expect(clock.now()).toBe(100);
  });
});

describe('the time of a client', () => {
  test('is never exceeded, whatever the responses', async () => {
    const replies = fc.constantFrom<Reply>(
      reset,
      refused,
      'silence',
      { status: 502 },
      { status: 429 },
    );
    const sequences = fc.array(replies, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sequences, fc.integer({ min: 1, max: 60_000 }), async (sequence, ms) => {
        const { client, clock, run, sentAt } = openRecordingClient(sequence);
        expect(await run(get(client.within(ms)))).toHaveProperty('details');
        expect(Math.max(...sentAt)).toBeLessThan(ms);
        expect(clock.now()).toBeLessThan(ms + LATENCY);
      }),
    );
  });

  test('is halved for an attempt that begins late, so that time is left for another', async () => {
    const { client, run, sentAt, passTo } = openRecordingClient(['silence', OK]);
    await run(passTo(40_000));
    await run(get(client));
    expect(sentAt).toEqual([40_000, 50_250]);
  });

  test('lets no request start after it', async () => {
    const { client, run, sent, passTo } = openRecordingClient([OK]);
    const shortLived = client.within(1_000);
    await run(passTo(1_000));
    expect(detailsOf(await run(get(shortLived)))).toMatchObject({
      kind: 'prevented',
      ambiguous: false,
      reason: 'its time was over before it was sent',
    });
    expect(sent).toEqual([]);
  });

  test('has no pending timer of an attempt that is over', async () => {
    const { client, clock, run } = openRecordingClient([OK]);
    const before = clock.pending();
    await run(get(client));
    expect(clock.pending()).toBe(before);
  });
});

test('an error of the program is not taken for a failure of the network', async () => {
  const { client, run, sent } = openRecordingClient([new TypeError('a bug')]);
  expect(await run(get(client))).toEqual(new TypeError('a bug'));
  expect(sent).toHaveLength(1);
});

describe('when the step is aborted', () => {
  test('a request that waits for a retry ends at once', async () => {
    const { client, clock, run, cancel } = openRecordingClient([{ status: 502 }]);
    clock.after(100, cancel);
    expect(detailsOf(await run(get(client)))).toMatchObject({
      reason: 'HTTP 502 Bad Gateway',
      stopReason: CANCELLED,
      isCancelled: true,
    });
    expect(clock.now()).toBe(100);
  });

  test('by something else than a cancellation, no failure counts as cancelled', async () => {
    const replies: Reply[] = ['silence', { status: 502 }, throttledFor(7), refused];
    for (const reply of replies) {
      const { client, clock, run, abort } = openRecordingClient([reply]);
      clock.after(30, () => abort('internal error'));
      const { reason, stopReason = reason, isCancelled } = detailsOf(await run(get(client)));
      expect([stopReason, isCancelled]).toEqual(['internal error', false]);
    }
  });

  test('a response that arrives after that is not followed by a retry, and none is announced', async () => {
    const { client, run, retryLines, sent } = openRecordingClient(
      [{ status: 502 }],
      (_, { cancel }) => cancel(),
    );
    expect(detailsOf(await run(get(client)))).toMatchObject({
      status: 502,
      stopReason: CANCELLED,
    });
    expect(retryLines).toEqual([]);
    expect(sent).toHaveLength(1);
  });

  test('by a cancellation, what was not sent was prevented, and the network is not blamed', async () => {
    const { client, run } = openRecordingClient([refused], (_, { cancel }) => cancel());
    const details = detailsOf(await run(get(client)));
    expect(details).toMatchObject({ kind: 'prevented', reason: 'refused', ambiguous: false });
    expect(details.isCancelled).toBe(true);
    expect(details).not.toHaveProperty('noResponse');
  });

  test('by the timeout, what was not sent was prevented, and the host is named', async () => {
    const { client, run, passTo } = openRecordingClient([refused]);
    await run(passTo(59_980));
    expect(detailsOf(await run(get(client)))).toMatchObject({
      kind: 'prevented',
      ambiguous: false,
      noResponse: { host: 'openrouter.test', elapsedMs: 20 },
    });
  });

  test('what was sent may have been applied', async () => {
    const { client, run } = openRecordingClient([reset], (_, { cancel }) => cancel());
    const details = detailsOf(await run(get(client)));
    expect(details).toMatchObject({ kind: 'aborted', reason: 'reset', ambiguous: true });
    expect(details.isCancelled).toBe(true);
    expect(details).not.toHaveProperty('noResponse');
  });
});
