import { describe, expect, test } from '@jest/globals';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import type { CreateRequest } from '../../../src/operations/create/request.ts';
import { falseNotFound } from '../../support/faults.ts';
import { PATCH_GUARDRAIL } from '../../support/governance.ts';
import { onNth, onResponse, pass, runCreate, runPost, storyOf } from '../../support/simulation.ts';
import {
  CONDITIONS,
  desired,
  detailsOf,
  expectSlugTaken,
  failLookup,
  GET,
  LOST,
  POST,
  REQUEST,
  respondWith,
  simulate,
  slugsOf,
  WITHOUT_LOOKUP,
} from './fixtures.ts';

const URL = 'https://openrouter.ai/workspaces/preview-42';
const REQUESTED = 'Requested: the workspace "Preview", slug preview-42.';

test('a step that creates a workspace logs what it requested and how long the creation took', async () => {
  const simulation = simulate();
  await pass(simulation, 50_000);
  const run = await runCreate(simulation, { ...REQUEST, deleteKeys: true }, CONDITIONS);
  const { id } = simulation.account.workspaces[1] as { id: string };
  expect(storyOf(run.log)).toEqual([REQUESTED, `Created in 0.0 s: id <id>, ${URL}`]);
  expect(run.result).toEqual({
    outcome: 'created',
    workspace: expect.objectContaining({ id, slug: 'preview-42' }),
    changes: [],
    governanceChanges: [],
  });
  expect(run.known).toEqual({ workspace: run.result?.workspace, created: true });
  // For the post step.
  expect(run.task).toEqual({ deleteKeys: true, target: { created: { id, slug: 'preview-42' } } });
});

describe('whether a step looks up the slug before it sends the POST', () => {
  test.each<[string, boolean, Partial<CreateRequest>]>([
    ['if-exists: fail', false, {}],
    ['if-exists: reuse', true, { ifExists: 'reuse' }],
    ['if-exists: update', true, { ifExists: 'update' }],
    ['delete-after-job: true', true, { deleteAfterJob: true }],
  ])('with %s is %s', async (_, isLookedUp, request) => {
    const simulation = simulate();
    const run = await runCreate(simulation, { ...WITHOUT_LOOKUP, ...request }, CONDITIONS);
    expect(run.result?.outcome).toBe('created');
    expect(simulation.network.calls).toEqual(isLookedUp ? [GET, POST] : [POST]);
  });
});

describe('a dry run', () => {
  const DRY_RUN = { ...WITHOUT_LOOKUP, dryRun: true };

  test('logs what it would create and set, and creates nothing', async () => {
    const simulation = simulate();
    const governance = { budgets: { limits: { daily: 5 } } };
    const run = await runCreate(simulation, { ...DRY_RUN, governance }, CONDITIONS);
    const change = { field: 'budget daily', from: null, to: 5 };
    expect(run.result).toEqual({
      outcome: 'would-create',
      changes: [],
      governanceChanges: [change],
    });
    expect(storyOf(run.log)).toEqual([
      REQUESTED,
      'It does not exist and would be created.',
      '  budget daily: null → 5',
      'Dry run: nothing was written.',
    ]);
    expect(simulation.network.calls).toEqual([GET, GET]);
    expect(slugsOf(simulation)).toEqual(['default']);
  });

  test('finds a workspace that the first lookup does not find', async () => {
    const simulation = simulate([falseNotFound(GET)]);
    seedWorkspace(simulation, desired);
    expectSlugTaken(await runCreate(simulation, DRY_RUN, CONDITIONS), 'another job');
  });
});

describe('what a failure recommends if the workspace may have been created', () => {
  test.each<[string, string, Partial<CreateRequest>]>([
    ['reuse', 'if-exists: fail', {}],
    ['reuse', 'if-exists: reuse', { ifExists: 'reuse' }],
    ['update', 'if-exists: update', { ifExists: 'update' }],
    ['update', 'guardrail, budget or member inputs', { governanceInputs: ['members'] }],
  ])('is if-exists: %s after a step with %s', async (policy, _, request) => {
    const simulation = simulate([LOST]);
    failLookup(simulation, request.ifExists ? 2 : 1);
    const run = await runCreate(simulation, { ...WITHOUT_LOOKUP, ...request }, CONDITIONS);
    expect(detailsOf(run)).toMatchObject({
      ambiguous: true,
      recovery: `Running this again with if-exists: ${policy} finds the workspace if it was created. That is safe if no other workflow creates a workspace with this slug.`,
    });
  });

  test('is nothing with delete-after-job, because the post step looks for it', async () => {
    const simulation = simulate([LOST]);
    failLookup(simulation, 2);
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    expect(detailsOf(run).ambiguous).toBe(true);
    expect(detailsOf(run).recovery).toBeUndefined();
  });
});

