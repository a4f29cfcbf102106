import { describe, expect, test } from '@jest/globals';
import { annotations, expectFailure } from '../../../support/harness.ts';
import { NOW, openUsageHarness } from '../../../support/usage.ts';

const { harness, seed, seedSpender, runUsage } = openUsageHarness();

describe('a cost', () => {
  /** In binary floating point, 0.1 + 0.2 exceeds 0.3. */
  const seedThirtyCents = () =>
    seedSpender(seed(), [{ credits: 0.1 }, { credits: 0.2, model: 'a/b' }]);

  test('that is above warn-above-usd is a warning', async () => {
    seedThirtyCents();
    const step = await runUsage({ 'warn-above-usd': '0.299999999', 'fail-above-usd': '0.3' });
    expect(step.exitCode).toBe(0);
    expect(annotations(step, 'warning').map(({ data }) => data.split('\n'))).toEqual([
      [
        'The workspace preview-42 has spent more than 0.299999999 USD',
        'The cost is 0.3 USD, and warn-above-usd is 0.299999999.',
        expect.stringMatching(/#spending-above-warning$/),
      ],
    ]);
  });

  test('that is above fail-above-usd fails the step, after its outputs and its summary', async () => {
    seedThirtyCents();
    const step = await runUsage({ 'warn-above-usd': '0.1', 'fail-above-usd': '0.29' });
    const { code, title, lines } = expectFailure(step, expect.anything());
    expect(code).toBe('spending-above-limit');
    expect(title).toBe('The workspace preview-42 has spent more than 0.29 USD');
    expect(lines).toEqual([
      'The cost is 0.3 USD, and fail-above-usd is 0.29.',
      'This does not stop spending. If the cost is expected, raise fail-above-usd.',
      'Nothing was changed at OpenRouter.',
    ]);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3', complete: 'true' });
    expect(step.summary).toContain('💵 $0.30 spent by');
    expect(step.summary.indexOf('💵')).toBeLessThan(step.summary.indexOf('❌'));
    // One annotation says it.
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test('that is incomplete and above its limits is still above them', async () => {
    seedThirtyCents();
    harness.sandbox.account.analytics.maxRows = 1;
    const failed = await runUsage({ 'fail-above-usd': '0.1' });
    const { lines } = expectFailure(failed, expect.anything());
    expect(lines[0]).toBe('The cost is at least 0.3 USD, and fail-above-usd is 0.1.');
    const [warning] = annotations(await runUsage({ 'warn-above-usd': '0.1' }), 'warning');
    expect(warning?.data).toContain('The cost is at least 0.3 USD, and warn-above-usd is 0.1.');
  });

  test('that is incomplete and not above its limits is a warning, because the true cost may be', async () => {
    seedThirtyCents();
    harness.sandbox.account.analytics.cachedAt = NOW;
    const step = await runUsage({ 'warn-above-usd': '0.3', 'fail-above-usd': '0.4' });
    expect(step.exitCode).toBe(0);
    expect(annotations(step, 'warning').map(({ data }) => data.split('\n'))).toEqual([
      [
        'The workspace preview-42 may have spent more than is known',
        'The cost is at least 0.3 USD. Whether it is above warn-above-usd or fail-above-usd is unknown.',
        'OpenRouter returned figures that it stored at 2026-01-14T12:00:00Z. Later requests are missing.',
        expect.stringMatching(/#usage-incomplete$/),
      ],
    ]);
  });
});

describe('what remains of the limit of a key', () => {
  /** A key with a limit of 0.5 USD, and the outputs of which 0.2 USD remains. */
  const seedLimited = () =>
    seedSpender(seed(), [{ credits: 0.1 }, { credits: 0.2 }], { limit: 0.5 });
  const REMAINING = { 'limit-usd': '0.5', 'remaining-usd': '0.2' };
  const checkKey = (hash: string, minimum: string) =>
    runUsage({ 'key-hash': hash, 'fail-below-remaining-usd': minimum });

  test('fails the step below fail-below-remaining-usd, after its outputs and its summary', async () => {
    const key = seedLimited();
    key['limit_reset'] = 'monthly';
    const step = await checkKey(key.hash, '0.200000001');
    const { code, title, lines } = expectFailure(step, expect.anything());
    expect(code).toBe('remaining-too-low');
    const named = `the API key "CI" (${key.label})`;
    expect(title).toBe(`Less than 0.200000001 USD remains of the limit of ${named}`);
    expect(lines).toEqual([
      'The monthly limit is 0.5 USD, of which 0.2 USD remains, and fail-below-remaining-usd is 0.200000001.',
      'Raise the limit of the key, wait until it resets, or lower fail-below-remaining-usd.',
      'Nothing was changed at OpenRouter.',
    ]);
    expect(step.outputs).toMatchObject({ ...REMAINING, complete: 'true' });
    expect(step.summary.indexOf('💵')).toBeLessThan(step.summary.indexOf('❌'));
  });

  test('fails the step if it is unknown', async () => {
    const key = seedLimited();
    key['limit'] = 'many';
    const step = await checkKey(key.hash, '0.1');
    const { code, title, lines } = expectFailure(step, expect.anything());
    expect(code).toBe('remaining-unknown');
    expect(title).toBe(`What remains of the limit of the API key "CI" (${key.label}) is unknown`);
    expect(lines).toEqual([
      'OpenRouter did not return the limit, or what remains of it. So whether 0.1 USD remains is unknown.',
      'Run this again later.',
      'Nothing was changed at OpenRouter.',
    ]);
  });

  test.each([
    ['is disabled', { disabled: true }],
    ['has expired', { expires_at: new Date(NOW).toISOString() }],
  ])('fails the step if the key %s', async (state, fields) => {
    const key = Object.assign(seedLimited(), fields);
    const step = await checkKey(key.hash, '0.1');
    const { code, title, lines } = expectFailure(step, expect.anything());
    expect(code).toBe('key-unusable');
    expect(title).toBe(`The API key "CI" (${key.label}) ${state}`);
    expect(lines).toEqual([
      'OpenRouter rejects requests with it, so it cannot spend what fail-below-remaining-usd requires.',
      `key-hash is ${key.hash}. Check whether it is that of an older key.`,
      'Nothing was changed at OpenRouter.',
    ]);
    expect(step.outputs).toMatchObject(REMAINING);
  });
});

describe('figures that are incomplete', () => {
  test('fail the step with fail-if-incomplete, after its outputs and its summary', async () => {
    seedSpender(seed(), [{ credits: 0.3 }]);
    harness.sandbox.account.analytics.cachedAt = NOW;
    const inputs = { 'warn-above-usd': '0.2', 'fail-above-usd': '0.4' };
    const step = await runUsage({ ...inputs, 'fail-if-incomplete': 'true' });
    const { code, title, lines } = expectFailure(step, expect.anything());
    expect(code).toBe('figures-incomplete');
    expect(title).toBe('The workspace preview-42 has incomplete figures');
    expect(lines).toEqual([
      'The cost is at least 0.3 USD, and fail-if-incomplete is true.',
      'OpenRouter returned figures that it stored at 2026-01-14T12:00:00Z. Later requests are missing.',
      'If these figures are enough, set fail-if-incomplete to false.',
      'Nothing was changed at OpenRouter.',
    ]);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3', complete: 'false' });
    expect(step.summary.indexOf('💵')).toBeLessThan(step.summary.indexOf('❌'));
    expect(annotations(step, 'warning').map(({ data }) => data)).toEqual([
      expect.stringContaining('warn-above-usd is 0.2'),
    ]);
  });
});

test('a usage step rejects its inputs before anything is sent', async () => {
  const inputs = { workspace: '', 'key-hash': 'a/b', since: '30', 'fail-above-usd': '$5' };
  const { title, lines } = expectFailure(await runUsage(inputs));
  expect(title).toBe('4 invalid inputs');
  expect(lines.map((line) => line.split(' ', 1)[0])).toEqual([...Object.keys(inputs), 'Nothing']);
  expect(harness.sandbox.requests).toEqual([]);
});
