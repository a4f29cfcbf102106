import { describe, expect, test } from '@jest/globals';
import { usageLines, usageOutputs, usageSummary } from '../../../src/actions/usage/report.ts';
import type { UsageResult } from '../../../src/actions/usage/result.ts';
import type { UsageGap } from '../../../src/actions/usage/usage-gap.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import type { ModelUsage } from '../../../src/openrouter/resources/analytics.ts';
import { toKey } from '../../support/seen-keys.ts';

const usd = (text: string) => toUsd(Number(text));
const TIME = Date.parse('2026-01-14T12:00:00Z');
const DAY = 86_400_000;
const WORKSPACE = { id: 'w', slug: 'preview-42', name: 'Preview' };
const KEY = { hash: 'a1', name: 'CI', label: 'sk-or-v1-0e6...1c96', workspace_id: 'w' };

const OF_KEY: UsageResult['spender'] = { kind: 'key', key: KEY, workspace: WORKSPACE };

const resultOf = (fields: Partial<UsageResult> = {}): UsageResult => ({
  spender: { kind: 'workspace', workspace: WORKSPACE },
  since: 'created',
  from: TIME - 1_000,
  to: TIME,
  serverTime: TIME,
  cost: usd('5'),
  byok: 0n,
  requests: 0n,
  tokens: 0n,
  models: [],
  keys: [],
  limit: undefined,
  gaps: [],
  ...fields,
});

const NO_WARNING = { warnAbove: undefined };

const modelOf = (credits: string | null, byok = '0'): ModelUsage => ({
  model: 'a/b',
  request_count: 1_000n,
  tokens_total: 7n,
  tokens_prompt: 4n,
  tokens_completion: 3n,
  reasoning_tokens: 2n,
  credits_usage: credits === null ? null : usd(credits),
  byok_usage: usd(byok),
});

/** The cost and the share of each row. */
const costsOf = (result: UsageResult) =>
  usageSummary(result, NO_WARNING).table?.rows.map((row) => row.slice(1));

describe('why figures are incomplete', () => {
  const INVALID = 'A counter or created_at is missing or invalid.';
  const MIDNIGHT = 'The counters were read while they began again at midnight UTC: run this again.';
  test.each<[UsageGap, string]>([
    [
      { kind: 'time-uncertain', server: TIME + 1_000, runner: TIME },
      "The period may be wrong: OpenRouter's clock shows 2026-01-14T12:00:01Z, and the runner's 2026-01-14T12:00:00Z.",
    ],
    [
      { kind: 'too-long', maxDays: 31, from: TIME },
      "OpenRouter's analytics goes back 31 days. It has nothing from before 2026-01-14T12:00:00Z.",
    ],
    [
      { kind: 'creation-unknown', maxDays: 31 },
      'OpenRouter does not report when this was created. The figures begin 31 days ago.',
    ],
    [
      { kind: 'truncated' },
      'There are more models than OpenRouter returns. The least expensive ones are missing.',
    ],
    [
      { kind: 'cached', at: TIME },
      'OpenRouter returned figures that it stored at 2026-01-14T12:00:00Z. Later requests are missing.',
    ],
    [{ kind: 'warning', text: 'Slow' }, "OpenRouter's analytics warns: Slow"],
    [
      { kind: 'keys-unread', keys: 2, cause: 'invalid' },
      `Could not read all that 2 API keys spent in this period. ${INVALID}`,
    ],
    [
      { kind: 'keys-unread', keys: 1, cause: 'midnight' },
      `Could not read all that 1 API key spent in this period. ${MIDNIGHT}`,
    ],
    [
      { kind: 'models-unread', models: 3 },
      "Models whose cost OpenRouter's analytics does not report: 3.",
    ],
  ])('%j makes the cost a lower bound', (gap, sentence) => {
    const lines = usageLines(resultOf({ gaps: [gap] }));
    expect(lines[0]).toBe('The workspace "preview-42" has spent at least $5.00.');
    expect(lines.at(-1)).toBe(`Incomplete: ${sentence}`);
    expect(usageSummary(resultOf({ gaps: [gap] }), NO_WARNING).title).toMatch(
      /^💵 At least \$5\.00 spent by/,
    );
  });

  test.each<[UsageGap, string]>([
    [
      { kind: 'byok-unread', keys: 1, cause: 'invalid' },
      `Could not read all that 1 API key spent with your own provider keys in this period. ${INVALID}`,
    ],
    [{ kind: 'limit-unread' }, 'Could not read the limit of the API key, or what remains of it.'],
  ])('%j does not concern the cost', (gap, sentence) => {
    const result = resultOf({ spender: OF_KEY, gaps: [gap] });
    const lines = usageLines(result);
    expect(lines[0]).toBe('The API key "CI" (sk-or-v1-0e6...1c96) has spent $5.00.');
    expect(lines.at(-1)).toBe(`Incomplete: ${sentence}`);
    expect(usageOutputs(result)).toMatchObject({ complete: 'false', 'limit-usd': '' });
  });
});

