import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import { pass, runCreate, runPost } from '../../support/simulation.ts';
import { CONDITIONS, detailsOf, GET, LOST, POST, REQUEST, simulate, slugsOf } from './fixtures.ts';

/** When the POST of a step has arrived, whose lookup takes 20 ms, and its response has not. */
const DURING_POST = { ...CONDITIONS, cancelledAfter: 35 };

const slow = (ms: number): InProcessFault => ({
  on: POST,
  kind: 'late',
  after: ms,
  responds: true,
});

describe('a step that is cancelled during POST /workspaces', () => {
  test.each([5_000, 8_000])(
    'leaves nothing after its job if OpenRouter takes %i ms',
    async (ms) => {
      const simulation = simulate([slow(ms)]);
      const run = await runCreate(simulation, REQUEST, DURING_POST);
      expect(run.error === undefined).toBe(ms < 6_000);
      const [, workspace] = simulation.account.workspaces;
      expect(run.known?.workspace.id).toBe(workspace?.id);
      expect(run.task?.target.created?.id).toBe(workspace?.id);
      expect(await runPost(simulation, run, CONDITIONS)).toBeUndefined();
      await pass(simulation, 60_000);
      expect(slugsOf(simulation)).toEqual(['default']);
    },
  );

  test('sends nothing after the response, and fails if something was left to do', async () => {
    const simulation = simulate([slow(1_000)]);
    const governance = { members: ['user_2bruno'] };
    const request = { ...REQUEST, governance, governanceInputs: ['members'] };
    const conditions = { ...DURING_POST, cancelledAfter: 55 };
    const run = await runCreate(simulation, request, conditions);
    expect(run.known?.created).toBe(true);
    expect(run.error).toMatchObject({ code: 'partly-applied' });
    expect(simulation.network.calls.at(-1)).toBe(POST);
  });

  test('sends no further POST and no lookup if the response is lost', async () => {
    const simulation = simulate([LOST]);
    const run = await runCreate(simulation, REQUEST, DURING_POST);
    expect(detailsOf(run)).toMatchObject({ kind: 'ambiguous', ambiguous: true });
    expect(detailsOf(run).lookupFailure).toMatchObject({ kind: 'prevented', isCancelled: true });
    expect(simulation.network.calls).toEqual([GET, POST]);
  });
});
