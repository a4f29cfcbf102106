import { describe, expect, test } from '@jest/globals';
import { METRICS } from '../../../../sandbox/openrouter/resources/usage.ts';
import type { UsageFixture } from '../../../../sandbox/openrouter/seed.ts';
import { foldGroups } from '../../../../sandbox/runner/log.ts';
import { annotations, expectFailure } from '../../../support/harness.ts';
import {
  DAY,
  FIND_KEY,
  HOUR,
  MINUTE,
  openUsageHarness,
  paragraphsOf,
  QUERY,
  rowsOf,
} from '../../../support/usage.ts';

const { harness, seed, seedSpender, deleteKey, deleteWorkspace, runUsage, calls } =
  openUsageHarness();

/** Reads the usage of an API key by its hash, without its workspace. */
const runAlone = (hash: string, inputs: Record<string, string> = {}) =>
  runUsage({ workspace: '', 'key-hash': hash, ...inputs });

const SPENT: UsageFixture[] = [
  { credits: 0.1, requests: 2, prompt: 1000, completion: 200 },
  { credits: 0.2, model: 'a/b', age: HOUR },
];

/** A key that has spent 0.3 USD and was deleted. Another key in its workspace has spent more. */
function seedDeleted(usages = SPENT): string {
  const workspace = seed();
  seedSpender(workspace, [{ credits: 9 }], { name: 'Other' });
  const { hash } = seedSpender(workspace, usages, { limit: 5 });
  deleteKey(hash);
  return hash;
}

const NOT_FOUND = 'OpenRouter has no API key with this hash, and no known usage of a deleted one';

/** Expects `key-not-found` without outputs, and returns its lines. */
function expectNotFound(step: Parameters<typeof expectFailure>[0]): string[] {
  const { code, title, lines } = expectFailure(step, {});
  expect([code, title]).toEqual(['key-not-found', NOT_FOUND]);
  expect(step.summary).not.toContain('$0.00');
  return lines;
}

describe('an API key that exists', () => {
  test('has the usage and the limit that it has with its workspace', async () => {
    const { hash, label } = seedSpender(seed(), SPENT, { limit: 5 });
    const named = await runUsage({ 'key-hash': hash });
    harness.sandbox.requests.length = 0;
    const step = await runAlone(hash);
    expect(step.outputs).toEqual(named.outputs);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3', 'remaining-usd': '4.7' });
    expect(step.summary).toBe(named.summary);
    expect(calls()).toEqual([FIND_KEY, QUERY]);
    expect(foldGroups(step.log.split('\n')).slice(0, 4)).toEqual([
      `Reading the usage of the API key with the hash ${hash}.`,
      '▸ Requests',
      `The API key is "CI" (${label}).`,
      '▸ Requests',
    ]);
  });

  test('is read by its counters, too, because analytics is late', async () => {
    const { hash } = seedSpender(seed(), SPENT);
    harness.sandbox.account.analytics.lag = 10 * MINUTE;
    expect((await runAlone(hash)).outputs).toMatchObject({ 'cost-usd': '0.3', requests: '1' });
  });

  test('is stopped in the dashboard, where its workspace is not known', async () => {
    const { hash, label } = seedSpender(seed(), SPENT);
    const step = await runAlone(hash, { 'fail-above-usd': '0.2' });
    const { code, lines } = expectFailure(step, expect.anything());
    expect(code).toBe('spending-above-limit');
    expect(lines[0]).toBe(
      `To stop it, disable the API key "CI" (${label}): https://openrouter.ai/workspaces`,
    );
  });
});