describe('the requests and tokens', () => {
  const COUNTS = { requests: 1_000n, tokens: 7n, models: [modelOf('5')] };
  const TRUNCATED: UsageGap = { kind: 'truncated' };
  test.each<[string, Partial<UsageResult>, string]>([
    ['are final if the cost is', COUNTS, 'Requests: 1,000. Tokens: 7.'],
    [
      'are lower bounds if the cost is',
      { ...COUNTS, gaps: [TRUNCATED] },
      'Requests: at least 1,000. Tokens: at least 7.',
    ],
    [
      'are not reported yet if only counters show a cost',
      {},
      'Requests and tokens: not reported yet.',
    ],
    [
      'are at least 0 if nothing is known to have been spent',
      { cost: 0n, gaps: [TRUNCATED] },
      'Requests: at least 0. Tokens: at least 0.',
    ],
    ['are 0 if nothing was spent', { cost: 0n }, 'Requests: 0. Tokens: 0.'],
    [
      'are final if something else is incomplete',
      { ...COUNTS, spender: OF_KEY, gaps: [{ kind: 'limit-unread' }] },
      'Requests: 1,000. Tokens: 7.',
    ],
  ])('%s', (_, fields, line) => {
    const result = resultOf(fields);
    expect(usageLines(result)[1]).toBe(line);
    const { folded = [], notes = [] } = usageSummary(result, NO_WARNING);
    expect([...folded.map(({ title }) => title), notes[0]]).toContain(line);
  });
});

test('nothing that was spent is 0, complete, and has no table', () => {
  const result = resultOf({ cost: 0n });
  expect(usageOutputs(result)).toMatchObject({
    'cost-usd': '0',
    'by-model': { json: '[]' },
    complete: 'true',
  });
  expect(usageSummary(result, NO_WARNING).table).toBeUndefined();
});

describe('the amount', () => {
  const MIDNIGHT = Date.parse('2026-01-14T00:00:00Z');
  test.each<[UsageResult['since'], number, string, string]>([
    ['created', MIDNIGHT, '', ''],
    ['day', MIDNIGHT, ' since 2026-01-14', ' since 14\u00a0Jan'],
    ['month', MIDNIGHT - DAY * 30, ' since 2025-12-15', ' since 15\u00a0Dec\u00a02025'],
    ['month', MIDNIGHT + 60_000, ' since 2026-01-14T00:01:00Z', ' since 14 Jan 00:01 UTC'],
    [DAY * 20, TIME - DAY * 20, ' since 2025-12-25T12:00:00Z', ' since 25 Dec 2025 12:00 UTC'],
  ])('of since: %s has the beginning of its period', (since, from, text, forPeople) => {
    const result = resultOf({ since, from });
    expect(usageLines(result)[0]).toBe(`The workspace "preview-42" has spent $5.00${text}.`);
    expect(usageSummary(result, NO_WARNING).title).toBe(
      `💵 $5.00 spent${forPeople} by the OpenRouter workspace "preview-42"`,
    );
  });

  test.each([
    [
      '5',
      '4.99',
      '⚠️ $5.00 spent by the OpenRouter workspace "preview-42": above $4.99 (warn-above-usd)',
    ],
    [
      '5.00001',
      '5',
      '⚠️ $5.00001 spent by the OpenRouter workspace "preview-42": above $5.00 (warn-above-usd)',
    ],
    ['5', '5', '💵 $5.00 spent by the OpenRouter workspace "preview-42"'],
  ])('%s with warn-above-usd: %s is one verdict', (cost, warnAbove, title) => {
    const result = resultOf({ cost: usd(cost) });
    expect(usageSummary(result, { warnAbove: usd(warnAbove) }).title).toBe(title);
  });

  test('that is a lower bound is never shown as more', () => {
    const result = resultOf({ cost: usd('4.999'), gaps: [{ kind: 'truncated' }] });
    expect(usageLines(result)[0]).toContain(' at least $4.99.');
    expect(usageSummary(result, NO_WARNING).title).toMatch(/^💵 At least \$4\.99 spent/);
  });
});

describe('the table of models', () => {
  test('adds up to the cost, with a row for what analytics has not reported yet', () => {
    const { table } = usageSummary(resultOf({ models: [modelOf('4.97')] }), NO_WARNING);
    expect(table).toEqual({
      header: ['Model', { numbers: 'Cost' }, { numbers: '%' }],
      rows: [
        [{ code: 'a/b' }, '$4.9700', '99\u00a0%'],
        ['not yet reported by model', '$0.0300', '1\u00a0%'],
      ],
    });
  });

  test.each([
    ['0.02', '<1\u00a0%'],
    ['0.025', '1\u00a0%'],
    ['0', '0\u00a0%'],
  ])('shows the share of %s in 5 USD as %s', (credits, share) => {
    const result = resultOf({ models: [modelOf('4'), modelOf(credits)] });
    expect(costsOf(result)?.[1]?.[1]).toBe(share);
  });

  test('has shares of more than all, and of less than nothing, after refunds', () => {
    const result = resultOf({ models: [modelOf('10'), modelOf('-5')] });
    expect(costsOf(result)).toEqual([
      ['$10.00', '200\u00a0%'],
      ['-$5.00', '-100\u00a0%'],
    ]);
  });

  test('has no share of a cost that is unknown, or of nothing', () => {
    const unknown = resultOf({ models: [modelOf(null)] });
    expect(costsOf(unknown)).toEqual([
      ['unknown', ''],
      ['$5.00', '100\u00a0%'],
    ]);
    expect(usageOutputs(unknown)['by-model']).toMatchObject({
      json: expect.stringContaining('"cost_usd":null'),
    });
    expect(costsOf(resultOf({ cost: 0n, models: [modelOf('0')] }))).toEqual([['$0.00', '']]);
  });
});

