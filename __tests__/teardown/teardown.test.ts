import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { toUsd } from '../../src/lib/usd.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { teardown } from '../../src/teardown/teardown.ts';
import {
  DELETE_KEY,
  DELETE_WORKSPACE,
  FIND_WORKSPACE,
  LIST_KEYS,
  SLUG,
} from '../support/delete-harness.ts';
import { beforeNth } from '../support/on-nth.ts';
import { JITTER, openPlainSimulation } from '../support/plain-simulation.ts';
import { connect, onResponse, pass, type Simulation, storyOf } from '../support/simulation.ts';

const respond = (on: string, status: number, fields = {}): InProcessFault => ({
  on,
  kind: 'response',
  status,
  body: '{"error":{"message":"No"}}',
  ...fields,
});

function simulate(keys: number, ...schedule: InProcessFault[]) {
  const simulation = openPlainSimulation(schedule);
  const workspace = seedWorkspace(simulation, { slug: SLUG, keys });
  return { simulation, workspace, calls: simulation.network.calls };
}

async function runTeardown(
  { simulation, workspace }: { simulation: Simulation; workspace: Workspace },
  options: Partial<Parameters<typeof teardown>[1]> = {},
  lines: string[] = [],
) {
  const { id, slug } = workspace;
  const { keys, spent, ...result } = await simulation.clock.run(
    teardown(
      { id, slug },
      { deleteKeys: true, relistKeys: false, ...options },
      connect(simulation, { timeout: 60_000, jitter: JITTER }, { lines }),
    ),
  );
  return { ...result, ...(spent?.amount && { spent }), deletedKeys: keys.length };
}

const deleteWithItsKeys = ({ account }: Simulation) => {
  account.workspaces.length = 1;
  account.keys.length = 0;
};
const slugs = ({ account }: Simulation) => account.workspaces.map(({ slug }) => slug);
const incomplete = (...statuses: number[]) => ({
  code: 'teardown-incomplete',
  details: { errors: statuses.map((status) => ({ details: { status } })) },
});

test.each([
  [2, false, [LIST_KEYS, DELETE_KEY, DELETE_KEY, DELETE_WORKSPACE]],
  [2, true, [LIST_KEYS, DELETE_KEY, DELETE_KEY, LIST_KEYS, DELETE_WORKSPACE]],
  [0, true, [LIST_KEYS, DELETE_WORKSPACE]],
])(
  'a teardown deletes the %i keys and then the workspace (keys listed again: %s)',
  async (deletedKeys, relistKeys, calls) => {
    const scene = simulate(deletedKeys);
    expect(await runTeardown(scene, { relistKeys })).toEqual({ deletedKeys, outcome: 'deleted' });
    expect(scene.calls).toEqual(calls);
    expect(slugs(scene.simulation)).toEqual(['default']);
    expect(scene.simulation.account.keys).toEqual([]);
  },
);

test('the log of a teardown counts many API keys, and names the first three', async () => {
  const scene = simulate(250);
  const lines: string[] = [];
  await runTeardown(scene, {}, lines);
  expect(storyOf(lines)).toEqual([
    'API keys of the workspace preview-42 deleted: 100 of 250.',
    'API keys of the workspace preview-42 deleted: 200 of 250.',
    expect.stringMatching(
      /^Deleted 250 API keys of the workspace preview-42: ("Key \d+" \(\S+\), ){3}… and 247 more\.$/,
    ),
  ]);
});

test('API keys without delete-keys block a teardown before it deletes anything, and the first three that work are named', async () => {
  const scene = simulate(4);
  const labels = scene.simulation.account.keys.map(({ name, label }) => `"${name}" (${label})`);
  expect(await runTeardown(scene, { deleteKeys: false })).toMatchObject({
    deletedKeys: 0,
    outcome: 'failed',
    failure: {
      code: 'workspace-has-keys',
      details: { workspace: { slug: SLUG } },
      message: `it has 4 API keys, and delete-keys is false. Still able to spend: 4 API keys, at least one without a limit: ${labels.slice(0, 3).join(', ')}, … and 1 more.`,
    },
  });
  expect(scene.calls).toEqual([LIST_KEYS]);
});

describe('a workspace that OpenRouter reports as missing', () => {
  test('but still returns is not taken for deleted', async () => {
    const scene = simulate(0, ...Array(20).fill(respond(DELETE_WORKSPACE, 404)));
    const failure = {
      code: 'workspace-still-exists',
      details: { workspace: { slug: SLUG } },
      message: expect.stringContaining('still returns it'),
    };
    expect(await runTeardown(scene)).toMatchObject({
      deletedKeys: 0,
      outcome: 'failed',
      failure,
    });
    expect(slugs(scene.simulation)).toEqual(['default', SLUG]);
  });

  test('and that a lookup does not find either was deleted by another job, which is no problem', async () => {
    const scene = simulate(0);
    beforeNth(scene.simulation, DELETE_WORKSPACE, 1, () => deleteWithItsKeys(scene.simulation));
    expect(await runTeardown(scene)).toEqual({ deletedKeys: 0, outcome: 'already-deleted' });
    expect(scene.calls).toEqual([LIST_KEYS, DELETE_WORKSPACE, FIND_WORKSPACE]);
  });

  test('in the list of its keys, and once in a lookup, is not taken for deleted', async () => {
    const missing = respond(LIST_KEYS, 404);
    const scene = simulate(0, missing, missing, respond(FIND_WORKSPACE, 404));
    expect(await runTeardown(scene)).toMatchObject({ outcome: 'failed', failure: incomplete(404) });
    expect(slugs(scene.simulation)).toEqual(['default', SLUG]);
  });
});

