import { expect } from '@jest/globals';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import { type KeyFixture, seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { KeyRequest } from '../../src/actions/key/create-key.ts';
import type { HttpResponse } from '../../src/http/transport.ts';
import { toJson } from '../../src/lib/json.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { HOUR_MS, SLUG, sha256 } from './key-harness.ts';
import { type KeyPost, type KeyStep, runKey, runKeyPost } from './key-simulation.ts';
import { afterExchange } from './on-nth.ts';
import { JITTER, LATENCY, openPlainSimulation } from './plain-simulation.ts';
import { onResponse, type StepConditions } from './simulation.ts';

/** When the POST of a step that meets no fault was just applied, and its response has not arrived. */
export const DURING_POST_MS = 5 * LATENCY + 1;

const CONDITIONS: StepConditions = { timeout: 60_000, jitter: JITTER };

export type KeyScene = ReturnType<typeof openKeyScene>;

/** A workspace in virtual time, and the key action without a process. */
export function openKeyScene({
  skew = 0,
  faults = [],
}: {
  skew?: number;
  faults?: readonly InProcessFault[];
} = {}) {
  const simulation = openPlainSimulation([...faults], { skew });
  const { account, network } = simulation;
  const workspace = seedWorkspace(simulation, { slug: SLUG });
  const posted: KeyFixture[] = [];
  simulation.proxy = (direct) => async (request, signal) => {
    const path = new URL(request.url).pathname.replace('/api/v1', '');
    if (request.method === 'POST') posted.push(JSON.parse(request.body ?? ''));
    try {
      return await direct(request, signal);
    } finally {
      afterExchange(simulation, { method: request.method, path });
    }
  };
  return {
    simulation,
    workspace,
    /** Runs a key step whose request is usual, but for what `request` says. */
    createKey: (request: Partial<KeyRequest> = {}, conditions: Partial<StepConditions> = {}) =>
      runKey(simulation, { ...REQUEST, ...request }, { ...CONDITIONS, ...conditions }),
    runPost: (step: KeyStep, conditions: Partial<Parameters<typeof runKeyPost>[2]> = {}) =>
      runKeyPost(simulation, step, { ...CONDITIONS, ...conditions }),
    createOther: (fields: KeyFixture) => seedKey(simulation, workspace, fields),
    /** Creates what the first POST requested once more, as if that were applied late. */
    applyFirstPostLate: (fields: KeyFixture = {}) =>
      seedKey(simulation, workspace, { ...posted[0], ...fields }),
    scheduleFaults: (...faults: InProcessFault[]) => network.schedule.push(...faults),
    keys: () => account.keys,
    hashes: () => account.keys.map(({ hash }) => hash),
    calls: () => network.calls,
    posted,
  };
}

const REQUEST: KeyRequest = {
  workspace: SLUG,
  desired: { name: 'CI' },
  expiresInMs: 6 * HOUR_MS,
  endsAfterJob: true,
  replace: false,
  isSealed: false,
};

/** Has `change` made to the key in each response to `POST /keys`. */
export function changeCreated(
  { simulation }: KeyScene,
  change: (key: Record<string, unknown>) => Record<string, unknown>,
): void {
  onResponse(simulation, (response: HttpResponse, { method }) => {
    if (method !== 'POST') return response;
    const { data, ...others } = JSON.parse(response.body);
    return { ...response, body: JSON.stringify({ ...others, data: change(data) }) };
  });
}

/** Expects that the step succeeds with a key that exists, and shows no secret; returns its hash. */
export function expectCreated({ hashes }: KeyScene, step: KeyStep): string {
  expect(step.error).toBeUndefined();
  expect(step.result).toBeDefined();
  expect(step.handedOver).toBe(step.result);
  const { key, secret } = step.result as NonNullable<KeyStep['result']>;
  expect(sha256(secret)).toBe(key.hash);
  expect(hashes()).toContain(key.hash);
  expect(step.secrets).toContain(secret);
  expectNoSecret(step);
  return key.hash;
}

/** Expects that the step fails, shows no secret, and sets no outputs; returns what it reports. */
export function expectFailed(step: KeyStep): { title: string; message: string } {
  expect(step.killed).toBe(false);
  expect(step.error).toBeDefined();
  expect(step.result).toBeUndefined();
  expect(step.handedOver).toBeUndefined();
  expectNoSecret(step);
  const { title, lines, details = [] } = describeError(step.error, step.effect.current());
  return { title, message: [...lines, ...details].join('\n') };
}

/** Expects that the post step succeeds and warns of nothing. */
export function expectCleanPost({ warnings, error }: KeyPost): void {
  expect(error).toBeUndefined();
  expect(warnings).toEqual([]);
}

/** Expects that nothing that the step logs, saves or reports has a secret in it. */
export function expectNoSecret({ lines, error, warnings, effect }: KeyStep): void {
  const described = error && describeError(error, effect.current());
  const shown = toJson([lines, warnings, described, error, `${error}`]);
  expect(shown).not.toMatch(/sk-or-v1-[0-9a-f]{16}/);
}
