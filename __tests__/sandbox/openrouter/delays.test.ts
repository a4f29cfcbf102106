import { expect, test } from '@jest/globals';
import { type OpenRouterOptions, openAccount } from '../../../sandbox/openrouter/openrouter.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import {
  ANALYTICS_LAG,
  AT_ONCE,
  COUNTER_DELAY,
  counterDelayFrom,
  delayOf,
} from '../../../sandbox/openrouter/resources/usage.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';

const managementKey = 'sk-or-v1-of-a-test';

/** An account with two keys in a workspace, which have a limit of 1 USD. */
function open(options: Partial<OpenRouterOptions> = {}) {
  const clock = { now: Date.UTC(2026, 0, 14, 12) };
  const account = openAccount({ ...options, managementKey, now: () => new Date(clock.now) });
  const access = { account, managementKey };
  const { id } = seedWorkspace(access, { slug: 'preview-42' });
  const send = (method: string, path: string, secret = managementKey, body: object = {}) =>
    account.handle({
      method,
      path,
      authorization: `Bearer ${secret}`,
      body: JSON.stringify(body),
    }) as { status: number; body: { data: unknown; key: string; error: { message: string } } };
  const fields = { name: 'Key', workspace_id: id, limit: 1 };
  const { data, key: secret } = send('POST', '/keys', managementKey, fields).body;
  const { hash } = data as Key;
  const key = account.keys[0] as Key;
  /** What each response about the key shows to be spent, and to be left. */
  const shown = () => {
    const responses = [
      send('GET', `/keys/${hash}`).body.data,
      (send('GET', `/keys?workspace_id=${id}`).body.data as Key[]).find((one) => one.hash === hash),
      send('PATCH', `/keys/${hash}`, managementKey, { name: 'Key' }).body.data,
      send('GET', '/key', secret).body.data,
    ] as Key[];
    return responses.map(({ usage, byok_usage_daily, limit_remaining }) => {
      return { usage, byok_usage_daily, limit_remaining };
    });
  };
  const complete = (fields: object = {}) => {
    const messages = [{ role: 'user', content: 'Hello.' }];
    const body = { model: 'openai/gpt-5-mini', messages, ...fields };
    return send('POST', '/chat/completions', secret, body);
  };
  const analyzed = () => {
    const query = { metrics: ['total_usage'] };
    const { data: result } = send('POST', '/analytics/query', managementKey, query).body;
    return (result as { data: { total_usage: number }[] }).data[0]?.total_usage;
  };
  return { account, clock, key, other: seedKey(access, { id }), shown, complete, analyzed };
}

const NOTHING = Array(4).fill({ usage: 0, byok_usage_daily: 0, limit_remaining: 1 });
const ALL = Array(4).fill({ usage: 0.25, byok_usage_daily: 0.5, limit_remaining: 0.75 });

test.each([
  ['40 to 50 s by default', {}, COUNTER_DELAY],
  ['as the account is opened', { counterDelay: { from: 90_000, to: 150_000 } }, undefined],
])('every response about a key shows late what it has spent, %s', (_, options, expected) => {
  const { account, clock, key, shown } = open(options);
  const { from, to } = expected ?? account.counterDelay;
  const delay = delayOf(key, account.counterDelay);
  expect(delay).toBeGreaterThanOrEqual(from);
  expect(delay).toBeLessThan(to);
  seedUsage({ account }, key, { credits: 0.25, byok: 0.5 });
  clock.now += Math.floor(delay);
  expect(shown()).toEqual(NOTHING);
  clock.now += 1;
  expect(shown()).toEqual(ALL);
});

test('what was spent shows at once in an account that was opened so, or was changed to it', () => {
  const opened = open(AT_ONCE);
  seedUsage(opened, opened.key, { credits: 0.25, byok: 0.5 });
  expect(opened.shown()).toEqual(ALL);
  expect(opened.analyzed()).toBe(0.75);
  seedUsage(opened, opened.key, { age: -1, credits: 0.25 });
  expect(opened.shown()[0]?.usage).toBe(0.5);
  const changed = open();
  seedUsage(changed, changed.key, { credits: 0.25, byok: 0.5 });
  Object.assign(changed.account.counterDelay, counterDelayFrom(0));
  expect(changed.shown()).toEqual(ALL);
  expect(COUNTER_DELAY).toEqual({ from: 40_000, to: 50_000 });
});

test('two keys are never late by the same time, and a key always is', () => {
  const { key, other } = open();
  expect(delayOf(key, COUNTER_DELAY)).not.toBe(delayOf(other, COUNTER_DELAY));
  expect(delayOf(key, COUNTER_DELAY)).toBe(delayOf({ hash: key.hash }, COUNTER_DELAY));
  const hashes = Array.from({ length: 5_000 }, (_, at) => `hash ${at}`);
  const delays = hashes.map((hash) => delayOf({ hash }, { from: 0, to: 150_000 }));
  expect(new Set(delays).size).toBe(hashes.length);
});

