import { describe, expect, test } from '@jest/globals';
import { seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { foldGroups } from '../../../../sandbox/runner/log.ts';
import { annotations, expectFailure } from '../../../support/harness.ts';
import {
  DAY,
  FIND_WORKSPACE,
  LIST_KEYS,
  MINUTE,
  openUsageHarness,
  paragraphsOf,
  QUERY,
  rowsOf,
} from '../../../support/usage.ts';

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
    const key = seedSpender(workspace, [MINI]);
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
    expect(foldGroups(step.log.split('\n'))).toEqual([
      'Reading the usage of the workspace "preview-42".',
      '▸ Requests',
      `Found "Preview", id ${workspace.id}.`,
      '▸ Requests',
      expect.stringMatching(/^Read in \d+\.\d s\.$/),
      'The workspace "preview-42" has spent $0.30.',
      'Requests: 4. Tokens: 1,650.',
      'From 2026-01-11T12:00:00Z to 2026-01-14T12:00:01Z. OpenRouter can count what is spent up to an hour late.',
    ]);
    expect(annotations(step, 'warning')).toEqual([]);
    expect(step.summary).toContain(
      '<h3>💵 $0.30 spent by the OpenRouter workspace &quot;preview-42&quot;</h3>',
    );
    expect(rowsOf(step.summary)).toEqual([
      ['Model', 'Cost', '%'],
      [HAIKU.model, '$0.20', '67\u00a0%'],
      [MINI.model, '$0.10', '33\u00a0%'],
      ['API key', 'Cost'],
      [`CI<br>${key.label}<br>no limit, never expires`, '$0.10'],
      ['Model', 'Requests and tokens'],
      [
        HAIKU.model,
        'Requests: 3<br>Prompt tokens: 400<br>Completion tokens: 50<br>Reasoning tokens: 30',
      ],
      [
        MINI.model,
        'Requests: 1<br>Prompt tokens: 1,000<br>Completion tokens: 200<br>Reasoning tokens: 0',
      ],
    ]);
    expect(step.summary).toContain('<details><summary>Requests: 4. Tokens: 1,650.</summary>');
    expect(paragraphsOf(step.summary)).toEqual([
      'From 11 Jan 12:00 UTC to 14 Jan 12:00 UTC. OpenRouter can count what is spent up to an hour late.',
    ]);
  });

  test('costs the larger of what analytics and the counters of its API keys show', async () => {
    const workspace = seed();
    deleteKey(seedSpender(workspace, [{ credits: 2, age: DAY }]).hash);
    seedSpender(workspace, [{ credits: 1, age: DAY }, { credits: 3 }]);
    harness.sandbox.account.analytics.lag = 10 * MINUTE;
    const step = await runUsage({ 'fail-above-usd': '3.9' });
    const { code, title } = expectFailure(step, expect.anything());
    expect(code).toBe('spending-above-limit');
    expect(title).toBe(
      '$4.00 spent by the OpenRouter workspace "preview-42": above $3.90 (fail-above-usd)',
    );
    expect(step.outputs).toMatchObject({ 'cost-usd': '4', complete: 'true' });
    expect(rowsOf(step.summary)).toContainEqual([
      'not yet reported by model',
      '$1.00',
      '25\u00a0%',
    ]);
  });

  test('does not show 0 requests as final if analytics has none of them yet', async () => {
    const { label } = seedSpender(seed(), [{ ...MINI, credits: 124.2 }]);
    harness.sandbox.account.analytics.lag = 10 * MINUTE;
    const step = await runUsage();
    const line = 'Requests and tokens: not reported yet.';
    expect(step.log).toContain(`has spent $124.20.\n${line}\n`);
    expect(step.summary).toContain('💵 $124.20 spent');
    expect(paragraphsOf(step.summary)[0]).toBe(line);
    expect(rowsOf(step.summary)).toEqual([
      ['Model', 'Cost', '%'],
      ['not yet reported by model', '$124.20', '100\u00a0%'],
      ['API key', 'Cost'],
      [`CI<br>${label}<br>no limit, never expires`, '$124.20'],
    ]);
  });

  test('names the API keys that have spent, the most expensive first, where a limit is exceeded', async () => {
    const workspace = seed();
    const daily = { limit: 5, limit_reset: 'daily', expires_at: '2026-01-20T08:00:00Z' };
    const spenders = [
      seedSpender(workspace, [{ credits: 1 }, { credits: 8, age: DAY }], { name: 'older' }),
      seedSpender(workspace, [{ credits: 3 }], { name: 'evals', ...daily }),
      seedSpender(workspace, [{ credits: 0.5 }], { name: 'ended', limit: 1 }),
    ];
    seedSpender(workspace, [], { name: 'unused' });
    Object.assign(spenders[2] as object, { disabled: true });
    const step = await runUsage({ since: 'day', 'fail-above-usd': '4' });
    expectFailure(step, expect.anything());
    const [older, evals, ended] = spenders.map(({ label }) => label);
    const rows = rowsOf(step.summary);
    expect(
      rows.slice(
        rows.findIndex(([first]) => first === 'API key'),
        -2,
      ),
    ).toEqual([
      ['API key', 'Cost'],
      [`evals<br>${evals}<br>limit $5.00 daily, works until 20 Jan 08:00 UTC`, '$3.00'],
      [`older<br>${older}<br>no limit, never expires`, '$1.00'],
      [`ended<br>${ended}<br>limit $1.00, disabled`, '$0.50'],
    ]);
    expect(step.summary).toContain('<details><summary>API keys that have spent: 3</summary>');
  });

  test('shows what your own provider keys paid apart from the cost', async () => {
    seedSpender(seed(), [{ ...MINI, byok: 0.05 }, HAIKU]);
    const step = await runUsage();
    expect(step.outputs['cost-usd']).toBe('0.3');
    const byok = 'In addition, $0.05 was charged by providers, for your own provider keys.';
    expect(step.log).toContain(byok);
    expect(paragraphsOf(step.summary)).toContain(byok);
    const ends = [/<br>Own provider keys: \$0\.00$/, /<br>Own provider keys: \$0\.05$/];
    expect(rowsOf(step.summary).slice(-2)).toEqual(
      ends.map((end) => [expect.anything(), expect.stringMatching(end)]),
    );
  });
});

test.each([
  [FIND_WORKSPACE, 'Could not look up the workspace "preview-42"'],
  [LIST_KEYS, 'Could not list the API keys of the workspace "preview-42"'],
  [QUERY, 'Could not read the usage of the workspace "preview-42"'],
])(
  'a usage step fails if %s is rejected, and does not say that it changed nothing',
  async (on, title) => {
    seed();
    harness.sandbox.faults.push({ on, kind: 'response', status: 403 });
    const failure = expectFailure(await runUsage());
    expect(failure).toMatchObject({
      code: 'forbidden',
      title: `${title}: OpenRouter does not allow it (HTTP 403)`,
    });
    // It only reads.
    expect(failure.message).not.toContain('Nothing was changed');
  },
);
