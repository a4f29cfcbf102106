import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { marked, type Tokens } from 'marked';
import * as z from 'zod/mini';
import { type Client, createClient } from '../../src/http/client.ts';
import { recordEffect } from '../../src/http/effect.ts';
import type { ApiRequest } from '../../src/http/request.ts';
import { ApiError } from '../../src/http/request.ts';
import { retryAfter } from '../../src/http/response.ts';
import type { Method } from '../../src/http/retry-policy.ts';
import {
  attemptTimeout,
  backoff,
  classifyResponse,
  FAILURE_CLASSES,
} from '../../src/http/retry-policy.ts';
import type { HttpResponse, Transport } from '../../src/http/transport.ts';
import { TransportError } from '../../src/http/transport.ts';
import { postOnce } from '../../src/operations/shared/post-once.ts';
import { ROOT } from '../support/root.ts';
import { virtualClock } from '../support/virtual-clock.ts';

type Reply = Partial<HttpResponse> | TransportError | 'silence';

const OK: Reply = { status: 200, body: '{"data":"x"}' };

const GET = { operation: 'list the workspaces', method: 'GET', path: '/workspaces' } as const;

/** A client whose requests get `replies` in turn, and the last one from then on. */
function clientThatGets(...replies: Reply[]) {
  const clock = virtualClock();
  const sentAt: number[] = [];
  const log: string[] = [];
  const transport: Transport = async (_, signal) => {
    const reply = replies[Math.min(sentAt.length, replies.length - 1)] as Reply;
    sentAt.push(clock.now());
    await simulation.beforeResponse();
    if (reply instanceof TransportError) throw reply;
    if (reply !== 'silence') return { status: 200, headers: {}, body: '', ...reply };
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () =>
        reject(new TransportError(signal.reason.message, { isSent: true })),
      );
    });
  };
  const step = new AbortController();
  const release = clock.after(60_000, () => step.abort(new Error('the timeout is over')));
  const client = createClient({
    apiUrl: 'https://openrouter.ai/api/v1',
    managementKey: 'sk-or-v1-of-a-test',
    transport,
    clock,
    random: () => 0.5,
    deadline: 60_000,
    signal: step.signal,
    log: { info: (line) => log.push(line), debug: () => undefined },
    effect: recordEffect(),
  });
  const schema = z.object({ data: z.optional(z.string()) });
  type Data = z.infer<typeof schema>;
  const outcomeOf = (request: Partial<ApiRequest<Data>>, through = client) =>
    clock.run(
      deliver({ ...GET, schema, ...request }, through).then(
        ({ data }) => data,
        (error: ApiError) => error,
      ),
    );
  const simulation = {
    request: (method: Method) => outcomeOf({ method }),
    requestWith: outcomeOf,
    requestWithin: (ms: number) => outcomeOf({}, client.withTimeout(ms)),
    /** Sends a request that must not hold up the others; returns its outcome. */
    tryOnce: (ms: number) => client.tryOnce({ ...GET, schema }, ms),
    /** A request for which 404 is a regular response. */
    lookup: () => outcomeOf({ on404: () => ({}) }),
    /** Delays each response. */
    beforeResponse: (): Promise<void> => Promise.resolve(),
    clock,
    sentAt,
    log,
    step,
    release,
  };
  return simulation;
}

/** Sends a POST by `postOnce` if it creates something, and other requests directly. */
async function deliver<Data>(request: ApiRequest<Data>, client: Client): Promise<Data> {
  if (request.method !== 'POST' || request.readOnly) return (await client.request(request)).data;
  const created = await postOnce(
    {
      send: () => client.send(request),
      reconcile(rounds) {
        const { retryable, ambiguous } = FAILURE_CLASSES[rounds.at(-1)?.failure.kind ?? 'unsent'];
        return { kind: retryable && !ambiguous ? 'retry' : 'give-up', ambiguous };
      },
      question: 'nothing',
      lookup: () => Promise.reject(new Error('nothing is looked up')),
    },
    { client, log: { info: () => undefined, debug: () => undefined } },
  );
  if (created.kind === 'applied') return created.response.data;
  throw new Error('nothing is reconciled');
}

