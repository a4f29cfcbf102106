import { describe, expect, test } from '@jest/globals';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import type { CreateRequest } from '../../../src/actions/create/request.ts';
import { describeError } from '../../../src/report/describe-error.ts';
import { onResponse, runCreate, storyOf } from '../../support/simulation.ts';
import { CONDITIONS, desired, GET, REQUEST, respondWith, simulate } from './fixtures.ts';

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

describe('if-exists: reuse', () => {
  test.each([
    [false, []],
    [true, [DRY_RUN_NOTE]],
  ])('uses the workspace unchanged, and writes nothing (dry run: %s)', async (dryRun, note) => {
    const { result, known, story, before, simulation } = await runExisting({
      ifExists: 'reuse',
      dryRun,
    });
    const changes = { changes: [], governanceChanges: [] };
    expect(result).toEqual({ outcome: 'unchanged', workspace: before, ...changes });
    expect(known).toEqual({ workspace: before, created: false });
    expect(story).toEqual([
      REQUESTED,
      `Already exists; reusing it unchanged: id <id>, ${URL}`,
      ...note,
    ]);
    expect(simulation.network.calls).toEqual([GET]);
  });

  test.each([
    [false, 'Inputs were not applied to the workspace preview-42'],
    [true, 'Inputs would not be applied to the workspace preview-42'],
  ])('warns of inputs that it does not apply (dry run: %s)', async (dryRun, title) => {
    const { result, story } = await runExisting({
      ifExists: 'reuse',
      dryRun,
      governanceInputs: ['budget-daily-usd', 'members'],
    });
    expect(result?.outcome).toBe('unchanged');
    expect(story[1]).toBe(title);
    expect(story.slice(2).join('\n')).toContain('budget-daily-usd, members');
    expect(story.join('\n')).not.toContain(
      'Whether this step created the workspace cannot be determined',
    );
  });
});

test('if-exists: update does not say that nothing was changed if the step may have created the workspace', async () => {
  const simulation = simulate([
    respondWith(429, { retryAfter: '1', applied: true }),
    { on: 'GET /workspaces/:id/budgets', kind: 'response', status: 403 },
  ]);
  const request = {
    ...REQUEST,
    ifExists: 'update' as const,
    governance: { budgets: { limits: { daily: 5 } } },
  };
  const { error, effect } = await runCreate(simulation, request, CONDITIONS);
  const { title, lines } = describeError(error, effect.current());
  expect(title).toBe('Could not list the budgets of the workspace preview-42');
  expect(lines.join('\n')).not.toContain('Nothing was changed');
});

describe('if-exists: update', () => {
  const wanted = {
    ifExists: 'update' as const,
    desired: { ...desired, description: 'New' },
    governance: { budgets: { limits: { daily: 5 } } },
  };
  const CHANGES = [
    { field: 'name', from: 'Old', to: 'Preview' },
    { field: 'description', from: null, to: 'New' },
  ];
  const GOVERNANCE_CHANGES = [{ field: 'budget daily', from: null, to: 5 }];
  const PLAN = [
    REQUESTED,
    `Already exists: id <id>, ${URL}`,
    '  name: "Old" → "Preview"',
    '  description: null → "New"',
    '  budget daily: null → 5',
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

  test('sets the budgets of a workspace whose fields are as requested without a PATCH', async () => {
    const { result, simulation } = await runExisting({ ...wanted, desired }, { name: 'Preview' });
    expect(result).toMatchObject({ outcome: 'updated', changes: [] });
    expect(simulation.account.budgets).toMatchObject([{ limit_usd: 5 }]);
    expect(simulation.network.calls).not.toContain(PATCH);
  });

  test.each([
    [false, []],
    [true, [DRY_RUN_NOTE]],
  ])('writes nothing if nothing differs (dry run: %s)', async (dryRun, note) => {
    const { result, story, simulation } = await runExisting(
      { ifExists: 'update', dryRun },
      { name: 'Preview' },
    );
    expect(result).toMatchObject({ outcome: 'unchanged', changes: [], governanceChanges: [] });
    expect(story.slice(2)).toEqual(['Already as requested: nothing to change.', ...note]);
    expect(simulation.network.calls).toEqual([GET]);
  });

  test('reports the workspace as it was if it cannot be updated', async () => {
    const simulation = simulate([{ on: PATCH, kind: 'response', status: 403 }]);
    const { error, known, before } = await runExisting({ ifExists: 'update' }, { simulation });
    expect(error).toMatchObject({
      code: 'partly-applied',
      details: { applied: [], notApplied: ['name'], recovery: 'run-again' },
    });
    expect(known).toEqual({ workspace: before, created: false });
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
      'The workspace preview-42 has other values than requested',
      'OpenRouter returned other values:',
      'name: "Preview" → "PREVIEW"',
    ]);
  });
});
