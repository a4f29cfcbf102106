import { describe, expect, test } from '@jest/globals';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import type { CreateRequest } from '../../../src/actions/create/request.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { onResponse, runCreate, storyOf } from '../../support/simulation.ts';
import { CONDITIONS, desired, GET, POST, REQUEST, respondWith, simulate } from './fixtures.ts';

const URL = 'https://openrouter.ai/workspaces/preview-42';
const REQUESTED = 'Requested: the workspace "Preview", slug preview-42.';
const DRY_RUN_NOTE = 'Dry run: nothing was written.';
const PATCH = 'PATCH /workspaces/:id';

/** Runs a create step for a workspace that exists, usually with another name than requested. */
async function runExisting(
  request: Partial<CreateRequest>,
  { name = 'Old', simulation = simulate() } = {},
) {
  const workspace = seedWorkspace(simulation, { ...desired, name });
  const before = structuredClone(workspace);
  const step = { ...REQUEST, deleteAfterJob: false, ...request };
  const run = await runCreate(simulation, step, CONDITIONS);
  return { ...run, before, simulation, story: storyOf(run.log) };
}

const UNCHANGED = {
  reuse: [`Already exists; reusing it unchanged: id <id>, ${URL}`],
  update: [`Already exists: id <id>, ${URL}`, 'Already as requested: nothing to change.'],
};

test.each([
  ['reuse', false],
  ['reuse', true],
  ['update', false],
  ['update', true],
] as const)(
  'if-exists: %s logs that nothing changes, and writes nothing (dry run: %s)',
  async (ifExists, dryRun) => {
    const { result, story, before, simulation } = await runExisting(
      { ifExists, dryRun },
      { name: 'Preview' },
    );
    const changes = { changes: [], governanceChanges: [] };
    expect(result).toEqual({ outcome: 'unchanged', workspace: before, ...changes });
    const note = dryRun ? [DRY_RUN_NOTE] : [];
    expect(story).toEqual([REQUESTED, ...UNCHANGED[ifExists], ...note]);
    expect(simulation.network.calls).toEqual([GET]);
  },
);

describe('a workspace that another job has just created, while lookups do not find it', () => {
  test.each([
    ['reuse', 700, 'unchanged'],
    ['update', 700, 'updated'],
    ['reuse', 2_900, 'unchanged'],
  ] as const)('is used with if-exists: %s after %i ms', async (ifExists, lag, outcome) => {
    const simulation = simulate();
    simulation.account.lookups.lag = lag;
    const { result, known, before } = await runExisting({ ifExists }, { simulation });
    expect([result?.outcome, known?.created]).toEqual([outcome, false]);
    expect(result?.workspace?.id).toBe(before.id);
    expect(simulation.network.calls.filter((call) => call === POST)).toHaveLength(1);
  });

  test.each([
    ['reuse', 4_000, [GET, POST, GET, GET, GET]],
    ['fail', 700, [POST, GET]],
  ] as const)('fails if-exists: %s, if it takes %i ms', async (ifExists, lag, calls) => {
    const simulation = simulate();
    simulation.account.lookups.lag = lag;
    const { error } = await runExisting({ ifExists }, { simulation });
    expect(error).toMatchObject({ details: { status: 400, ambiguous: false } });
    expect(simulation.network.calls).toEqual(calls);
  });
});

test.each([401, 402, 403])(
  'a POST that is rejected with HTTP %i, whatever its slug, waits for no other job',
  async (status) => {
    const simulation = simulate([respondWith(status)]);
    const step = { ...REQUEST, deleteAfterJob: false, ifExists: 'reuse' as const };
    const { error } = await runCreate(simulation, step, CONDITIONS);
    expect(error).toMatchObject({ details: { status, ambiguous: false } });
    expect(simulation.network.calls).toEqual([GET, POST]);
  },
);

describe('if-exists: update', () => {
  const wanted = {
    ifExists: 'update' as const,
    desired: { ...desired, description: 'New' },
    governance: { budgets: { limits: { daily: toUsd(5) } } },
  };
  const CHANGES = [
    { kind: 'field', field: 'name', from: 'Old', to: 'Preview' },
    { kind: 'field', field: 'description', from: null, to: 'New' },
  ];
  const GOVERNANCE_CHANGES = [{ kind: 'budget', field: 'daily', from: null, to: toUsd(5) }];
  const PLAN = [
    REQUESTED,
    `Already exists: id <id>, ${URL}`,
    '  name: "Old" → "Preview"',
    '  description: null → "New"',
    '  budget-daily-usd: null → 5',
  ];

  test('writes all fields that differ in one request, then the budgets, and logs each', async () => {
    const { result, known, story, simulation } = await runExisting(wanted);
    const [, stored] = simulation.account.workspaces;
    expect(stored).toMatchObject({ name: 'Preview', description: 'New' });
    expect(result).toEqual({
      outcome: 'updated',
      workspace: expect.objectContaining({ name: 'Preview', description: 'New' }),
      changes: CHANGES,
      governanceChanges: GOVERNANCE_CHANGES,
    });
    expect(known).toEqual({ workspace: result?.workspace, created: false });
    expect(story).toEqual([...PLAN, 'Updated name, description.', 'Set the daily budget.']);
    expect(simulation.network.calls.slice(-2)).toEqual([
      PATCH,
      'PUT /workspaces/:id/budgets/:interval',
    ]);
  });

  test('in a dry run logs the same plan, and writes nothing', async () => {
    const { result, story, before, simulation } = await runExisting({ ...wanted, dryRun: true });
    expect(result).toEqual({
      outcome: 'would-update',
      workspace: before,
      changes: CHANGES,
      governanceChanges: GOVERNANCE_CHANGES,
    });
    expect(story).toEqual([...PLAN, DRY_RUN_NOTE]);
    expect(simulation.network.calls.every((call) => call.startsWith('GET '))).toBe(true);
    expect(simulation.account.workspaces[1]).toEqual(before);
  });

  test('warns of fields that OpenRouter sets otherwise than requested', async () => {
    const simulation = simulate();
    onResponse(simulation, ({ body, ...response }, { method }) => ({
      ...response,
      body: method === 'PATCH' ? body.replace('"Preview"', '"PREVIEW"') : body,
    }));
    const { result, story } = await runExisting({ ifExists: 'update' }, { simulation });
    expect(result?.outcome).toBe('updated');
    expect(story.slice(-3)).toEqual([
      'The workspace "preview-42" has other values than requested',
      'OpenRouter returned other values:',
      'name: "Preview" → "PREVIEW"',
    ]);
  });
});
