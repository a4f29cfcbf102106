import { describe, expect, test } from '@jest/globals';
import { seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { annotations, declaredOutputs, expectFailure } from '../../support/harness.ts';
import { inVirtualTime } from '../../support/step-time.ts';
import {
  DAY,
  FIND_KEY,
  FIND_WORKSPACE,
  HOUR,
  openUsageHarness,
  paragraphsOf,
  QUERY,
} from '../../support/usage.ts';

const { harness, seed, seedSpender, deleteKey, runUsage, calls } = openUsageHarness();

/** A response of analytics that does not know the hash. */
const UNRESOLVED = JSON.stringify({
  data: {
    data: [],
    metadata: { row_count: 0, truncated: false, query_time_ms: 1 },
    warnings: ['Could not resolve api_key_id'],
  },
});

describe('the usage of an API key', () => {
  test('is what that key alone has spent, with its limit and what remains of it', async () => {
    const workspace = seed();
    seedSpender(workspace, [{ credits: 1 }], { name: 'Other' });
    const key = seedSpender(workspace, [{ credits: 0.1, requests: 2 }, { credits: 0.2 }], {
      limit: 5,
    });
    const step = await runUsage({ 'key-hash': key.hash });
    expect(step.outputs).toMatchObject({
      'cost-usd': '0.3',
      requests: '3',
      complete: 'true',
      from: '2026-01-11T12:00:00Z',
      'limit-usd': '5',
      'remaining-usd': '4.7',
    });
    expect(Object.keys(step.outputs).sort()).toEqual((await declaredOutputs('usage')).sort());
    expect(calls()).toEqual([FIND_WORKSPACE, FIND_KEY, QUERY]);
    expect(step.log).toContain(`The API key "CI" (${key.label}) has spent $0.30.`);
    expect(paragraphsOf(step.summary).at(-1)).toBe('The limit is $5.00, of which $4.70 remains.');
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test.each([
    ['no limit', { limit: null }, '', '', undefined],
    [
      'a limit that resets',
      { limit: 1, limit_reset: 'daily' },
      '1',
      '0.9',
      'The daily limit is $1.00, of which $0.90 remains.',
    ],
    [
      'a limit that was overshot',
      { limit: 0.25 },
      '0.25',
      '-0.05',
      'The limit is $0.25, of which -$0.05 remains.',
    ],
  ])('has %s', async (_, fields, limit, remaining, line) => {
    const key = seedSpender(seed(), [{ credits: 0.1 }, { credits: 0.2, age: DAY }]);
    Object.assign(key, fields);
    const step = await runUsage({ 'key-hash': key.hash });
    expect(step.outputs).toMatchObject({ 'limit-usd': limit, 'remaining-usd': remaining });
    const shown = step.log.split('\n').find((text) => /^The .*limit is /.test(text));
    expect(shown).toBe(line);
  });

  test('is its own fresh figure if analytics is behind, and incomplete by model', async () => {
    const key = seedSpender(seed(), [{ credits: 0.1 }, { credits: 0.2, age: DAY }]);
    harness.sandbox.account.analytics.lag = HOUR;
    const step = await runUsage({ 'key-hash': key.hash });
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3', requests: '1', complete: 'false' });
    const reason =
      "Incomplete: OpenRouter's analytics knows of $0.20, but the counters of the API keys show $0.30. Some requests are missing in the figures by model.";
    expect(step.log).toContain(reason);
    expect(paragraphsOf(step.summary)).toContain(reason);
  });

  test('is not 0 if analytics does not know its hash', async () => {
    const key = seedSpender(seed(), [{ credits: 0.3 }]);
    harness.sandbox.faults.push({ on: QUERY, kind: 'response', status: 200, body: UNRESOLVED });
    const step = await runUsage({ 'key-hash': key.hash });
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3', complete: 'false' });
    expect(step.log).toContain(
      "Incomplete: OpenRouter's analytics warns: Could not resolve api_key_id",
    );
  });

  test('is a failure if analytics does not know its hash, and its counters not the period', async () => {
    const key = seedSpender(seed(), [{ credits: 0.3 }]);
    harness.sandbox.faults.push({ on: QUERY, kind: 'response', status: 200, body: UNRESOLVED });
    const step = await runUsage({ 'key-hash': key.hash, since: '2h' });
    const { code, title, lines } = expectFailure(step);
    expect(code).toBe('usage-unknown');
    expect(title).toBe(`The usage of the API key "CI" (${key.label}) in this period is unknown`);
    expect(lines).toEqual([
      "OpenRouter's analytics found nothing about the key, and the key has no counter for the period.",
      "OpenRouter's analytics warns: Could not resolve api_key_id",
      'With since: created, the total comes from the key itself, if OpenRouter reports it.',
      'Nothing was changed at OpenRouter.',
    ]);
  });

  test('is a failure if OpenRouter reports nothing about it at all', async () => {
    const { hash, name, label, workspace_id } = seedSpender(seed(), []);
    const body = JSON.stringify({ data: { hash, name, label, workspace_id, usage: null } });
    harness.sandbox.faults.push({ on: FIND_KEY, kind: 'response', status: 200, body });
    const { code, lines } = expectFailure(await runUsage({ 'key-hash': hash }));
    expect(code).toBe('usage-unknown');
    expect(lines).toEqual([
      "OpenRouter's analytics found nothing about the key, and the key has no counter for the period.",
      'With since: created, the total comes from the key itself, if OpenRouter reports it.',
      'Nothing was changed at OpenRouter.',
    ]);
  });

  test.each([
    ['day', '0.1'],
    ['week', '0.3'],
    ['month', '0.6'],
    ['created', '1'],
  ])('has fresh figures since %s, also without analytics', async (since, cost) => {
    const key = seedSpender(seed(20 * DAY), [
      { credits: 0.1, age: HOUR },
      { credits: 0.2, age: 2 * DAY },
      { credits: 0.3, age: 10 * DAY },
      { credits: 0.4, age: 19 * DAY },
    ]);
    harness.sandbox.account.analytics.lag = 30 * DAY;
    const step = await runUsage({ 'key-hash': key.hash, since });
    expect(step.outputs).toMatchObject({ 'cost-usd': cost, complete: 'false' });
  });

  test('has a limit that is unknown, and not none, if it cannot be read', async () => {
    const key = seedSpender(seed(), [{ credits: 0.1 }]);
    const body = JSON.stringify({ data: { ...key, usage: 0.1, limit: 'many' } });
    harness.sandbox.faults.push({ on: FIND_KEY, kind: 'response', status: 200, body });
    const step = await runUsage({ 'key-hash': key.hash, 'fail-above-usd': '0.1' });
    expect(step.outputs).toMatchObject({ 'limit-usd': '', complete: 'false' });
    expect(step.log).toContain('has spent $0.10.');
    expect(step.log).toContain(
      'Incomplete: Could not read the limit of the API key, or what remains of it.',
    );
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test('is not limited to 31 days, but to 365', async () => {
    const key = seedSpender(seed(400 * DAY), [{ credits: 0.1, age: 300 * DAY }]);
    seedUsage(harness.sandbox, key, { credits: 0.2, age: 380 * DAY });
    const recent = await runUsage({ 'key-hash': key.hash, since: '364d' });
    expect(recent.outputs).toMatchObject({ 'cost-usd': '0.1', complete: 'true' });
    const whole = await runUsage({ 'key-hash': key.hash });
    expect(whole.outputs).toMatchObject({ 'cost-usd': '0.3', complete: 'false' });
    expect(whole.log).toContain("OpenRouter's analytics goes back 365 days.");
  });
});

describe('a key-hash', () => {
  const NOT_FOUND = 'The workspace preview-42 has no API key with this hash';

  test('of a deleted key is a failure, and not a cost of 0', async () => {
    const key = seedSpender(seed(), [{ credits: 0.3 }]);
    deleteKey(key.hash);
    const { code, title, lines } = expectFailure(await runUsage({ 'key-hash': key.hash }));
    expect([code, title]).toEqual(['key-not-found', NOT_FOUND]);
    expect(lines[0]).toBe(
      `key-hash is ${key.hash}. The key may have been deleted, or belong to another workspace.`,
    );
  });

  test('of another workspace is a failure', async () => {
    seed();
    const other = seedWorkspace(harness.sandbox, { slug: 'other' });
    const key = seedSpender(other, [{ credits: 0.3 }]);
    expect(expectFailure(await runUsage({ 'key-hash': key.hash })).title).toBe(NOT_FOUND);
  });

  test('that OpenRouter answers with another key is a failure', async () => {
    const workspace = seed();
    const key = seedSpender(workspace, []);
    const other = seedSpender(workspace, [{ credits: 0.3 }]);
    const body = JSON.stringify({ data: other });
    const fault = { on: FIND_KEY, kind: 'response', status: 200, body };
    harness.sandbox.faults.push(...Array(99).fill(fault));
    const { message } = expectFailure(await runUsage({ 'key-hash': key.hash }, inVirtualTime()));
    expect(message).toContain(`is about the API key with the hash ${other.hash}`);
  });

  test('is not sent if it is the key itself', async () => {
    seed();
    const secret = `sk-or-v1-${'0'.repeat(64)}`;
    const step = await runUsage({ 'key-hash': secret });
    expect(expectFailure(step).lines[0]).toBe(
      'key-hash must be the hash of an API key, and not the key itself; given: "***"',
    );
    expect(calls()).toEqual([]);
  });
});