describe('the table of API keys', () => {
  const spentOf = (amount: string | undefined, isExact = true) =>
    amount === undefined ? undefined : { amount: usd(amount), isExact };
  const spender = (amount: string | undefined, fields: object = {}, isExact = true) => {
    return {
      key: toKey({ ...KEY, limit: null, expires_at: null, ...fields }),
      spent: spentOf(amount, isExact),
      byok: spentOf('0'),
    };
  };
  const foldedOf = (keys: UsageResult['keys'], fields: Partial<UsageResult> = {}) =>
    usageSummary(resultOf({ keys, ...fields }), NO_WARNING).folded?.[0];
  const tableOf = (...args: Parameters<typeof foldedOf>) => foldedOf(...args)?.table;

  test('says "at least" of a key whose counter shows only a part of the period', () => {
    const costs = tableOf([spender('3.999', {}, false), spender('1')])?.rows.map(
      ([, cost]) => cost,
    );
    expect(costs).toEqual(['at least $3.99', '$1.00']);
  });

  test.each([
    ['no limit, never expires', {}],
    ['limit unknown, expiry unknown', { limit: 'many', expires_at: 'soon' }],
    [
      'limit $0.299999999, works until 2 Jan 2027 08:00 UTC',
      { limit: 0.299999999, expires_at: '2027-01-02T08:00:00Z' },
    ],
    ['no limit, expired', { expires_at: '2026-01-14T12:00:00Z' }],
  ])('says of a key: %s', (text, fields) => {
    expect(tableOf([spender('1', fields)])?.rows[0]?.[0]).toContain(`\n${text}`);
  });

  test.each([
    ['has no line for own provider keys that paid nothing', '0', true, undefined],
    ['says what own provider keys paid', '0.5', true, '\nOwn provider keys: $0.50'],
    ['says what they paid at least', '0.5', false, '\nOwn provider keys: at least $0.50'],
    ['says that it is unknown', undefined, true, '\nOwn provider keys: unknown'],
  ])('%s', (_, byok, isExact, line) => {
    const keys = [{ ...spender('1'), byok: spentOf(byok, isExact) }];
    const text = ['\nno limit, never expires', ...(line === undefined ? [] : [line])];
    expect(tableOf(keys)?.rows[0]?.[0]).toEqual([
      { code: KEY.name },
      '\n',
      { code: KEY.label },
      ...text,
    ]);
  });

  test('counts keys that may have spent as that', () => {
    const byok = { ...spender('0'), byok: spentOf('1') };
    const halfRead = { ...spender('1'), byok: undefined };
    expect(foldedOf([byok, halfRead])?.title).toBe('API keys that have spent: 2');
    const folded = foldedOf([byok, spender(undefined)]);
    expect(folded?.title).toBe('API keys that have spent, or may have: 2');
    expect(folded?.table?.rows.map(([, cost]) => cost)).toEqual(['$0.00', 'unknown']);
  });

  test("says that a key has expired by OpenRouter's clock alone", () => {
    const cellOf = (serverTime: number | undefined) =>
      tableOf([spender('1', { expires_at: '2026-01-14T11:59:00Z' })], { serverTime })?.rows[0]?.[0];
    expect(cellOf(TIME)).toContain('\nno limit, expired');
    for (const serverTime of [TIME - 120_000, undefined]) {
      expect(cellOf(serverTime)).toContain('\nno limit, works until 14 Jan 11:59 UTC');
    }
  });

  test('has twenty keys, and counts the others', () => {
    const table = tableOf(Array(21).fill(spender('1')));
    expect([table?.rows.length, table?.more]).toEqual([20, 1]);
  });
});

describe('the limit of a key', () => {
  test.each([
    [
      'that resets',
      '1',
      'daily',
      '0.9',
      'The daily limit is $1.00, of which at most $0.90 remains.',
    ],
    [
      'that was overshot',
      '1',
      undefined,
      '-0.05',
      'The limit is $1.00, of which at most -$0.05 remains.',
    ],
    ['of which the rest is unknown', '1', undefined, undefined, 'The limit is $1.00.'],
  ])('%s is in the last line and in the outputs', (_, amount, reset, left, line) => {
    const remaining = left === undefined ? undefined : usd(left);
    const result = resultOf({ spender: OF_KEY, limit: { amount: usd(amount), reset, remaining } });
    expect(usageLines(result).at(-1)).toBe(line);
    expect(usageOutputs(result)).toMatchObject({
      'limit-usd': amount,
      'remaining-usd': left ?? '',
    });
  });
});
