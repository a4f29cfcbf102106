import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/openrouter/in-process.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { sleep } from '../../../src/lib/clock.ts';
import { describeError } from '../../../src/report/describe-error.ts';
import { onNth, onResponse, pass, runCreate, runPost } from '../../support/simulation.ts';
import {
  CONDITIONS,
  desired,
  detailsOf,
  expectNotDeletedAfterJob,
  expectSlugTaken,
  failLookup,
  GET,
  LOST,
  POST,
  REQUEST,
  respondWith,
  simulate,
  slugsOf,
  storedWorkspace,
  WITHOUT_LOOKUP,
} from './fixtures.ts';

describe('a workspace of another job is not taken for that of a step whose POST was lost', () => {
  test('if it was created seconds before the step', async () => {
    const simulation = simulate([{ on: POST, kind: 'reset' }]);
    seedWorkspace(simulation, desired);
    await pass(simulation, 2_500);
    expectSlugTaken(await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS), 'another job');
  });

  test('if it was created before the step, and the body of the lookup takes seconds', async () => {
    const simulation = simulate([{ on: POST, kind: 'reset' }]);
    onResponse(simulation, async (response, { method, signal }) => {
      if (method !== 'GET') return response;
      // The head, which has the server's time, was sent before.
      await sleep(simulation.clock, 5_000, signal);
      return { ...response, bodyMs: 5_000 };
    });
    seedWorkspace(simulation, desired);
    await pass(simulation, 4_000);
    expectSlugTaken(await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS), 'another job');
  });
});

describe('a step knows that it created the workspace although the response was lost', () => {
  test('when the lookup takes long', async () => {
    const simulation = simulate([LOST]);
    onNth(simulation, GET, 1, (signal) => sleep(simulation.clock, 20_000, signal));
    const { result } = await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS);
    expect(result?.outcome).toBe('created');
  });

  test('when the slug was free before and a field that OpenRouter added last is missing', async () => {
    const simulation = simulate([LOST]);
    onNth(simulation, GET, 2, () => delete storedWorkspace(simulation)['disabled_server_tools']);
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    expect(run.result).toMatchObject({ outcome: 'created' });
    expect(await runPost(simulation, run, CONDITIONS)).toBeUndefined();
    expect(slugsOf(simulation)).toEqual(['default']);
  });
});

describe('the creator of a workspace cannot be determined', () => {
  test.each([429, 503])('if a POST with HTTP %i and Retry-After was applied', async (status) => {
    const applied = respondWith(status, { retryAfter: '1', applied: true });
    const simulation = simulate([applied], { takenSlugStatus: 409 });
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    expectSlugTaken(run, 'unknown');
    expectNotDeletedAfterJob(simulation, run);
  });

  test('if 500 is how a taken slug is rejected and a POST with HTTP 500 was applied', async () => {
    const simulation = simulate([respondWith(500, { applied: true })], { takenSlugStatus: 500 });
    const run = await runCreate(simulation, { ...REQUEST, ifExists: 'reuse' }, CONDITIONS);
    expect(run.result).toMatchObject({ outcome: 'unchanged' });
    expectNotDeletedAfterJob(simulation, run);
  });
});

test('the POST that probes how a taken slug is rejected is followed by a lookup, like any other', async () => {
  const simulation = simulate([respondWith(500, { applied: true }), respondWith(502)]);
  const run = await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS);
  expect(run.result).toMatchObject({ outcome: 'created' });
  expect(simulation.network.calls).toEqual([POST, GET, POST, GET, POST, GET]);
});

test('waits grow with the number of POSTs, whether or not a lookup comes between', async () => {
  const refused: InProcessFault = { on: POST, kind: 'refused' };
  const simulation = simulate([refused, refused, respondWith(502), respondWith(502)]);
  const { log } = await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS);
  expect(log.flatMap((line) => /Retrying in (.*)\.$/.exec(line)?.[1] ?? [])).toEqual([
    '0.3 s',
    '0.5 s',
    '1.0 s',
    '2.0 s',
  ]);
});

test('a lost POST stays ambiguous when the lookup after a rejection fails', async () => {
  const simulation = simulate([respondWith(502), respondWith(400)]);
  failLookup(simulation, 2);
  const run = await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS);
  expect(detailsOf(run)).toMatchObject({ status: 400, ambiguous: true });
  expect(describeError(run.error, run.effect.current()).lines).toContain(
    'Could not check the outcome: GET /workspaces/preview-42: HTTP 403 Forbidden',
  );
});

test('a lookup that is unauthorized after HTTP 502 gives advice about the key, and not about OpenRouter', async () => {
  const simulation = simulate([respondWith(502)]);
  failLookup(simulation, 1, 401);
  const { error, effect } = await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS);
  const { code, lines } = describeError(error, effect.current());
  expect(code).toBe('outcome-unknown');
  expect(lines.join('\n')).toContain('management-key must be a management key');
  expect(lines.join('\n')).not.toContain('The cause is at OpenRouter');
});

test('a workspace that is deleted before its update fails the step without advice about api-url', async () => {
  const simulation = simulate([]);
  seedWorkspace(simulation, { ...desired, name: 'Old' });
  onNth(simulation, 'PATCH /workspaces/:id', 1, () => simulation.account.workspaces.splice(1));
  const request = { ...WITHOUT_LOOKUP, ifExists: 'update' as const };
  const { error, effect } = await runCreate(simulation, request, CONDITIONS);
  const { lines } = describeError(error, effect.current());
  expect(lines[0]).toContain('HTTP 404 Not Found');
  expect(lines.join('\n')).toContain('The workspace may have been deleted in the meantime');
  expect(lines.join('\n')).not.toContain('api-url');
});

test('a success that is about another workspace is not retried, and names that workspace', async () => {
  const body =
    '{"data":{"id":"3fa85f64-5717-4562-b3fc-2c963f66afa6","slug":"preview-42-2","name":"Preview"}}';
  const simulation = simulate([{ on: POST, kind: 'response', status: 201, body }]);
  const run = await runCreate(simulation, WITHOUT_LOOKUP, CONDITIONS);
  expect(describeError(run.error, run.effect.current()).lines[0]).toContain(
    'the response is about the workspace "preview-42-2"',
  );
  expect(detailsOf(run).ambiguous).toBe(true);
  expect(simulation.network.calls.filter((call) => call === POST)).toHaveLength(1);
});
