import { describe, expect, test } from '@jest/globals';
import { annotations, expectFailure } from '../../support/harness.ts';
import {
  DAY,
  HOUR,
  NOW,
  openUsageHarness,
  paragraphsOf,
  QUERY,
  rowsOf,
} from '../../support/usage.ts';

const { harness, seed, seedSpender, runUsage, calls } = openUsageHarness();

describe('a cost', () => {
  /** In binary floating point, 0.1 + 0.2 exceeds 0.3. */
  const seedThirtyCents = () =>
    seedSpender(seed(), [{ credits: 0.1 }, { credits: 0.2, model: 'a/b' }]);

  test.each(['0.3', '0.30', '3e-1', '0.29999999999999999', '1'])(
    'that is not above %s neither warns nor fails',
    async (limit) => {
      seedThirtyCents();
      const step = await runUsage({ 'warn-above-usd': limit, 'fail-above-usd': limit });
      expect(step.exitCode).toBe(0);
      expect(annotations(step, 'warning')).toEqual([]);
    },
  );

  test.each(['0.299999999', '0'])(
    'that is above warn-above-usd: %s is a warning',
    async (limit) => {
      seedThirtyCents();
      const step = await runUsage({ 'warn-above-usd': limit, 'fail-above-usd': '0.3' });
      expect(step.exitCode).toBe(0);
      const [warning, ...others] = annotations(step, 'warning');
      expect(others).toEqual([]);
      expect(warning?.data.split('\n')).toEqual([
        `The workspace preview-42 has spent more than ${limit} USD`,
        `The cost is 0.3 USD, and warn-above-usd is ${limit}.`,
        expect.stringMatching(/#spending-above-warning$/),
      ]);
    },
  );

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

  test('that is incomplete and above a limit is still above it', async () => {
    seedThirtyCents();
    harness.sandbox.account.analytics.maxRows = 1;
    const step = await runUsage({ 'fail-above-usd': '0.1' });
    const { lines } = expectFailure(step, expect.anything());
    expect(lines[0]).toBe('The cost is at least 0.3 USD, and fail-above-usd is 0.1.');
  });

  test.each(['warn-above-usd', 'fail-above-usd'])(
    'that is incomplete and not above %s is a warning, because the true cost may be',
    async (input) => {
      seedThirtyCents();
      harness.sandbox.account.analytics.cachedAt = NOW;
      const step = await runUsage({ [input]: '0.3' });
      expect(step.exitCode).toBe(0);
      const [warning] = annotations(step, 'warning');
      expect(warning?.data.split('\n')).toEqual([
        'The workspace preview-42 may have spent more than is known',
        `The cost is at least 0.3 USD. Whether it is above ${input} is unknown.`,
        'OpenRouter returned figures that it stored at 2026-01-14T12:00:00Z. Later requests are missing.',
        expect.stringMatching(/#usage-incomplete$/),
      ]);
    },
  );

  test.each([
    ['0.3', '0.4', ['warn-above-usd or fail-above-usd']],
    ['0.2', '0.4', ['fail-above-usd']],
  ])(
    'that is incomplete, compared with %s and %s, may be above what it is not above yet',
    async (warnAbove, failAbove, unknown) => {
      seedThirtyCents();
      harness.sandbox.account.analytics.cachedAt = NOW;
      const step = await runUsage({ 'warn-above-usd': warnAbove, 'fail-above-usd': failAbove });
      const sentences = annotations(step, 'warning').flatMap(({ data }) =>
        [...data.matchAll(/Whether it is above (.*) is unknown\./g)].map(([, inputs]) => inputs),
      );
      expect(sentences).toEqual(unknown);
    },
  );

  test('that would be rounded to 0 is shown exactly', async () => {
    seedSpender(seed(), [{ credits: 1e-7 }]);
    const step = await runUsage({ 'fail-above-usd': '9e-8' });
    const { title } = expectFailure(step, expect.anything());
    expect(title).toBe('The workspace preview-42 has spent more than 0.00000009 USD');
    expect(step.summary).toContain('💵 $0.0000001 spent by');
  });

  test('that is incomplete is no warning if there is nothing to compare it with', async () => {
    seedThirtyCents();
    harness.sandbox.account.analytics.cachedAt = NOW;
    const step = await runUsage();
    expect(step.outputs['complete']).toBe('false');
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test('that warn-above-usd can never warn of is an input error', async () => {
    seed();
    const step = await runUsage({ 'warn-above-usd': '2', 'fail-above-usd': '1.5' });
    expect(expectFailure(step).lines[0]).toBe(
      'warn-above-usd must not exceed fail-above-usd, which is 1.5: lower or remove warn-above-usd',
    );
    expect(calls()).toEqual([]);
  });
});

describe('figures that cannot cover the whole period', () => {
  const stepWith = async (change: (analytics: object) => unknown, inputs = {}) => {
    const { analytics } = harness.sandbox.account;
    change(analytics);
    const step = await runUsage(inputs);
    expect(step.exitCode).toBe(0);
    expect(step.outputs['complete']).toBe('false');
    const reasons = step.log.split('\n').filter((line) => line.startsWith('Incomplete: '));
    expect(paragraphsOf(step.summary)).toEqual(expect.arrayContaining(reasons));
    expect(step.log).toContain('has spent at least $');
    return { step, reasons: reasons.map((line) => line.replace('Incomplete: ', '')) };
  };

  test('lack what was spent more than 31 days ago by keys that were deleted', async () => {
    const workspace = seed(50 * DAY);
    seedSpender(workspace, [
      { credits: 0.1, age: 40 * DAY },
      { credits: 0.2, age: 30 * DAY },
    ]);
    harness.sandbox.account.keys.length = 0;
    const { step, reasons } = await stepWith(() => undefined);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.2', from: '2025-11-25T12:00:00Z' });
    expect(reasons).toEqual([
      "OpenRouter's analytics goes back 31 days. It has nothing from before 2025-12-14T12:00:01Z.",
    ]);
  });

  test('include at least what the existing keys have spent', async () => {
    const workspace = seed(50 * DAY);
    seedSpender(workspace, [
      { credits: 0.1, age: 40 * DAY },
      { credits: 0.2, age: 30 * DAY },
    ]);
    const { step, reasons } = await stepWith(() => undefined);
    expect(step.outputs['cost-usd']).toBe('0.3');
    expect(reasons.at(-1)).toContain('but the counters of the API keys show $0.30.');
  });

  test('are not made of what the existing keys have spent before the period', async () => {
    const workspace = seed(50 * DAY);
    seedSpender(workspace, [
      { credits: 0.1, age: 40 * DAY },
      { credits: 0.2, age: HOUR },
    ]);
    const step = await runUsage({ since: '2d' });
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.2', complete: 'true' });
  });

  test('lack the least expensive models of a truncated result', async () => {
    const workspace = seed();
    const costs = [0.1, 0.2, 0.3].map((credits) => ({ credits, model: `a/${credits}` }));
    seedSpender(workspace, costs);
    harness.sandbox.account.keys.length = 0;
    const { step, reasons } = await stepWith((analytics) =>
      Object.assign(analytics, { maxRows: 2 }),
    );
    expect(step.outputs['cost-usd']).toBe('0.5');
    expect(reasons).toEqual([
      'There are more models than OpenRouter returns. The least expensive ones are missing.',
    ]);
  });

  test('lack models of which there are more than a response may have', async () => {
    const models = Array.from({ length: 5_000 }, (_, at) => ({ credits: 0.1, model: `日/${at}` }));
    seedSpender(seed(), models);
    harness.sandbox.account.keys.length = 0;
    const { step, reasons } = await stepWith(() => undefined);
    expect(step.outputs).toMatchObject({ 'cost-usd': '100', requests: '1000' });
    const json = step.outputs['by-model'] ?? '';
    expect(Buffer.byteLength(json)).toBeLessThan(60_000);
    const sentence = `The output by-model lacks ${1_000 - JSON.parse(json).length} of 1000 models: it is limited to 60 kB.`;
    expect(step.log.split('\n')).toContain(sentence);
    expect(paragraphsOf(step.summary)).toContain(sentence);
    expect(reasons).toEqual([
      'There are more models than OpenRouter returns. The least expensive ones are missing.',
    ]);
  });

  test('lack what could not be read of the API keys', async () => {
    const workspace = seed();
    for (const created_at of [workspace.created_at, null, null]) {
      const key = seedSpender(workspace, [{ credits: 0.1, byok: 0.2, age: 1.5 * DAY }]);
      Object.assign(key, { created_at });
    }
    harness.sandbox.account.analytics.lag = 2 * DAY;
    const { step, reasons } = await stepWith(() => undefined, {
      since: '2d',
      'fail-above-usd': '0.05',
    });
    const lacks = 'A counter or created_at is missing or invalid.';
    expect(step.outputs['cost-usd']).toBe('0');
    expect(reasons).toEqual([
      `Could not read all that 2 API keys spent in this period. ${lacks}`,
      `Could not read all that 2 API keys spent with your own provider keys in this period. ${lacks}`,
    ]);
    const [warning] = annotations(step, 'warning');
    expect(warning?.data).toContain('Whether it is above fail-above-usd is unknown.');
    expect(warning?.data).toContain(reasons[0]);
  });

  test('lack the cost of a model that analytics does not report', async () => {
    seed();
    const row = {
      model: 'a/b',
      request_count: '1',
      tokens_total: '0',
      tokens_prompt: '0',
      tokens_completion: '0',
      reasoning_tokens: null,
      credits_usage: null,
      byok_usage: 0,
    };
    const body = JSON.stringify({ data: { data: [row], metadata: { truncated: false } } });
    harness.sandbox.faults.push({ on: QUERY, kind: 'response', status: 200, body });
    const { step, reasons } = await stepWith(() => undefined);
    expect(reasons).toEqual(["Models whose cost OpenRouter's analytics does not report: 1."]);
    expect(JSON.parse(step.outputs['by-model'] ?? '')).toEqual([
      expect.objectContaining({ model: 'a/b', requests: 1, cost_usd: null }),
    ]);
    expect(rowsOf(step.summary)[1]?.slice(-2)).toEqual(['unknown', '']);
  });

  test('can be of an unknown age', async () => {
    seed();
    const body = JSON.stringify({
      data: { data: [], metadata: { truncated: false }, cachedAt: 1.7e18, warnings: null },
    });
    harness.sandbox.faults.push({ on: QUERY, kind: 'response', status: 200, body });
    const { reasons } = await stepWith(() => undefined);
    expect(reasons).toEqual([
      'OpenRouter returned figures that it stored at an unknown time. Later requests are missing.',
    ]);
  });

  test('may begin at an unknown time', async () => {
    const workspace = seed();
    seedSpender(workspace, [{ credits: 0.1 }]);
    Object.assign(workspace, { created_at: null });
    const { step, reasons } = await stepWith(() => undefined);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.1', from: '2025-12-14T12:00:01Z' });
    expect(reasons).toEqual([
      'OpenRouter does not report when this was created. The figures begin 31 days ago.',
    ]);
  });

  test('have every warning of the server', async () => {
    seed();
    const body = JSON.stringify({
      data: { data: [], metadata: { truncated: false }, warnings: ['One', '::error::Two'] },
    });
    harness.sandbox.faults.push({ on: QUERY, kind: 'response', status: 200, body });
    const { reasons } = await stepWith(() => undefined);
    expect(reasons).toEqual([
      "OpenRouter's analytics warns: One",
      "OpenRouter's analytics warns: ::error::Two",
    ]);
  });
});

test('a summary of more warnings than GitHub accepts has the models, and how many warnings it lacks', async () => {
  seed();
  const warnings = Array(220).fill('<'.repeat(2_000));
  const tokens = {
    tokens_total: '1',
    tokens_prompt: '1',
    tokens_completion: '0',
    reasoning_tokens: '0',
  };
  const row = { model: 'a/b', request_count: '1', ...tokens, credits_usage: 0.1, byok_usage: 0 };
  const body = JSON.stringify({ data: { data: [row], metadata: { truncated: false }, warnings } });
  harness.sandbox.faults.push({ on: QUERY, kind: 'response', status: 200, body });
  const { summary } = await runUsage({ 'fail-above-usd': '0' });
  expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
  expect(summary).toContain('<code>a/b</code>');
  const shown = summary.match(/<p>Incomplete: .*<\/p>/g)?.length ?? 0;
  expect(shown).toBeGreaterThan(20);
  expect(summary).toContain(`<p>… and ${220 - shown} more paragraphs</p>`);
  expect(summary).toContain('❌ The workspace preview-42 has spent more than 0 USD</a></h3>');
});

describe('the inputs of a usage step', () => {
  const AMOUNT = 'must be an amount in USD, 0 or more';
  const SINCE = 'must be a duration such as 90s, 15m, 48h or 14d, or created, month, week, day';

  test.each([
    ['since', 'Month', `since ${SINCE}; given: "Month"; try: month`],
    ['since', '30', 'since has no unit; it must be a duration'],
    ['since', '30s', 'since must be from 1m to 3650d, or created, month, week, day; given: "30s"'],
    ['warn-above-usd', '$5', `warn-above-usd ${AMOUNT}; given: "$5"; try: 5`],
    ['fail-above-usd', '.4', `fail-above-usd ${AMOUNT}; given: ".4"; try: 0.4`],
    ['fail-above-usd', '-1', `fail-above-usd ${AMOUNT}; given: "-1"`],
    ['fail-above-usd', '1e999', `fail-above-usd ${AMOUNT}; given: "1e999"`],
    [
      'key-hash',
      'a/b',
      'key-hash must be the hash of an API key, and not the key itself; given: "a/b"',
    ],
    ['workspace', '', 'workspace is required, and must be the id or slug of a workspace'],
  ])('reject %s: %j before anything is sent', async (input, text, line) => {
    seed();
    const { lines } = expectFailure(await runUsage({ [input]: text }));
    expect(lines[0]).toContain(line);
    expect(calls()).toEqual([]);
  });
});
