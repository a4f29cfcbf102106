import { describe, expect, test } from '@jest/globals';
import { annotations, expectFailure } from '../../../support/harness.ts';
import { NOW, openUsageHarness, rowsOf } from '../../../support/usage.ts';

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
        '$0.30 spent since 11 Jan 12:00 UTC by the OpenRouter workspace "preview-42": above $0.299999999 (warn-above-usd)',
        'To stop it, disable the API keys of the workspace: https://openrouter.ai/workspaces/preview-42',
        'If the cost is expected, raise warn-above-usd.',
        expect.stringMatching(/#spending-above-warning$/),
      ],
    ]);
  });

  test('warns of one that is incomplete, because the true cost may be above them', async () => {
    seedLimited();
    harness.sandbox.account.analytics.cachedAt = NOW;
    expect(await linesOf({ 'warn-above-usd': '0.3', 'fail-above-usd': '0.4' })).toEqual([
      [
        'At least $0.30 spent by the OpenRouter workspace "preview-42": may be above warn-above-usd and fail-above-usd',
        'OpenRouter returned figures that it stored at 14 Jan 12:00 UTC. Later requests are missing.',
        expect.stringMatching(/#usage-incomplete$/),
      ],
    ]);
  });
});

describe('a step that fails has its outputs, and one summary, with its verdict and the figures', () => {
  const KEY = 'the OpenRouter API key "CI"';
  const UNUSABLE = 'key-hash is <hash>. Check whether it is that of an older key.';
  type Row = [code: string, inputs: Record<string, string>, key: object, text: string[]];
  test.each<Row>([
    [
      'spending-above-limit',
      { 'warn-above-usd': '0.1', 'fail-above-usd': '0.29' },
      {},
      [
        `$0.30 spent by ${KEY}: above $0.29 (fail-above-usd)`,
        'To stop it, disable the API key "CI" (<label>): https://openrouter.ai/workspaces/preview-42',
        'If the cost is expected, raise fail-above-usd.',
      ],
    ],
    [
      'remaining-too-low',
      { 'fail-below-remaining-usd': '0.200000001' },
      { limit_reset: 'monthly' },
      [
        `$0.20 left of the monthly limit of ${KEY}: below $0.200000001 (fail-below-remaining-usd)`,
        'Raise the limit of the key, which is $0.50, wait until it resets, or lower fail-below-remaining-usd.',
      ],
    ],
    [
      'remaining-unknown',
      { 'fail-below-remaining-usd': '0.1' },
      { limit: 'many' },
      [
        `Unknown whether $0.10 is left (fail-below-remaining-usd) of the limit of ${KEY}`,
        'OpenRouter did not return the limit, or what remains of it.',
        'Run this again later.',
      ],
    ],
    [
      'key-unusable',
      { 'fail-below-remaining-usd': '0.1' },
      { disabled: true },
      [`$0.10 cannot be spent (fail-below-remaining-usd): ${KEY} is disabled`, UNUSABLE],
    ],
    [
      'key-unusable',
      { 'fail-below-remaining-usd': '0.1' },
      { expires_at: new Date(NOW).toISOString() },
      [`$0.10 cannot be spent (fail-below-remaining-usd): ${KEY} has expired`, UNUSABLE],
    ],
  ])('%s: %j', async (code, inputs, fields, text) => {
    const { hash } = seedLimited(fields);
    const step = await runUsage({ 'key-hash': hash, ...inputs });
    const failure = expectFailure(step, expect.anything());
    expect(failure.code).toBe(code);
    const shown = [failure.title, ...failure.lines].map((line) =>
      line.replace(hash, '<hash>').replace(/sk-or-v1-[^)]+/, '<label>'),
    );
    expect(shown).toEqual(text);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3' });
    expect(step.summary.match(/<h3>/g)).toHaveLength(1);
    expect(rowsOf(step.summary)[1]).toEqual(['a/b', '$0.20', '67\u00a0%']);
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
    expect(title).toBe(
      'At least $0.30 spent by the OpenRouter workspace "preview-42": figures incomplete (fail-if-incomplete)',
    );
    expect(lines).toEqual([
      'OpenRouter returned figures that it stored at 14 Jan 12:00 UTC. Later requests are missing.',
      'If these figures are enough, set fail-if-incomplete to false.',
    ]);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3', complete: 'false' });
    expect(annotations(step, 'warning').map(({ data }) => data)).toEqual([
      expect.stringContaining(': above $0.20 (warn-above-usd)\n'),
    ]);
  });
});
