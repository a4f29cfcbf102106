import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { marked, type Tokens } from 'marked';
import * as z from 'zod/mini';
import { postOnce } from '../../src/creation/post-once.ts';
import { type Client, forEachOf, MAX_CONCURRENCY } from '../../src/http/client.ts';
import type { ApiError, ApiRequest } from '../../src/http/request.ts';
import { attemptTimeout, classifyResponse, FAILURE_CLASSES } from '../../src/http/retry-policy.ts';
import { TransportError } from '../../src/http/transport.ts';
import { SILENT } from '../support/client.ts';
import {
  json,
  openRecordingClient,
  type Reply,
  refused,
  reset,
} from '../support/recording-client.ts';
import { ROOT } from '../support/root.ts';

const OK = json({ data: 'x' });

const REQUEST = {
  operation: 'list the workspaces',
  path: '/workspaces',
  schema: z.object({ data: z.string() }),
};

type Request = Pick<ApiRequest<unknown>, 'method' | 'readOnly'>;

/** Sends a request that gets `replies`. Returns its data or its error, and how often it was sent. */
async function send(request: Request, ...replies: Reply[]) {
  const { client, run, sent } = openRecordingClient(replies);
  const outcome = await run(deliver(client, { ...REQUEST, ...request }));
  return outcome instanceof Error
    ? { error: outcome as ApiError, attempts: sent.length }
    : { data: outcome.data, attempts: sent.length };
}

/** Sends a POST by `postOnce` if it creates something, and other requests directly. */
async function deliver<Data>(client: Client, request: ApiRequest<Data>): Promise<Data> {
  if (request.method !== 'POST' || request.readOnly) return (await client.request(request)).data;
  const created = await postOnce(
    {
      send: () => client.send(request),
      reconcile(rounds) {
        const { retryable, ambiguous } = FAILURE_CLASSES[rounds.at(-1)?.failure.kind ?? 'unsent'];
        return { kind: retryable && !ambiguous ? 'retry' : 'give-up', ambiguous };
      },
      question: 'nothing',
      check: () => Promise.reject(new Error('nothing is looked up')),
    },
    { client, log: SILENT },
  );
  if (created.kind === 'succeeded') return created.data;
  throw new Error('nothing is reconciled');
}

const METHODS = ['GET', 'PUT', 'PATCH', 'DELETE'] as const;

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
  // To a first request: `retries.test.ts` has those after a success.
  ['401', { others: 'never', POST: 'never' }],
  ['400, 402–403, 405–407, 410–424, 426–428, 430–498', { others: 'never', POST: 'never' }],
  ['300–399, 499, 501, 505–519, 525–599', { others: 'never', POST: 'look up, never retry' }],
];

/** The statuses in a text, such as `408, 520–524`. */
const statusesIn = (text: string): number[] =>
  [...text.matchAll(/\b(\d{3})(?:–(\d{3}))?\b/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at),
  );

/** What happens after `reply`. After a lookup, `postOnce` sends a POST again or not. */
async function ruleOf(sender: Sender, reply: Reply): Promise<Rule> {
  const readOnly = sender === READING_POST;
  const request = { method: readOnly ? 'POST' : sender, readOnly } as const;
  const { data, error, attempts } = await send(request, reply, OK);
  expect(attempts).toBe(data === 'x' ? 2 : 1);
  if (!error) {
    const again = await send(request, reply, reply, OK);
    return again.data === 'x' ? 'retry' : 'retry once';
  }
  const { kind, ambiguous } = error.details;
  if (!ambiguous || sender !== 'POST') return 'never';
  return FAILURE_CLASSES[kind].retryable ? 'look up, then retry' : 'look up, never retry';
}