describe('an API key that was deleted', () => {
  test('has the cost, the requests and the models that analytics keeps of it', async () => {
    const hash = seedDeleted();
    const step = await runAlone(hash);
    expect(step).toMatchObject({ exitCode: 0, stderr: '' });
    expect(step.outputs).toEqual({
      'cost-usd': '0.3',
      requests: '3',
      tokens: '1200',
      'by-model': expect.stringContaining('{"model":"a/b","requests":1,'),
      // OpenRouter does not report when it was created.
      from: '2025-01-14T12:00:01Z',
      to: '2026-01-14T12:00:01Z',
      complete: 'true',
    });
    expect(calls()).toEqual([FIND_KEY, FIND_KEY, QUERY]);
    expect(foldGroups(step.log.split('\n'))).toEqual([
      `Reading the usage of the API key with the hash ${hash}.`,
      '▸ Requests',
      'OpenRouter has no API key with this hash. Its analytics keeps what a deleted key has spent.',
      '▸ Requests',
      expect.stringMatching(/^Read in \d+\.\d s\.$/),
      `The deleted API key with the hash ${hash} has spent $0.30 since 2025-01-14T12:00:01Z.`,
      'Requests: 3. Tokens: 1,200.',
      'From 2025-01-14T12:00:01Z to 2026-01-14T12:00:01Z. OpenRouter can count what is spent up to an hour late.',
    ]);
    expect(step.summary).toContain(
      '<h3>💵 $0.30 spent since 14 Jan 2025 12:00 UTC by a deleted API key of OpenRouter</h3>',
    );
    expect(rowsOf(step.summary).slice(0, 3)).toEqual([
      ['Model', 'Cost', '%'],
      ['a/b', '$0.20', '67\u00a0%'],
      [expect.any(String), '$0.10', '33\u00a0%'],
    ]);
    expect(paragraphsOf(step.summary).at(-1)).toBe(`The API key was deleted. Its hash is ${hash}.`);
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test('has the same usage once its workspace was deleted, too', async () => {
    const hash = seedDeleted();
    const before = await runAlone(hash);
    deleteWorkspace();
    expect((await runAlone(hash)).outputs).toEqual(before.outputs);
  });

  test('has the usage of the period that since begins', async () => {
    const hash = seedDeleted([{ credits: 0.1 }, { credits: 0.2, age: 2 * DAY }]);
    const step = await runAlone(hash, { since: 'day' });
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.1', from: '2026-01-14T00:00:00Z' });
    expect(step.summary).toContain('$0.10 spent since 14\u00a0Jan by a deleted API key');
  });

  test('has a usage that may be incomplete if the period is longer than 365 days', async () => {
    const hash = seedDeleted([{ credits: 0.1 }, { credits: 0.2, age: 366 * DAY }]);
    const step = await runAlone(hash, { since: '400d', 'fail-above-usd': '5' });
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.1', complete: 'false' });
    expect(step.summary).toContain('At least $0.10 spent since');
    expect(step.log).toContain("OpenRouter's analytics goes back 365 days.");
    expect(annotations(step, 'warning').map(({ properties }) => properties['title'])).toEqual([
      'usage: usage incomplete',
    ]);
  });

  test('fails above fail-above-usd, after its outputs, and there is nothing to stop', async () => {
    const hash = seedDeleted();
    const step = await runAlone(hash, { 'warn-above-usd': '0.1', 'fail-above-usd': '0.29' });
    const { code, title, lines } = expectFailure(step, expect.anything());
    expect(code).toBe('spending-above-limit');
    expect(title).toBe(
      '$0.30 spent since 14 Jan 2025 12:00 UTC by a deleted API key of OpenRouter: above $0.29 (fail-above-usd)',
    );
    expect(lines).toEqual([
      `The API key was deleted, so there is nothing to stop. Its hash is ${hash}.`,
      'If the cost is expected, raise fail-above-usd.',
    ]);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3' });
  });

  test('has nothing left to spend, whatever fail-below-remaining-usd is', async () => {
    const hash = seedDeleted();
    const step = await runAlone(hash, { 'fail-below-remaining-usd': '0' });
    const { code, title, lines } = expectFailure(step, expect.anything());
    expect(code).toBe('key-unusable');
    expect(title).toBe(
      '$0.00 cannot be spent (fail-below-remaining-usd): the OpenRouter API key was deleted',
    );
    expect(lines).toEqual([`key-hash is ${hash}. Check whether it is that of an older key.`]);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3' });
    expect(step.outputs).not.toHaveProperty('remaining-usd');
  });

  test('shows hostile names of models as text', async () => {
    const model = '<img src=x>\n::error::pwned';
    const step = await runAlone(seedDeleted([{ credits: 0.1, model }]));
    expect(step.exitCode).toBe(0);
    expect(step.summary).not.toContain('<img');
    expect(step.log).not.toMatch(/^::error::/m);
    expect(JSON.parse(step.outputs['by-model'] ?? '')).toMatchObject([{ model, cost_usd: 0.1 }]);
  });
});

describe('a hash without a key and without a usage is a failure, and not a cost of 0', () => {
  const LATE =
    'If it was used in the last hour, run this again later: OpenRouter can count what is spent up to an hour late.';
  const linesFor = (hash: string, ...warnings: string[]) => [
    `key-hash is ${hash}. Check whether it is the hash of a key of this account.`,
    ...warnings,
    'A key that was deleted may have spent nothing in this period.',
    LATE,
  ];
  const unresolved = (hash: string) =>
    `OpenRouter's analytics warns: Could not resolve api_key_id "${hash}"`;

  test('if there never was such a key', async () => {
    seedDeleted();
    const lines = expectNotFound(await runAlone('f0f0'));
    expect(lines).toEqual(linesFor('f0f0', unresolved('f0f0')));
  });

  test('if analytics does not resolve the hash of a deleted key', async () => {
    const hash = seedDeleted();
    harness.sandbox.account.analytics.resolvesDeletedKeys = false;
    const inputs = { 'fail-above-usd': '5', 'fail-below-remaining-usd': '1' };
    expect(expectNotFound(await runAlone(hash, inputs))).toEqual(linesFor(hash, unresolved(hash)));
  });

  test('if analytics has nothing of the deleted key yet', async () => {
    const hash = seedDeleted([{ credits: 0.1, age: MINUTE }]);
    harness.sandbox.account.analytics.lag = 10 * MINUTE;
    expect(expectNotFound(await runAlone(hash))).toEqual(linesFor(hash));
  });

  test('if the deleted key has spent nothing for 365 days', async () => {
    const hash = seedDeleted([{ credits: 0.1, age: 366 * DAY }]);
    expect(expectNotFound(await runAlone(hash))).toEqual(linesFor(hash));
  });

  test('if analytics warns although it has rows, which may be those of other keys', async () => {
    const hash = seedDeleted();
    const { body } = harness.sandbox.account.handle({
      method: 'POST',
      path: '/analytics/query',
      authorization: `Bearer ${harness.sandbox.managementKey}`,
      body: JSON.stringify({ metrics: Object.keys(METRICS), dimensions: ['model'] }),
    });
    const { data } = body as { data: { data: object[] } };
    expect(data.data).not.toEqual([]);
    const warnings = ['Filter ignored\n::error::pwned <b>'];
    const warned = JSON.stringify({ data: { ...data, warnings } });
    harness.sandbox.faults.push({ on: QUERY, kind: 'response', status: 200, body: warned });
    const step = await runAlone(hash);
    const [, warning] = expectNotFound(step);
    expect(warning).toMatch(/^OpenRouter's analytics warns: Filter ignored \S*::error::pwned <b>$/);
    expect(step.summary).not.toContain('<b>');
    expect(step.log).not.toMatch(/^::error::/m);
  });
});
