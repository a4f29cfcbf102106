import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import type { CreateRequest } from '../../../src/actions/create/request.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { describeError } from '../../../src/report/describe-error.ts';
import { PATCH_GUARDRAIL } from '../../support/governance-harness.ts';
import { beforeNth } from '../../support/on-nth.ts';
import { onResponse, pass, runCreate, runPost, storyOf } from '../../support/simulation.ts';
import {
  CONDITIONS,
  desired,
  detailsOf,
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
const SETTINGS = '  disabled-server-tools: ["openrouter:bash"]';

test('a step that creates a workspace logs what it requested and how long the creation took', async () => {
  const simulation = simulate();
  await pass(simulation, 50_000);
  const run = await runCreate(simulation, { ...REQUEST, deleteKeys: true }, CONDITIONS);
  const { id } = simulation.account.workspaces[1] as { id: string };
  expect(storyOf(run.log)).toEqual([REQUESTED, `Created in 0.0 s: id <id>, ${URL}`, SETTINGS]);
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

test.each<[string, boolean, Partial<CreateRequest>]>([
  ['if-exists: fail', false, {}],
  ['if-exists: reuse', true, { ifExists: 'reuse' }],
  ['if-exists: update', true, { ifExists: 'update' }],
  ['delete-after-job: true', true, { deleteAfterJob: true }],
])(
  'whether a step with %s looks up the slug before it sends the POST is %s',
  async (_, isLookedUp, request) => {
    const simulation = simulate();
    const run = await runCreate(simulation, { ...WITHOUT_LOOKUP, ...request }, CONDITIONS);
    expect(run.result?.outcome).toBe('created');
    expect(simulation.network.calls).toEqual(isLookedUp ? [GET, POST] : [POST]);
  },
);

test('a dry run logs what it would create and set, and creates nothing', async () => {
  const simulation = simulate();
  const governance = { budgets: { limits: { daily: toUsd(5) } } };
  const run = await runCreate(
    simulation,
    { ...WITHOUT_LOOKUP, dryRun: true, governance },
    CONDITIONS,
  );
  const change = { kind: 'budget', field: 'daily', from: null, to: toUsd(5) };
  expect(run.result).toEqual({
    outcome: 'would-create',
    changes: [],
    governanceChanges: [change],
  });
  expect(storyOf(run.log)).toEqual([
    REQUESTED,
    'It does not exist and would be created.',
    SETTINGS,
    '  budget-daily-usd: 5',
    'Dry run: nothing was written.',
  ]);
  expect(simulation.network.calls).toEqual([GET, GET]);
  expect(slugsOf(simulation)).toEqual(['default']);
});

describe('what a failure recommends if the workspace may have been created', () => {
  test.each<[string, string, Partial<CreateRequest>]>([
    ['Set if-exists: reuse, and start a new run', 'if-exists: fail', {}],
    ['Run this again', 'if-exists: reuse', { ifExists: 'reuse' }],
    ['Run this again', 'if-exists: update', { ifExists: 'update' }],
    [
      'Set if-exists: update, and start a new run',
      'guardrail, budget or member inputs',
      { governanceInputs: ['members'] },
    ],
  ])('is "%s" after a step with %s', async (advice, _, request) => {
    const simulation = simulate([LOST]);
    failLookup(simulation, request.ifExists ? 2 : 1);
    const run = await runCreate(simulation, { ...WITHOUT_LOOKUP, ...request }, CONDITIONS);
    expect(detailsOf(run)).toMatchObject({
      ambiguous: true,
      recovery: `${advice}: if the workspace was created, the step uses it. That is safe if no other run creates a workspace with this slug.`,
    });
  });

  test('is left to the post step with delete-after-job', async () => {
    const simulation = simulate([LOST]);
    failLookup(simulation, 2);
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    expect(detailsOf(run).ambiguous).toBe(true);
    expect(detailsOf(run).recovery).toMatch(
      /^The post step of this action, if it runs, looks for the workspace and deletes it\.$/,
    );
  });
});

describe('a warning that a workspace is not deleted after the job', () => {
  const WARNING = 'The workspace "preview-42" is not deleted after the job';
  const REUSE = { ...REQUEST, ifExists: 'reuse' as const };

  test('does not appear without delete-after-job, unlike that inputs were not applied', async () => {
    const request = { ...REUSE, deleteAfterJob: false, governanceInputs: ['members'] };
    const simulation = simulate([respondWith(429, { retryAfter: '1', applied: true })]);
    const run = await runCreate(simulation, request, CONDITIONS);
    expect(run.result?.outcome).toBe('unchanged');
    expect(run.log).not.toContain(WARNING);
    expect(run.log).toContain(
      'Whether this step created the workspace cannot be determined. If it did, the workspace has no guardrail, budgets and members yet.',
    );
  });

  test('does not appear if another job created it', async () => {
    const simulation = simulate([], { takenSlugStatus: 409 });
    beforeNth(simulation, POST, 1, () => seedWorkspace(simulation, { ...desired, name: 'Other' }));
    const run = await runCreate(simulation, REUSE, CONDITIONS);
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

  test('has no window if OpenRouter does not send its time, and the post step deletes nothing', async () => {
    const simulation = simulate();
    onResponse(simulation, (response) => ({ ...response, headers: {} }));
    const run = await runCreate(simulation, REQUEST, KILLED);
    expect(run.task?.target).toEqual({ pending: { desired, window: undefined } });
    seedWorkspace(simulation, desired);
    expect(await runPost(simulation, run, CONDITIONS)).toBeUndefined();
    expect(slugsOf(simulation)).toEqual(['default', 'preview-42']);
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
    'The workspace "preview-42" has other values than requested',
    'OpenRouter returned other values:',
    'name: "Preview" → "PREVIEW"',
  ]);
});

test('a new workspace whose guardrail fails is finished by another run, with if-exists: update already', async () => {
  const simulation = simulate([{ on: PATCH_GUARDRAIL, kind: 'response', status: 403 }]);
  const governance = { guardrail: { limit_usd: toUsd(5), reset_interval: 'daily' as const } };
  const request = { ...WITHOUT_LOOKUP, governance, ifExists: 'update' as const };
  const { error } = await runCreate(simulation, request, CONDITIONS);
  expect(error).toMatchObject({ code: 'partly-applied', details: { recovery: 'run-again' } });
});

test.each([429, 503])(
  'the creator of a workspace cannot be determined if a POST with HTTP %i and Retry-After was applied',
  async (status) => {
    const applied = respondWith(status, { retryAfter: '1', applied: true });
    const simulation = simulate([applied], { takenSlugStatus: 409 });
    const { error, effect, log, task } = await runCreate(simulation, REQUEST, CONDITIONS);
    const { code, title, lines } = describeError(error, effect.current());
    expect(code).toBe('slug-taken');
    expect(title).toBe('Cannot determine who created the workspace "preview-42"');
    expect(lines.join('\n')).toContain('by this step or by another job');
    expect(log).toContain('The workspace "preview-42" is not deleted after the job');
    expect(log.join()).toContain(`id ${simulation.account.workspaces[1]?.id}`);
    expect(task).toBeUndefined();
  },
);

test('waits grow with the number of POSTs, whether or not a lookup comes between', async () => {
  const refused: InProcessFault = { on: POST, kind: 'refused' };
  const simulation = simulate([refused, refused, respondWith(502), respondWith(502)]);
  const { log } = await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS);
  const waits = log.flatMap((line) => /Retrying in (.*)\.$/.exec(line)?.[1] ?? []);
  expect(waits).toEqual(['0.3 s', '0.5 s', '1.0 s', '2.0 s']);
});

test('a lost POST stays ambiguous when the lookup after a rejection fails', async () => {
  const simulation = simulate([respondWith(502), respondWith(400)]);
  failLookup(simulation, 2);
  const run = await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS);
  expect(detailsOf(run)).toMatchObject({ status: 400, ambiguous: true });
});

test('a lookup that is unauthorized after HTTP 502 gives advice about the key, and not about OpenRouter', async () => {
  const simulation = simulate([respondWith(502)]);
  failLookup(simulation, 1, 401);
  const { error, effect } = await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS);
  const { code, lines } = describeError(error, effect.current());
  expect(code).toBe('outcome-unknown');
  expect(lines[1]).toMatch(/^The management key was deleted, /);
  expect(lines.join('\n')).not.toContain('status.openrouter.ai');
});

test('a workspace that is deleted before its update fails the step without advice about api-url', async () => {
  const simulation = simulate([]);
  seedWorkspace(simulation, { ...desired, name: 'Old' });
  beforeNth(simulation, 'PATCH /workspaces/:id', 1, () => simulation.account.workspaces.splice(1));
  const request = { ...WITHOUT_LOOKUP, ifExists: 'update' as const };
  const { error, effect } = await runCreate(simulation, request, CONDITIONS);
  const { title, lines } = describeError(error, effect.current());
  expect(title).toContain('(HTTP 404)');
  expect(lines.join('\n')).toContain('The workspace may have been deleted in the meantime');
  expect(lines.join('\n')).not.toContain('api-url');
});