describe('what is retried', () => {
  describe.each(RULES)('HTTP %s', (statuses, { others, ...rules }) => {
    test.each(SENDERS)('%s', async (sender) => {
      for (const status of statusesIn(statuses)) {
        const rule = await ruleOf(sender, { status });
        expect([status, rule]).toEqual([status, rules[sender] ?? others]);
      }
    });
  });

  test('there is one rule for each status from 300 to 599', () => {
    const statuses = RULES.flatMap(([text]) => statusesIn(text));
    expect(statuses.toSorted((a, b) => a - b)).toEqual(statusesIn('300–599'));
  });

  test('docs/reliability.md has these rules, and no others', () => {
    const page = readFileSync(join(ROOT, 'docs/reliability.md'), 'utf8');
    const table = marked.lexer(page).find((token): token is Tokens.Table => token.type === 'table');
    const rows = (table?.rows ?? []).map((cells) => cells.map(({ text }) => text));
    // With the header, 503 has another rule than alone.
    const listed = rows.map(([what = '']) =>
      statusesIn(what.replace('503 with', '').replace('Redirects', '300–399')),
    );
    const documented = rows.flatMap(([what = '', ...rules], row) => {
      const [, hundred] = /other (\d)xx/.exec(what) ?? [];
      const others = hundred ? statusesIn(`${hundred}00–${hundred}99`) : [];
      const unlisted = others.filter((status) => !listed.flat().includes(status));
      return [...(listed[row] ?? []), ...unlisted].map((status) => ({ status, rules }));
    });
    const expected = RULES.flatMap(([statuses, { others, PATCH, POST }]) =>
      statusesIn(statuses).map((status) => {
        const wait = status === 429 ? 'wait, then ' : '';
        const later = status === 401 ? '; after a success, retry twice' : '';
        const repeatable = PATCH
          ? `PATCH: ${PATCH}; others: ${others}`
          : `${wait}${others}${later}`;
        return { status, rules: [repeatable, `${wait}${POST}`] };
      }),
    );
    const sorted = (rules: typeof expected) => rules.toSorted((a, b) => a.status - b.status);
    expect(sorted(documented)).toEqual(sorted(expected));
  });

  const unavailable = (wait: string): Reply => ({ status: 503, headers: { 'retry-after': wait } });
  const certificate = new TransportError('cert', { isSent: false, isPermanent: true });

  describe.each<[string, Reply, others: Rule, post: Rule]>([
    ['503 with Retry-After', unavailable('1'), 'retry', 'retry'],
    ['503 with an invalid Retry-After', unavailable('soon'), 'retry', 'look up, then retry'],
    ['a body that is not JSON', { body: '<html>' }, 'retry', 'look up, then retry'],
    ['a reset', reset, 'retry', 'look up, then retry'],
    ['silence', 'silence', 'retry', 'look up, then retry'],
    ['a refused connection', refused, 'retry', 'retry'],
    ['a certificate', certificate, 'never', 'never'],
  ])('%s', (_, reply, others, post) => {
    test.each(SENDERS)('%s', async (sender) => {
      expect(await ruleOf(sender, reply)).toBe(sender === 'POST' ? post : others);
    });
  });
});

describe('the pure functions of the retry policy', () => {
  test('attemptTimeout is half of what is left, and between 1 s and 30 s', () => {
    expect([120_000, 60_000, 20_000, 1_500, 700].map(attemptTimeout)).toEqual([
      30_000, 30_000, 10_000, 1_000, 1_000,
    ]);
  });

  test('classifyResponse takes any other status for one that may have been applied', () => {
    const methods = fc.constantFrom(...METHODS, 'POST' as const);
    fc.assert(
      fc.property(fc.integer({ min: 600, max: 999 }), methods, (status, method) => {
        expect(classifyResponse(method, status)).toBe('unexpected');
      }),
    );
  });
});

describe('forEachOf', () => {
  test('one that throws ends it once the others under way have ended, and no further one starts', async () => {
    const log: string[] = [];
    const items = Array.from({ length: MAX_CONCURRENCY + 2 }, (_, at) => at);
    const { promise: allStarted, resolve: startAll } = Promise.withResolvers<void>();
    const all = forEachOf(items, async (item) => {
      log.push(`${item} starts`);
      if (item === MAX_CONCURRENCY - 1) startAll();
      await allStarted;
      if (item === 0) throw new TypeError('unexpected');
      await new Promise(setImmediate);
      log.push(`${item} ends`);
    });
    await expect(all).rejects.toThrow(new TypeError('unexpected'));
    const underWay = items.slice(0, MAX_CONCURRENCY);
    expect(log).toEqual([
      ...underWay.map((item) => `${item} starts`),
      ...underWay.slice(1).map((item) => `${item} ends`),
    ]);
  });
});