describe('a warning that a workspace is not deleted after the job', () => {
  const WARNING = 'The workspace preview-42 is not deleted after the job';
  test('does not appear without delete-after-job', async () => {
    const request = { ...REQUEST, ifExists: 'reuse' as const, deleteAfterJob: false };
    const simulation = simulate([respondWith(429, { retryAfter: '1', applied: true })]);
    const run = await runCreate(simulation, request, CONDITIONS);
    expect(run.result?.outcome).toBe('unchanged');
    expect(run.log).not.toContain(WARNING);
  });

  test('does not appear if another job created it', async () => {
    const simulation = simulate([], { takenSlugStatus: 409 });
    onNth(simulation, POST, 1, () => seedWorkspace(simulation, { ...desired, name: 'Other' }));
    const run = await runCreate(simulation, { ...REQUEST, ifExists: 'reuse' }, CONDITIONS);
    expect(run.result?.outcome).toBe('unchanged');
    expect(run.log).not.toContain(WARNING);
    expect(run.task).toBeUndefined();
  });
});

describe('the task that a step saves before its POST', () => {
  const KILLED = { ...CONDITIONS, killedAfter: 25 };

  test('has a window that begins with the lookup and is as long as the timeout', async () => {
    const { task } = await runCreate(simulate(), { ...REQUEST, deleteKeys: true }, KILLED);
    const from = Date.UTC(2026, 0, 1);
    expect(task).toEqual({
      deleteKeys: true,
      target: { pending: { desired, window: { from, to: from + 60_000 } } },
    });
  });

  test('has no window if OpenRouter does not send its time', async () => {
    const simulation = simulate();
    onResponse(simulation, (response) => ({ ...response, headers: {} }));
    const { task } = await runCreate(simulation, REQUEST, KILLED);
    expect(task?.target).toEqual({ pending: { desired, window: undefined } });
  });

  test('is withdrawn once OpenRouter has rejected the POST', async () => {
    const simulation = simulate([respondWith(422)]);
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    expect(detailsOf(run)).toMatchObject({ status: 422, ambiguous: false });
    expect(run.task).toBeUndefined();
  });

  test('covers the time from the headers of the lookup, even if its body takes long', async () => {
    const simulation = simulate([respondWith(502)]);
    onResponse(simulation, (response, { method }) =>
      method === 'GET' ? { ...response, bodyMs: 15 } : response,
    );
    failLookup(simulation, 2);
    const { task, elapsed } = await runCreate(simulation, REQUEST, CONDITIONS);
    const from = Date.UTC(2026, 0, 1);
    // The headers of the lookup arrived 15 ms before its end, after 20 ms.
    expect(task?.target).toMatchObject({
      pending: { window: { from, to: from + elapsed - 5 + 10_000 } },
    });
  });
});

test('a new workspace with other values than requested is a warning with both values', async () => {
  const simulation = simulate();
  onResponse(simulation, ({ body, ...response }) => ({
    ...response,
    body: body.replace('"name":"Preview"', '"name":"PREVIEW"'),
  }));
  const run = await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS);
  expect(run.result?.outcome).toBe('created');
  expect(storyOf(run.log).slice(-3)).toEqual([
    'The workspace preview-42 has other values than requested',
    'OpenRouter returned other values:',
    'name: "Preview" → "PREVIEW"',
  ]);
});

test.each([
  ['the post step deletes the workspace', true, 'deleted-after-job'],
  ['another run with if-exists: update finishes the work', false, 'run-again-with-update'],
])('a failed guardrail of a new workspace reports that %s', async (_, deleteAfterJob, recovery) => {
  const simulation = simulate([{ on: PATCH_GUARDRAIL, kind: 'response', status: 403 }]);
  const governance = { guardrail: { limit_usd: 5, reset_interval: 'daily' as const } };
  const run = await runCreate(simulation, { ...REQUEST, governance, deleteAfterJob }, CONDITIONS);
  expect(run.error).toMatchObject({ code: 'partly-applied', details: { recovery } });
  expect(run.known).toMatchObject({ created: true });
});

describe('the post step of a created workspace', () => {
  test.each([
    [0, false, ''],
    [2, true, ' and 2 API keys'],
  ])(
    'deletes it with its %i keys (delete-keys: %s), and logs that',
    async (keys, deleteKeys, also) => {
      const simulation = simulate();
      const { id } = seedWorkspace(simulation, { ...desired, keys });
      const task = { deleteKeys, target: { created: { id, slug: 'preview-42' } } };
      const lines: string[] = [];
      expect(await runPost(simulation, { task }, CONDITIONS, lines)).toBeUndefined();
      expect(storyOf(lines).at(-1)).toBe(
        `Deleted the workspace preview-42, id <id>,${also} because of delete-after-job.`,
      );
      expect(slugsOf(simulation)).toEqual(['default']);
      const deletedKeys = Array(keys).fill('DELETE /keys/:hash');
      expect(simulation.network.calls).toEqual([
        'GET /keys',
        ...deletedKeys,
        'DELETE /workspaces/:id',
      ]);
    },
  );

  test('leaves it if it has keys and delete-keys is false', async () => {
    const simulation = simulate();
    const { id } = seedWorkspace(simulation, { ...desired, keys: 1 });
    const task = { deleteKeys: false, target: { created: { id, slug: 'preview-42' } } };
    expect(await runPost(simulation, { task }, CONDITIONS)).toMatchObject({
      code: 'workspace-has-keys',
    });
    expect(slugsOf(simulation)).toEqual(['default', 'preview-42']);
  });
});
