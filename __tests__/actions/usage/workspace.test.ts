import { describe, expect, test } from '@jest/globals';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { annotations, declaredOutputs, expectFailure, printedBy } from '../../support/harness.ts';
import { inVirtualTime } from '../../support/step-time.ts';
import {
  DAY,
  FIND_WORKSPACE,
  HOUR,
  LIST_KEYS,
  openUsageHarness,
  paragraphsOf,
  QUERY,
  rowsOf,
} from '../../support/usage.ts';

const { harness, seed, seedSpender, deleteKey, runUsage, calls } = openUsageHarness();

const MINI = { model: 'openai/gpt-5-mini-2025-08-07', credits: 0.1, prompt: 1000, completion: 200 };
const HAIKU = {
  model: 'anthropic/claude-4.5-haiku-20251001',
  credits: 0.2,
  requests: 3,
  prompt: 400,
  completion: 50,
  reasoning: 30,
};

describe('the usage of a workspace', () => {
  test('is the sum of what its API keys have spent, also of those that were deleted', async () => {
    const workspace = seed();
    seedSpender(workspace, [MINI]);
    const deleted = seedSpender(workspace, [{ ...HAIKU, age: DAY }]);
    deleteKey(deleted.hash);
    seedSpender(seedWorkspace(harness.sandbox, { slug: 'other' }), [{ credits: 9 }]);
    const step = await runUsage();
    expect(step).toMatchObject({ exitCode: 0, stderr: '' });
    expect(step.outputs).toEqual({
      'cost-usd': '0.3',
      requests: '4',
      tokens: '1650',
      'by-model': JSON.stringify([
        {
          model: HAIKU.model,
          requests: 3,
          tokens_prompt: 400,
          tokens_completion: 50,
          tokens_reasoning: 30,
          cost_usd: 0.2,
        },
        {
          model: MINI.model,
          requests: 1,
          tokens_prompt: 1000,
          tokens_completion: 200,
          tokens_reasoning: 0,
          cost_usd: 0.1,
        },
      ]),
      from: '2026-01-11T12:00:00Z',
      to: '2026-01-14T12:00:01Z',
      complete: 'true',
    });
    expect(calls().sort()).toEqual([LIST_KEYS, FIND_WORKSPACE, QUERY].sort());
    expect(step.log.split('\n')).toEqual([
      'Reading the usage of the workspace preview-42.',
      `The workspace is preview-42, id ${workspace.id}.`,
      expect.stringMatching(/^Read in \d+\.\d s\.$/),
      'The workspace preview-42 has spent $0.30.',
      'Requests: 4. Tokens: 1,650.',
      'From 2026-01-11T12:00:00Z to 2026-01-14T12:00:01Z.',
    ]);
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test('has a summary with the total, the models with their share, and the period', async () => {
    seedSpender(seed(), [MINI, HAIKU]);
    const { summary } = await runUsage();
    expect(summary).toContain('<h3>💵 $0.30 spent by the OpenRouter workspace preview-42</h3>');
    expect(rowsOf(summary)).toEqual([
      ['Model', 'Requests', 'Prompt', 'Completion', 'Reasoning', 'Cost', 'Share'],
      [HAIKU.model, '3', '400', '50', '30', '$0.20', '███████░░░ 67\u00a0%'],
      [MINI.model, '1', '1,000', '200', '0', '$0.10', '███░░░░░░░ 33\u00a0%'],
    ]);
    expect(paragraphsOf(summary)).toEqual([
      'Requests: 4. Tokens: 1,650.',
      'From 2026-01-11T12:00:00Z to 2026-01-14T12:00:01Z.',
    ]);
  });

  test('aligns numbers to the right', async () => {
    seedSpender(seed(), [{ ...MINI, byok: 0.05 }]);
    const { summary } = await runUsage();
    const alignments = [...summary.matchAll(/<tr>(.*)<\/tr>/g)].map(([, row = '']) =>
      [...row.matchAll(/<t[dh]( align="right")?>/g)].map(([, align]) => align !== undefined),
    );
    const expected = [false, true, true, true, true, true, false, true];
    expect(alignments).toEqual([expected, expected]);
  });

  test('shows what your own provider keys paid apart from the cost', async () => {
    seedSpender(seed(), [{ ...MINI, byok: 0.05 }, HAIKU]);
    const step = await runUsage();
    expect(step.outputs['cost-usd']).toBe('0.3');
    const byok = 'In addition, $0.05 was charged by providers, for your own provider keys.';
    expect(step.log).toContain(byok);
    expect(paragraphsOf(step.summary)).toContain(byok);
    expect(rowsOf(step.summary).map((row) => row.at(-1))).toEqual([
      'Own provider keys',
      '$0.00',
      '$0.05',
    ]);
  });

  test('subtracts refunds, and is still compared with the limits', async () => {
    seedSpender(seed(), [
      { ...MINI, credits: 10 },
      { ...HAIKU, credits: -5 },
    ]);
    const step = await runUsage({ 'fail-above-usd': '4' });
    expect(expectFailure(step, expect.anything()).code).toBe('spending-above-limit');
    expect(step.outputs).toMatchObject({ 'cost-usd': '5', complete: 'true' });
    expect(rowsOf(step.summary).map((row) => row.slice(-2))).toEqual([
      ['Cost', 'Share'],
      ['$10.00', '██████████ 200\u00a0%'],
      ['-$5.00', '░░░░░░░░░░ -100\u00a0%'],
    ]);
  });

  test('counts requests and tokens exactly, however many they are', async () => {
    seed();
    const row = {
      model: 'a/b',
      request_count: '9007199254740993',
      tokens_total: '1'.repeat(24),
      tokens_prompt: '1',
      tokens_completion: '1',
      reasoning_tokens: '1',
      credits_usage: 0,
      byok_usage: 0,
    };
    const body = JSON.stringify({ data: { data: [row, row], metadata: { truncated: false } } });
    harness.sandbox.faults.push({ on: QUERY, kind: 'response', status: 200, body });
    const { outputs } = await runUsage();
    expect(outputs).toMatchObject({ requests: '18014398509481986', tokens: '2'.repeat(24) });
  });

  test('is negative if only refunds are in the period', async () => {
    const key = seedSpender(seed(), [{ ...MINI, credits: -5 }]);
    deleteKey(key.hash);
    const { outputs } = await runUsage();
    expect(outputs).toMatchObject({ 'cost-usd': '-5', complete: 'true' });
  });

  test('is 0 and complete if nothing was spent', async () => {
    seed();
    const step = await runUsage();
    expect(step.outputs).toMatchObject({
      'cost-usd': '0',
      requests: '0',
      tokens: '0',
      'by-model': '[]',
      complete: 'true',
    });
    expect(step.summary).not.toContain('<table>');
  });

  test.each([
    ['a duration', '36h', '0.3', '2026-01-13T00:00:01Z'],
    ['a duration longer than the life of the workspace', '3650d', '2.2', '2025-12-25T12:00:00Z'],
    ['day', 'day', '0.1', '2026-01-14T00:00:00Z'],
    ['week', 'week', '0.6', '2026-01-12T00:00:00Z'],
    ['month', 'month', '1', '2026-01-01T00:00:00Z'],
    ['created', 'created', '2.2', '2025-12-25T12:00:00Z'],
  ])('can be that since %s', async (_, since, cost, from) => {
    const workspace = seed(20 * DAY);
    // Midnight of the day is 12 hours ago, that of the week 60 hours, that of the month 13.5 days.
    const ages = { 1: 0.1, 13: 0.2, 59: 0.3, 323: 0.4, 400: 1.2 };
    const usages = Object.entries(ages).map(([hours, credits]) => ({
      age: Number(hours) * HOUR,
      credits,
    }));
    seedSpender(workspace, usages);
    const step = await runUsage({ since });
    expect(step.outputs).toMatchObject({ 'cost-usd': cost, from, complete: 'true' });
  });

  test('is that of today in the last second of a day', async () => {
    const lastSecond = await harness.startSandbox({
      now: () => new Date('2026-01-14T23:59:59.500Z'),
    });
    const workspace = seedWorkspace(lastSecond, { slug: 'preview-42', age: 3 * DAY });
    const key = seedKey(lastSecond, workspace);
    key.created_at = workspace.created_at;
    seedUsage(lastSecond, key, { credits: 0.1, age: HOUR });
    seedUsage(lastSecond, key, { credits: 0.2, age: DAY });
    const access = { 'management-key': lastSecond.managementKey, 'api-url': lastSecond.url };
    const step = await runUsage({ since: 'day', ...access });
    const period = { from: '2026-01-14T00:00:00Z', to: '2026-01-15T00:00:00Z' };
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.1', complete: 'true', ...period });
  });

  test('has a period also if OpenRouter dates its creation later than its response', async () => {
    const key = seedSpender(seed(-2_500), [MINI]);
    const step = await runUsage();
    const period = { from: '2026-01-14T12:00:00Z', to: '2026-01-14T12:00:01Z' };
    expect(step.outputs).toMatchObject({ ...period, 'cost-usd': '0.1', complete: 'true' });
    expect(key.created_at).toBe('2026-01-14T12:00:02.500Z');
  });

  test('can be read by the id of the workspace', async () => {
    const workspace = seed();
    seedSpender(workspace, [MINI]);
    const step = await runUsage({ workspace: workspace.id });
    expect(step.outputs['cost-usd']).toBe('0.1');
  });

  test('sets no output about a limit, which workspaces do not have', async () => {
    seed();
    const declared = await declaredOutputs('usage');
    const { outputs } = await runUsage();
    const missing = declared.filter((name) => !(name in outputs));
    expect(missing).toEqual(['limit-usd', 'remaining-usd']);
  });

  test('is a failure if the workspace does not exist', async () => {
    const { code, title } = expectFailure(await runUsage());
    expect([code, title]).toEqual([
      'workspace-not-found',
      'The workspace preview-42 does not exist',
    ]);
    expect(calls()).toEqual([FIND_WORKSPACE, FIND_WORKSPACE]);
  });

  test('changes nothing and shows the management key nowhere', async () => {
    const { account, managementKey } = harness.sandbox;
    seedSpender(seed(), [MINI], { name: managementKey });
    const before = JSON.stringify([account.workspaces, account.keys]);
    const step = await runUsage();
    expect(JSON.stringify([account.workspaces, account.keys])).toBe(before);
    const shown = [printedBy(step), step.summary, JSON.stringify(step.outputs)].join();
    expect(shown).not.toContain(managementKey);
  });
});

describe('a request for usage', () => {
  test.each([
    ['HTTP 502', { status: 502, body: '' }],
    ['HTTP 408', { status: 408, body: '' }],
    ['HTTP 429', { status: 429, headers: { 'retry-after': '0' } }],
  ])('is retried after %s, although it is a POST', async (_, response) => {
    seedSpender(seed(), [MINI]);
    harness.sandbox.faults.push({ on: QUERY, kind: 'response', ...response });
    const step = await runUsage();
    expect(step.exitCode).toBe(0);
    expect(step.outputs['cost-usd']).toBe('0.1');
    expect(step.log).toContain('Retrying in ');
  });

  test('is retried after a lost response', async () => {
    seedSpender(seed(), [MINI]);
    harness.sandbox.faults.push({ on: QUERY, kind: 'reset', applied: true });
    expect((await runUsage()).outputs['cost-usd']).toBe('0.1');
  });

  test.each([
    [FIND_WORKSPACE, 'Could not look up the workspace preview-42'],
    [LIST_KEYS, 'Could not list the API keys of the workspace preview-42'],
    [QUERY, 'Could not read the usage of the workspace preview-42'],
  ])('that is rejected fails the step: %s', async (on, title) => {
    seed();
    harness.sandbox.faults.push({ on, kind: 'response', status: 403 });
    expect(expectFailure(await runUsage())).toMatchObject({ code: 'forbidden', title });
  });

  test('that fails in the end has changed nothing, and says so', async () => {
    seed();
    harness.sandbox.faults.push(...Array(99).fill({ on: QUERY, kind: 'response', status: 500 }));
    const { message } = expectFailure(await runUsage({}, inVirtualTime()));
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(message).not.toContain('applied');
  });

  test('without an amount in its response is not taken as 0', async () => {
    seed();
    const body = JSON.stringify({
      data: { data: [{ model: 'a/b' }], metadata: { truncated: false } },
    });
    const fault = { on: QUERY, kind: 'response', status: 200, body };
    harness.sandbox.faults.push(...Array(99).fill(fault));
    const { message } = expectFailure(await runUsage({}, inVirtualTime()));
    expect(message).toContain('credits_usage');
  });
});
