import { describe, expect, test } from '@jest/globals';
import { annotations, expectFailure } from '../../../support/harness.ts';
import { NOW, openUsageHarness } from '../../../support/usage.ts';

const { harness, seed, seedSpender, runUsage } = openUsageHarness();

/** A key that has spent 0.3 USD of 0.5 USD. In binary floating point, 0.1 + 0.2 exceeds 0.3. */
const seedLimited = (fields = {}) => {
  const usages = [{ credits: 0.1 }, { credits: 0.2, model: 'a/b' }];
  return Object.assign(seedSpender(seed(), usages, { limit: 0.5 }), fields);
};

// When a cost warns or fails is tested in __tests__/actions/usage/thresholds.test.ts.
describe('a step whose cost is not above its limits', () => {
  const linesOf = async (inputs: Record<string, string>) => {
    const step = await runUsage(inputs);
    expect(step.exitCode).toBe(0);
    return annotations(step, 'warning').map(({ data }) => data.split('\n'));
  };

  test('warns of one that is above warn-above-usd', async () => {
    seedLimited();
    const limits = { 'warn-above-usd': '0.299999999', 'fail-above-usd': '0.3' };
    expect(await linesOf({ ...limits, since: 'month' })).toEqual([
      [
        'The workspace "preview-42" has spent more than $0.299999999 since 2026-01-11T12:00:00Z',
        'The cost since 2026-01-11T12:00:00Z is $0.30, and warn-above-usd is $0.299999999.',
        expect.stringMatching(/#spending-above-warning$/),
      ],
    ]);
  });

  test('warns of one that is incomplete, because the true cost may be above them', async () => {
    seedLimited();
    harness.sandbox.account.analytics.cachedAt = NOW;
    expect(await linesOf({ 'warn-above-usd': '0.3', 'fail-above-usd': '0.4' })).toEqual([
      [
        'The workspace "preview-42" may have spent more than is known',
        'The cost is at least $0.30. Whether it is above warn-above-usd or fail-above-usd is unknown.',
        'OpenRouter returned figures that it stored at 2026-01-14T12:00:00Z. Later requests are missing.',
        expect.stringMatching(/#usage-incomplete$/),
      ],
    ]);
  });
});

describe('a step fails after its outputs and its summary', () => {
  const KEY = 'the API key "CI" (<label>)';
  const UNUSABLE = [
    'OpenRouter rejects requests with it, so it cannot spend what fail-below-remaining-usd requires.',
    'key-hash is <hash>. Check whether it is that of an older key.',
  ];
  type Row = [code: string, inputs: Record<string, string>, key: object, text: string[]];
  test.each<Row>([
    [
      'spending-above-limit',
      { 'warn-above-usd': '0.1', 'fail-above-usd': '0.29' },
      {},
      [
        'The API key "CI" (<label>) has spent more than $0.29',
        'The cost is $0.30, and fail-above-usd is $0.29.',
        'This does not stop spending. If the cost is expected, raise fail-above-usd.',
      ],
    ],
    [
      'remaining-too-low',
      { 'fail-below-remaining-usd': '0.200000001' },
      { limit_reset: 'monthly' },
      [
        `Less than $0.200000001 remains of the limit of ${KEY}`,
        'The monthly limit is $0.50, of which $0.20 remains, and fail-below-remaining-usd is $0.200000001.',
        'Raise the limit of the key, wait until it resets, or lower fail-below-remaining-usd.',
      ],
    ],
    [
      'remaining-unknown',
      { 'fail-below-remaining-usd': '0.1' },
      { limit: 'many' },
      [
        `What remains of the limit of ${KEY} is unknown`,
        'OpenRouter did not return the limit, or what remains of it. So whether $0.10 remains is unknown.',
        'Run this again later.',
      ],
    ],
    [
      'key-unusable',
      { 'fail-below-remaining-usd': '0.1' },
      { disabled: true },
      ['The API key "CI" (<label>) is disabled', ...UNUSABLE],
    ],
    [
      'key-unusable',
      { 'fail-below-remaining-usd': '0.1' },
      { expires_at: new Date(NOW).toISOString() },
      ['The API key "CI" (<label>) has expired', ...UNUSABLE],
    ],
  ])('%s: %j', async (code, inputs, fields, text) => {
    const { hash, label } = seedLimited(fields);
    const step = await runUsage({ 'key-hash': hash, ...inputs });
    const failure = expectFailure(step, expect.anything());
    expect(failure.code).toBe(code);
    const shown = [failure.title, ...failure.lines].map((line) =>
      line.replace(hash, '<hash>').replace(label, '<label>'),
    );
    expect(shown).toEqual(text);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3' });
    expect(step.summary.indexOf('💵')).toBeLessThan(step.summary.indexOf('❌'));
    // One annotation says it.
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test('figures-incomplete, and warns of what is certain', async () => {
    seedLimited();
    harness.sandbox.account.analytics.cachedAt = NOW;
    const inputs = { 'warn-above-usd': '0.2', 'fail-above-usd': '0.4' };
    const step = await runUsage({ ...inputs, 'fail-if-incomplete': 'true' });
    const { code, title, lines } = expectFailure(step, expect.anything());
    expect(code).toBe('figures-incomplete');
    expect(title).toBe('The workspace "preview-42" has incomplete figures');
    expect(lines).toEqual([
      'The cost is at least $0.30, and fail-if-incomplete is true.',
      'OpenRouter returned figures that it stored at 2026-01-14T12:00:00Z. Later requests are missing.',
      'If these figures are enough, set fail-if-incomplete to false.',
    ]);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3', complete: 'false' });
    expect(annotations(step, 'warning').map(({ data }) => data)).toEqual([
      expect.stringContaining('warn-above-usd is $0.20'),
    ]);
  });
});