const METHODS = ['GET', 'PUT', 'PATCH', 'DELETE'] as const;
const reset = new TransportError('reset', { isSent: true });
const refused = new TransportError('refused', { isSent: false });

const NEW_YEAR = 'Tue, 01 Jan 2030 00:00:00 GMT';
/** Values that `Date.parse` accepts as dates, and RFC 9110 does not. */
const NO_RETRY_AFTER = [
  'Tue Jan  1 00:00:07 2030',
  '-5',
  '1.5',
  'foo 5',
  'x 2099',
  '2099-01-01',
  '',
];

type Rule = 'retry' | 'retry once' | 'look up, then retry' | 'look up, never retry' | 'never';

const READING_POST = 'POST that only reads';
const SENDERS = [...METHODS, READING_POST, 'POST'] as const;
type Sender = (typeof SENDERS)[number];

/** The rules for each status that is no success. */
const RULES: [statuses: string, Partial<Record<Sender, Rule>> & { others: Rule }][] = [
  ['429', { others: 'retry', POST: 'retry' }],
  ['408, 425, 500, 502, 503, 504, 520–524', { others: 'retry', POST: 'look up, then retry' }],
  ['409', { PATCH: 'retry', others: 'never', POST: 'never' }],
  ['404', { others: 'retry once', POST: 'never' }],
  ['400–403, 405–407, 410–424, 426–428, 430–498', { others: 'never', POST: 'never' }],
  ['300–399, 499, 501, 505–519, 525–599', { others: 'never', POST: 'look up, never retry' }],
];

/** The statuses in a text, such as `408, 520–524`. */
const statusesIn = (text: string): number[] =>
  [...text.matchAll(/\b(\d{3})(?:–(\d{3}))?\b/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at),
  );

/** What happens after a response with `status`. After a lookup, `postOnce` sends a POST again or not. */
async function ruleOf(sender: Sender, status: number): Promise<Rule> {
  const { requestWith, sentAt } = clientThatGets({ status }, OK);
  const readOnly = sender === READING_POST;
  const result = await requestWith({ method: readOnly ? 'POST' : sender, readOnly });
  expect(sentAt).toHaveLength(result === 'x' ? 2 : 1);
  if (result === 'x') {
    const again = clientThatGets({ status }, { status }, OK);
    const isRetried =
      (await again.requestWith({ method: readOnly ? 'POST' : sender, readOnly })) === 'x';
    return isRetried ? 'retry' : 'retry once';
  }
  const { kind, ambiguous } = (result as ApiError).details;
  if (!ambiguous || sender !== 'POST') return 'never';
  return FAILURE_CLASSES[kind].retryable ? 'look up, then retry' : 'look up, never retry';
}

