import { describe, expect, test } from '@jest/globals';
import { seedUsage } from '../../../../sandbox/openrouter/seed.ts';
import { annotations, declaredOutputs, expectFailure } from '../../../support/harness.ts';
import {
  DAY,
  FIND_KEY,
  FIND_WORKSPACE,
  openUsageHarness,
  paragraphsOf,
  QUERY,
} from '../../../support/usage.ts';

const { harness, seed, seedSpender, deleteKey, runUsage, calls } = openUsageHarness();

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
    expect(paragraphsOf(step.summary).slice(-2)).toEqual([
      'The limit is $5.00, of which at most $4.70 remains.',
      `The API key is "CI" (${key.label}).`,
    ]);
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test('is a failure if analytics does not know its hash, and its counters not the period', async () => {
    const key = seedSpender(seed(), [{ credits: 0.3 }]);
    const unresolved = {
      data: [],
      metadata: { truncated: false },
      warnings: ['Could not resolve api_key_id'],
    };
    const body = JSON.stringify({ data: unresolved });
    harness.sandbox.faults.push({ on: QUERY, kind: 'response', status: 200, body });
    const step = await runUsage({ 'key-hash': key.hash, since: '2h' });
    const { code, title, lines } = expectFailure(step);
    expect(code).toBe('usage-unknown');
    expect(title).toBe(`The usage of the API key "CI" (${key.label}) in this period is unknown`);
    expect(lines).toEqual([
      "OpenRouter's analytics found nothing about the key, and the key has no counter for the period.",
      "OpenRouter's analytics warns: Could not resolve api_key_id",
      'With since: created, the total comes from the key itself, if OpenRouter reports it.',
    ]);
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

test('the key-hash of a deleted key is a failure with its workspace, and not a cost of 0', async () => {
  const key = seedSpender(seed(), [{ credits: 0.3 }]);
  deleteKey(key.hash);
  const { code, title, lines } = expectFailure(await runUsage({ 'key-hash': key.hash }));
  expect(code).toBe('key-not-found');
  expect(title).toBe('The workspace "preview-42" has no API key with this hash');
  expect(lines[0]).toBe(
    `key-hash is ${key.hash}. The key may have been deleted, or belong to another workspace.`,
  );
  expect(lines[1]).toBe(
    'To read what a deleted key has spent, use key-hash without workspace and slug-from.',
  );
});