describe('a rejection', () => {
  test.each([400, 409, 422])(
    'with HTTP %i because of a key that another job created is overcome',
    async (status) => {
      const scene = simulate(0, respond(DELETE_WORKSPACE, status));
      beforeNth(scene.simulation, DELETE_WORKSPACE, 1, () =>
        seedKey(scene.simulation, scene.workspace),
      );
      expect(await runTeardown(scene)).toEqual({ deletedKeys: 1, outcome: 'deleted' });
      expect(scene.calls).toEqual([
        LIST_KEYS,
        DELETE_WORKSPACE,
        LIST_KEYS,
        DELETE_KEY,
        DELETE_WORKSPACE,
      ]);
    },
  );

  test.each([0, 1])(
    'of the deletion of a workspace with %i keys, which were deleted, fails the teardown after five attempts',
    async (keys) => {
      const scene = simulate(keys, ...Array(5).fill(respond(DELETE_WORKSPACE, 400)));
      const message =
        'OpenRouter: HTTP 400: No. Its API keys may still work, each up to its own limit.';
      const result = await runTeardown(scene);
      const failure = { ...incomplete(400), message };
      expect(result).toMatchObject({ deletedKeys: keys, outcome: 'failed', failure });
      expect(result.failure?.details).toMatchObject({ deletedKeys: keys });
      expect(scene.calls.filter((call) => call === DELETE_KEY)).toHaveLength(keys);
      expect(scene.calls.filter((call) => call === DELETE_WORKSPACE)).toHaveLength(5);
    },
  );

  test.each([true, false])(
    'because of a key that the list shows 0.4 s late is overcome, or names the key (delete-keys: %s)',
    async (deleteKeys) => {
      const scene = simulate(1);
      lagKeys(scene.simulation, 400, []);
      const result = await runTeardown(scene, { deleteKeys });
      expect(result).toMatchObject(
        deleteKeys
          ? { deletedKeys: 1, outcome: 'deleted' }
          : { deletedKeys: 0, outcome: 'failed', failure: { code: 'workspace-has-keys' } },
      );
    },
  );

  test.each<[string, InProcessFault[]]>([
    ['five times', Array(5).fill(respond(DELETE_WORKSPACE, 400))],
    ['and then is not processed', [respond(DELETE_WORKSPACE, 400), respond(DELETE_WORKSPACE, 501)]],
  ])('%s, without a key in the list, does not mean that no key works', async (_, schedule) => {
    const { failure } = await runTeardown(simulate(0, ...schedule));
    const { lines } = describeError(failure, 'none');
    expect(lines).toContain('Its API keys may still work, each up to its own limit.');
    expect(lines.join()).not.toContain('None of its API keys works');
  });

  test.each([LIST_KEYS, DELETE_KEY])(
    'of %s is no problem if another job has deleted the workspace',
    async (on) => {
      const scene = simulate(1, respond(on, 400));
      beforeNth(scene.simulation, on, 1, () => deleteWithItsKeys(scene.simulation));
      expect(await runTeardown(scene)).toEqual({ deletedKeys: 0, outcome: 'already-deleted' });
    },
  );

  // The key has lost its permission, so that it finds nothing does not show that nothing is there.
  test.each(
    [401, 403].flatMap((status) =>
      [LIST_KEYS, DELETE_KEY, DELETE_WORKSPACE].map((on) => [status, on] as const),
    ),
  )(
    'of the management key, HTTP %i to %s, fails the teardown although a lookup finds no workspace',
    async (status, on) => {
      const scene = simulate(1, ...Array(3).fill(respond(on, status)));
      beforeNth(scene.simulation, on, 1, () => deleteWithItsKeys(scene.simulation));
      const failure = incomplete(status);
      expect(await runTeardown(scene)).toMatchObject({ outcome: 'failed', failure });
      expect(scene.calls.at(-1)).toBe(on);
    },
  );

  test('of one key deletion does not excuse that the management key is rejected at another', async () => {
    const scene = simulate(2, respond(DELETE_KEY, 400), respond(DELETE_KEY, 403));
    beforeNth(scene.simulation, DELETE_KEY, 2, () => deleteWithItsKeys(scene.simulation));
    const failure = incomplete(400, 403);
    expect(await runTeardown(scene)).toMatchObject({ outcome: 'failed', failure });
  });
});