describe('what is retried', () => {
  describe.each(RULES)('HTTP %s', (statuses, { others, ...rules }) => {
    test.each(SENDERS)('%s', async (sender) => {
      for (const status of statusesIn(statuses)) {
        const rule = await ruleOf(sender, status);
        expect([status, rule]).toEqual([status, rules[sender] ?? others]);
      }
    });
  });

  test('there is one rule for each status from 300 to 599', () => {
    const statuses = RULES.flatMap(([text]) => statusesIn(text));
    expect(statuses.toSorted((a, b) => a - b)).toEqual(statusesIn('300–599'));
  });

  test('docs/reliability.md has these rules', () => {
    const page = readFileSync(join(ROOT, 'docs/reliability.md'), 'utf8');
    const table = marked.lexer(page).find((token): token is Tokens.Table => token.type === 'table');
    const documented = (table?.rows ?? []).flatMap(([what, others, post]) =>
      // With the header, 503 has another rule than alone.
      statusesIn(what?.text.replace('503 with', '') ?? '').map((status) => ({
        status,
        rules: [others?.text, post?.text],
      })),
    );
    expect(documented.length).toBeGreaterThan(20);
    for (const { status, rules } of documented) {
      const [, expected] = RULES.find(([text]) => statusesIn(text).includes(status)) ?? [];
      const { others, PATCH, POST } = expected ?? {};
      const wait = status === 429 ? ' after that time' : '';
      const repeatable = PATCH ? `PATCH: ${PATCH}; others: ${others}` : `${others}${wait}`;
      expect({ status, rules }).toEqual({ status, rules: [repeatable, `${POST}${wait}`] });
    }
  });

  const transient: [string, Reply][] = [
    ['a reset', reset],
    ['silence', 'silence'],
    ['a body that is not JSON', { status: 200, body: '<html>' }],
  ];
  test.each(transient)('%s: every method except POST', async (_, reply) => {
    for (const method of METHODS) {
      expect(await clientThatGets(reply, OK).request(method)).toBe('x');
    }
    const { request, sentAt } = clientThatGets(reply, OK);
    const error = (await request('POST')) as ApiError;
    expect(error.details).toMatchObject({ kind: 'ambiguous', ambiguous: true, attempts: 1 });
    expect(sentAt).toHaveLength(1);
  });

  test.each<[string, Reply]>([
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '1' } }],
    ['a refused connection', refused],
  ])('%s: every method', async (_, reply) => {
    for (const method of [...METHODS, 'POST'] as const) {
      expect(await clientThatGets(reply, OK).request(method)).toBe('x');
    }
  });

  test.each(NO_RETRY_AFTER)(
    '503 with “Retry-After: %s”: every method except POST',
    async (desired) => {
      const reply = { status: 503, headers: { 'retry-after': desired, date: NEW_YEAR } };
      for (const method of METHODS) {
        expect(await clientThatGets(reply, OK).request(method)).toBe('x');
      }
      const { request, sentAt } = clientThatGets(reply, OK);
      const error = (await request('POST')) as ApiError;
      expect(error.details).toMatchObject({ kind: 'ambiguous', ambiguous: true });
      expect(sentAt).toHaveLength(1);
    },
  );

  test('a certificate: no method', async () => {
    const certificate = new TransportError('cert', { isSent: false, isPermanent: true });
    for (const method of [...METHODS, 'POST'] as const) {
      const { request, sentAt } = clientThatGets(certificate, OK);
      const error = (await request(method)) as ApiError;
      expect(error.details).toMatchObject({ kind: 'prevented', ambiguous: false });
      expect(sentAt).toHaveLength(1);
    }
  });

  test('409: PATCH after a delay that grows', async () => {
    const { request, sentAt } = clientThatGets({ status: 409 }, { status: 409 }, OK);
    expect(await request('PATCH')).toBe('x');
    expect(sentAt).toEqual([0, 250, 750]);
  });

  test('409: not PATCH once no time is left, and nothing was changed', async () => {
    const { request } = clientThatGets({ status: 409 });
    const error = (await request('PATCH')) as ApiError;
    expect(error.details).toMatchObject({ status: 409, ambiguous: false });
    expect(error.details.stopReason).toContain('would start after the timeout');
  });
});