test('a list of API keys that lags shows the counters as they were then', () => {
  const { account, clock, key, shown } = open();
  account.keyLists.lag = 5_000;
  // From the first write on.
  seedKey({ account, managementKey }, { id: key.workspace_id });
  const delay = Math.ceil(delayOf(key, account.counterDelay));
  seedUsage({ account }, key, { credits: 0.25, byok: 0.5 });
  clock.now += delay + 4_999;
  const [one, list] = shown();
  expect([one?.usage, list?.usage]).toEqual([0.25, 0]);
  clock.now += 1;
  expect(shown()).toEqual(ALL);
  Object.assign(account.counterDelay, counterDelayFrom(0));
  seedUsage({ account }, key, { credits: 0.25 });
  expect(shown().map(({ usage }) => usage)).toEqual([0.5, 0.25, 0.5, 0.5]);
});

test('a limit holds at once, however late the counters are', () => {
  const { account, key, shown, complete } = open({ revocationDelay: 0 });
  seedUsage({ account }, key, { credits: 0.99999 });
  expect(complete({ max_tokens: 1 }).status).toBe(200);
  expect(shown()).toEqual(NOTHING);
  expect(complete()).toMatchObject({
    status: 403,
    body: { error: { message: 'Key limit exceeded (total limit)' } },
  });
  key['limit_reset'] = 'monthly';
  expect(complete().body.error.message).toBe('Key limit exceeded (monthly limit)');
  key['limit'] = null;
  expect(complete().status).toBe(200);
});

test('a request is refused before the limit is used up if its response could cost more than is left', () => {
  const { key, complete } = open({ revocationDelay: 0 });
  key['limit'] = 0.4;
  expect(complete({ model: 'anthropic/claude-sonnet-4.6' })).toMatchObject({
    status: 402,
    body: {
      error: {
        message: expect.stringMatching(
          /^This request requires more credits, or fewer max_tokens\. You requested up to 32000 tokens, but can only afford 26666\. .*\/settings\/keys /,
        ),
      },
    },
  });
  expect(complete({ model: 'anthropic/claude-sonnet-4.6', max_tokens: 26_000 }).status).toBe(200);
});

type Opened = ReturnType<typeof open>;

test.each<[string, (opened: Opened) => void]>([
  ['disabled', ({ key }) => Object.assign(key, { disabled: true })],
  ['deleted', ({ account, key }) => account.keys.splice(account.keys.indexOf(key), 1)],
  ['whose limit was lowered', ({ key }) => Object.assign(key, { limit: 0 })],
  ['expired', ({ key }) => Object.assign(key, { expires_at: '2026-01-01T00:00:00.000Z' })],
])('a key that was used, and is %s, works until it is forgotten', (_, revoke) => {
  const opened = open({ revocationDelay: 20_000 });
  const { clock, complete } = opened;
  expect(complete().status).toBe(200);
  revoke(opened);
  clock.now += 19_999;
  expect(complete().status).toBe(200);
  clock.now += 1;
  expect(complete().status).not.toBe(200);
});

test('a key that was never used is refused as soon as it is disabled', () => {
  const { key, complete } = open();
  Object.assign(key, { disabled: true });
  expect(complete().status).toBe(401);
});

test('counters go down if a replica is behind', () => {
  const { account, clock, key, shown } = open({ counterDelay: counterDelayFrom(0) });
  seedUsage({ account }, key, { credits: 0.25 });
  clock.now += 5_000;
  account.replicaLags.push(0, 6_000);
  expect(shown().map(({ usage }) => usage)).toEqual([0.25, 0.25, 0, 0.25]);
});

test('a limit of 0 rejects the first completion', () => {
  const { key, complete } = open();
  key['limit'] = 0;
  expect(complete().status).toBe(403);
});

test('analytics has a delay of its own', () => {
  const { account, clock, key, shown, analyzed } = open();
  seedUsage({ account }, key, { credits: 0.25, byok: 0.5 });
  clock.now += ANALYTICS_LAG - 1;
  expect(shown()).toEqual(ALL);
  expect(analyzed()).toBeUndefined();
  clock.now += 1;
  expect(analyzed()).toBe(0.75);
  const later = open({ analyticsLag: 2 * ANALYTICS_LAG });
  seedUsage(later, later.key, { credits: 0.25 });
  later.clock.now += ANALYTICS_LAG;
  expect(later.analyzed()).toBeUndefined();
});