describe('a response that does not say whether the workspace was deleted', () => {
  const lost = respond(DELETE_WORKSPACE, 502, { applied: true });
  test.each<[string, InProcessFault[]]>([
    ['and no lookup finds it', [respond(DELETE_WORKSPACE, 501, { applied: true })]],
    ['and its repetition is rejected', [lost, respond(DELETE_WORKSPACE, 400)]],
    ['and its repetition finds no workspace', [lost, respond(DELETE_WORKSPACE, 404)]],
  ])('counts as a deletion if it was applied %s', async (_, schedule) => {
    const result = await runTeardown(simulate(0, ...schedule));
    expect(result).toEqual({ deletedKeys: 0, outcome: 'deleted' });
  });

  test('fails the teardown if a lookup finds the workspace', async () => {
    const scene = simulate(0, respond(DELETE_WORKSPACE, 501));
    expect(await runTeardown(scene)).toMatchObject({ outcome: 'failed', failure: incomplete(501) });
    expect(scene.calls).toEqual([LIST_KEYS, DELETE_WORKSPACE, FIND_WORKSPACE]);
  });
});

test('an API key that another job deleted first is not counted', async () => {
  const scene = simulate(2);
  beforeNth(scene.simulation, DELETE_KEY, 1, () => scene.simulation.account.keys.splice(1));
  const result = { deletedKeys: 1, outcome: 'deleted' };
  expect(await runTeardown(scene)).toEqual(result);
});

describe('a list of keys that lags behind their deletion', () => {
  test.each([
    [false, 400],
    [true, 400],
    [false, 8_000],
    [true, 8_000],
  ])('does not stop a teardown (keys listed again: %s, lag: %i ms)', async (relistKeys, lag) => {
    const scene = simulate(3);
    const { simulation } = scene;
    lagKeys(simulation, lag);
    expect(await runTeardown(scene, { relistKeys })).toEqual({
      deletedKeys: 3,
      outcome: 'deleted',
    });
    expect(slugs(simulation)).toEqual(['default']);
    expect(scene.calls.filter((call) => call === DELETE_KEY)).toHaveLength(3);
  });

  test.each([
    [0, 60_000],
    [60_000, 0],
  ])('counts the most that two lists show, which are %i and %i ms late', async (...lags) => {
    const scene = simulate(0);
    const { account } = scene.simulation;
    account.keyLists.lag = 400;
    const key = seedKey(scene.simulation, scene.workspace, { name: 'CI' });
    seedUsage(scene.simulation, key, { credits: 0.5, age: 30_000 });
    await pass(scene.simulation, 500);
    account.replicaLags.push(...lags);
    expect(await runTeardown(scene, { relistKeys: true })).toMatchObject({
      deletedKeys: 1,
      spent: { amount: toUsd(0.5), isExact: false },
    });
    expect(scene.calls.filter((call) => call === LIST_KEYS)).toHaveLength(2);
  });

  test('and the rejection that follows from it are waited for', async () => {
    const scene = simulate(1, ...Array(9).fill(respond(DELETE_WORKSPACE, 400)));
    const { clock, network } = scene.simulation;
    lagKeys(scene.simulation, 2_000);
    clock.after(2_000, () => {
      network.schedule.length = 0;
    });
    expect(await runTeardown(scene)).toEqual({ deletedKeys: 1, outcome: 'deleted' });
  });
});

/** Has each list of keys show those of the beginning for `lag` milliseconds. */
function lagKeys(simulation: Simulation, lag: number, first = simulation.account.keys): void {
  const { clock } = simulation;
  const all = [...first];
  const isOld = () => clock.now() < lag;
  onResponse(simulation, (response, { method }) => {
    const isList = method === 'GET' && response.body.startsWith('{"data":[');
    return isList && isOld() ? { ...response, body: JSON.stringify({ data: all }) } : response;
  });
}

describe('another job that creates keys', () => {
  /** A workspace with a key, for each of whose deletions up to number `count` another job creates one. */
  const simulateKeys = (count: number) => {
    const scene = simulate(1);
    for (let n = 1; n <= count; n += 1) {
      beforeNth(scene.simulation, DELETE_KEY, n, () => seedKey(scene.simulation, scene.workspace));
    }
    return scene;
  };

  test.each([false, true])(
    'ends the teardown if the fifth list still has a new one (keys listed again: %s)',
    async (relistKeys) => {
      const scene = simulateKeys(10);
      expect(await runTeardown(scene, { relistKeys })).toMatchObject({
        deletedKeys: 5,
        outcome: 'failed',
        failure: {
          code: 'keys-keep-appearing',
          details: { rounds: 5, deletedKeys: 5 },
          message: 'new API keys keep appearing in it',
        },
      });
      expect(scene.calls.filter((call) => call === LIST_KEYS)).toHaveLength(5);
    },
  );

  test('does not stop the teardown if the fifth list has its last one', async () => {
    const result = await runTeardown(simulateKeys(4), { relistKeys: true });
    expect(result).toEqual({ deletedKeys: 5, outcome: 'deleted' });
  });
});