describe('the wait before a retry', () => {
  test('doubles up to a cap, with full jitter', async () => {
    const { request, sentAt } = clientThatGets(...Array(8).fill({ status: 502 }), OK);
    await request('GET');
    const waits = sentAt.slice(1).map((time, index) => time - (sentAt[index] ?? 0));
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000]);
  });

  test('is logged in one line with the reason', async () => {
    const body = '{"error":{"message":"Bad gateway"}}';
    const { request, log } = clientThatGets({ status: 502, body }, refused, OK);
    await request('GET');
    expect(log).toEqual([
      'GET /workspaces: HTTP 502 Bad Gateway: Bad gateway. Retrying in 0.3 s.',
      'GET /workspaces at openrouter.ai, after 0.0 s: refused. Retrying in 0.5 s.',
    ]);
  });

  test.each([
    ['seconds', { 'retry-after': '7' }],
    [
      'a date, by the server’s clock',
      { 'retry-after': 'Fri, 01 Jan 2100 00:00:07 GMT', date: 'Fri, 01 Jan 2100 00:00:00 GMT' },
    ],
  ])('is what the server requests, as %s', async (_, headers) => {
    const { request, sentAt } = clientThatGets({ status: 429, headers }, OK);
    await request('POST');
    expect(sentAt).toEqual([0, 7_000]);
  });

  test.each<[string, HttpResponse['headers']]>([
    ['an invalid time', { 'retry-after': 'soon' }],
    ['a date without sending its own time', { 'retry-after': 'Fri, 01 Jan 2100 00:00:07 GMT' }],
    ['no wait', { 'retry-after': '0' }],
  ])('is the backoff if the server requests %s', async (_, headers) => {
    const { request, sentAt } = clientThatGets({ status: 429, headers }, OK);
    await request('POST');
    expect(sentAt).toEqual([0, 250]);
  });

  test('fails the request at once, with the reason, if it would exceed the timeout', async () => {
    const headers = { 'retry-after': '61' };
    const { request, sentAt } = clientThatGets({ status: 429, headers }, OK);
    const error = (await request('GET')) as ApiError;
    expect(error.details).toMatchObject({
      reason: 'HTTP 429 Too Many Requests',
      stopReason: 'the next attempt, in 61.0 s, would start after the timeout',
    });
    expect(sentAt).toEqual([0]);
  });
});

describe('a request that must not hold up the others', () => {
  test('ends within its time, also if no response arrives', async () => {
    const { tryOnce, clock, sentAt } = clientThatGets('silence');
    expect(await clock.run(tryOnce(1_500))).toMatchObject({
      kind: 'ambiguous',
      failure: { reason: 'no complete response within 1.5 s' },
    });
    expect(clock.now()).toBe(1_500);
    expect(sentAt).toEqual([0]);
  });

  test('leaves most of the time to the others, also if little is left', async () => {
    const { tryOnce, clock } = clientThatGets('silence');
    await clock.run(new Promise<void>((resolve) => clock.after(58_000, resolve)));
    await clock.run(tryOnce(1_500));
    expect(clock.now()).toBe(58_500);
  });

  test.each<[string, Reply]>([
    ['HTTP 502', { status: 502 }],
    ['a refused connection', refused],
    ['HTTP 429', { status: 429, headers: { 'retry-after': '1' } }],
  ])('is not retried after %s', async (_, reply) => {
    const { tryOnce, clock, sentAt } = clientThatGets(reply, OK);
    expect(await clock.run(tryOnce(1_500))).toHaveProperty('failure');
    expect(sentAt).toEqual([0]);
    expect(clock.now()).toBe(0);
  });

  test('does not make the others wait if OpenRouter throttles it', async () => {
    const headers = { 'retry-after': '3600' };
    const { tryOnce, request, clock, sentAt } = clientThatGets({ status: 429, headers }, OK);
    await clock.run(tryOnce(1_500));
    expect(await request('DELETE')).toBe('x');
    expect(sentAt).toEqual([0, 0]);
  });
});

describe('concurrent requests', () => {
  /** Sends `count` requests at the same moment. */
  const requestAll = (client: ReturnType<typeof clientThatGets>, count: number) =>
    Promise.all(Array.from({ length: count }, () => client.request('GET')));

  test('are limited to eight in flight', async () => {
    let inFlight = 0;
    let most = 0;
    const client = clientThatGets(OK);
    client.beforeResponse = async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise<void>((resolve) => client.clock.after(10, resolve));
      inFlight -= 1;
    };
    expect(await requestAll(client, 50)).toEqual(Array(50).fill('x'));
    expect(most).toBe(8);
    expect(client.clock.now()).toBe(70);
  });

  test('all wait if the server asks one of them to', async () => {
    const client = clientThatGets({ status: 429, headers: { 'retry-after': '7' } }, OK);
    expect(await requestAll(client, 20)).toEqual(Array(20).fill('x'));
    const after = client.sentAt.filter((time) => time > 0);
    // Those in flight with it get their responses; none is sent before the wait is over.
    expect(client.sentAt.length - after.length).toBe(8);
    expect(new Set(after)).toEqual(new Set([7_000]));
  });

  test('all wait for the backoff if the server does not say how long', async () => {
    const client = clientThatGets({ status: 429 }, OK);
    expect(await requestAll(client, 20)).toEqual(Array(20).fill('x'));
    const after = client.sentAt.filter((time) => time > 0);
    // Those in flight with it, and the one that is sent before the wait begins.
    expect(client.sentAt.length - after.length).toBeLessThanOrEqual(9);
    expect(new Set(after)).toEqual(new Set([250]));
  });

  test('do not wait for the backoff of another request', async () => {
    const client = clientThatGets({ status: 502 }, OK);
    await requestAll(client, 20);
    expect(client.sentAt.filter((time) => time > 0)).toEqual([250]);
  });

  test('do not wait for a PATCH that is retried after 409', async () => {
    const headers = { 'retry-after': '7' };
    const client = clientThatGets({ status: 409, headers }, OK);
    const later = Promise.withResolvers<unknown>();
    client.clock.after(100, () => later.resolve(client.request('GET')));
    expect(await Promise.all([client.request('PATCH'), later.promise])).toEqual(['x', 'x']);
    expect(client.sentAt).toEqual([0, 100, 7_000]);
  });

  test('wait even if they start during the wait and the server does not say how long', async () => {
    const client = clientThatGets({ status: 429 }, OK);
    const later = Promise.withResolvers<unknown>();
    client.clock.after(100, () => later.resolve(client.request('GET')));
    expect(await Promise.all([client.request('GET'), later.promise])).toEqual(['x', 'x']);
    expect(client.sentAt).toEqual([0, 250, 250]);
  });

  test('wait for the longest time that the server requests', async () => {
    const throttled = ['9', '1'].map((wait) => ({ status: 429, headers: { 'retry-after': wait } }));
    const client = clientThatGets(...throttled, OK);
    expect(await requestAll(client, 2)).toEqual(['x', 'x']);
    expect(client.sentAt).toEqual([0, 0, 9_000, 9_000]);
  });

  test('fail at once after the server requested a longer wait than there is time left', async () => {
    const client = clientThatGets({ status: 429, headers: { 'retry-after': '61' } }, OK);
    await client.request('GET');
    const next = (await client.request('POST')) as ApiError;
    expect(next.details).toMatchObject({
      reason: 'OpenRouter requires a wait of 61.0 s, which exceeds the timeout',
      kind: 'prevented',
      ambiguous: false,
    });
    expect(client.sentAt).toEqual([0]);
    expect(client.clock.now()).toBe(0);
    expect(client.log).toEqual([]);
  });

  test('stop waiting when the run is cancelled', async () => {
    const client = clientThatGets({ status: 429, headers: { 'retry-after': '7' } }, OK);
    client.clock.after(100, () => client.step.abort(new Error('cancelled')));
    const errors = (await requestAll(client, 20)).filter((result) => result !== 'x');
    expect(errors).toHaveLength(13);
    for (const error of errors as ApiError[]) {
      const { reason, stopReason = reason } = error.details;
      expect(stopReason).toMatch(/cancelled$/);
      expect(error.details.ambiguous).toBe(false);
    }
    expect(client.clock.now()).toBe(100);
  });
});

describe('404', () => {
  test('is a regular response from the API, and an error from a web page', async () => {
    const of = (body: string) => clientThatGets({ status: 404, body }).lookup();
    expect(await of('{"error":{"code":404,"message":"Workspace not found"}}')).toBeUndefined();
    for (const body of ['', '<html>Not found</html>', 'Not found']) {
      expect(((await of(body)) as ApiError).details.status).toBe(404);
    }
  });
});

describe('the time of a step', () => {
  test('is never exceeded, whatever the responses', async () => {
    const replies = fc.constantFrom<Reply>(
      reset,
      refused,
      'silence',
      { status: 502 },
      { status: 429 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(replies, { minLength: 1, maxLength: 6 }), async (sequence) => {
        const { request, clock } = clientThatGets(...sequence);
        expect(await request('GET')).toBeInstanceOf(ApiError);
        expect(clock.now()).toBeLessThanOrEqual(60_000);
      }),
    );
  });

  test.each([1_000, 5_000, 20_000])(
    'is not exceeded by a client with a timeout of %i ms',
    async (ms) => {
      const { requestWithin, clock, sentAt } = clientThatGets('silence');
      expect(await requestWithin(ms)).toBeInstanceOf(ApiError);
      expect(Math.max(...sentAt)).toBeLessThan(ms);
      expect(clock.now()).toBeLessThanOrEqual(ms);
    },
  );

  test('does not let a queued request start after the timeout of its client', async () => {
    const { requestWithin, sentAt } = clientThatGets('silence');
    await Promise.all(Array.from({ length: 20 }, () => requestWithin(1_000)));
    expect(sentAt.every((at) => at === 0)).toBe(true);
  });

  test('limits an attempt to half of what is left, and to between 1 s and 30 s', () => {
    expect([120_000, 60_000, 20_000, 1_500, 700].map(attemptTimeout)).toEqual([
      30_000, 30_000, 10_000, 1_000, 1_000,
    ]);
  });

  test('is halved for an attempt that begins late, so that time is left for another', async () => {
    const { request, clock, sentAt } = clientThatGets('silence', OK);
    await clock.run(new Promise<void>((resolve) => clock.after(40_000, resolve)));
    expect(await request('GET')).toBe('x');
    expect(sentAt).toEqual([40_000, 50_250]);
  });

  test('has no pending timer of an attempt that is over', async () => {
    const { request, clock, release } = clientThatGets(OK);
    await request('GET');
    release();
    expect(clock.pending()).toBe(0);
  });

  test('ends at once when the run is cancelled, during an attempt and between two', async () => {
    const during = clientThatGets('silence');
    during.clock.after(100, () => during.step.abort(new Error('cancelled')));
    expect(((await during.request('GET')) as ApiError).details.reason).toBe('cancelled');
    expect(during.clock.now()).toBe(100);

    const between = clientThatGets({ status: 502 });
    between.clock.after(100, () => between.step.abort(new Error('cancelled')));
    const error = (await between.request('GET')) as ApiError;
    expect(error.details).toMatchObject({
      reason: 'HTTP 502 Bad Gateway',
      stopReason: 'cancelled',
    });
    expect(between.clock.now()).toBe(100);
  });
});

describe('the pure functions of the retry policy', () => {
  test('backoff is below its cap and never negative', () => {
    const attempts = fc.integer({ min: 1, max: 10_000 });
    const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(attempts, draws, (attempt, random) => {
        const ms = backoff(attempt, random);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThan(8_000);
      }),
    );
  });

  test('retryAfter never throws, and is never negative', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (desired, date) => {
        const headers = { 'retry-after': desired, date };
        expect(retryAfter({ status: 429, headers, body: '' }) ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test.each(NO_RETRY_AFTER)('retryAfter is undefined for “%s”', (desired) => {
    const headers = { 'retry-after': desired, date: NEW_YEAR };
    expect(retryAfter({ status: 503, headers, body: '' })).toBeUndefined();
  });

  test.each([
    ['0', 0],
    [' 7 ', 7_000],
    ['Tue, 01 Jan 2030 00:00:07 GMT', 7_000],
    ['Tuesday, 01-Jan-30 00:00:07 GMT', 7_000],
    ['Mon, 31 Dec 2029 23:59:59 GMT', 0],
  ])('retryAfter of “%s” is %i ms', (desired, ms) => {
    const headers = { 'retry-after': desired, date: NEW_YEAR };
    expect(retryAfter({ status: 503, headers, body: '' })).toBe(ms);
  });

  test('classifyResponse takes any other status for one that may have been applied', () => {
    const methods = fc.constantFrom(...METHODS, 'POST' as const);
    fc.assert(
      fc.property(fc.integer({ min: 600, max: 999 }), methods, (status, method) => {
        expect(classifyResponse(method, { status, asksToWait: false })).toBe('unexpected');
      }),
    );
  });
});
