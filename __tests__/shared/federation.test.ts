import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { sweep } from '../../src/actions/sweep/sweep-workspaces.ts';
import { ApiError } from '../../src/http/request.ts';
import { catching } from '../../src/lib/catching.ts';
import { findWorkspace } from '../../src/openrouter/resources/workspaces.ts';
import { connectFederated } from '../support/federation.ts';
import { JITTER, openPlainSimulation } from '../support/plain-simulation.ts';
import {
  onNth,
  onResponse,
  openSimulation,
  type Simulation,
  type StepConditions,
} from '../support/simulation.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const EXCHANGE = 'POST /oauth/token';
const CONDITIONS = { timeout: MINUTE, jitter: JITTER };

const SWEEP = {
  slugPattern: 'pr-*',
  olderThanMs: DAY,
  keep: [],
  deleteKeys: true,
  maxDeletions: 500,
  dryRun: false,
  timeoutMs: 60 * MINUTE,
};

function seedMany(simulation: Simulation, count: number): void {
  for (let at = 0; at < count; at += 1) {
    seedWorkspace(simulation, { slug: `pr-${at}`, age: 2 * DAY, keys: 1 });
  }
}

describe('a sweep that is longer than its token lives', () => {
  test.each([
    ['says when', 5 * MINUTE],
    ['does not say when', 2 * MINUTE],
  ])('gets new tokens in time if OpenRouter %s they expire', async (says, lifetime) => {
    const simulation = openSimulation({
      takenSlugStatus: 400,
      skew: 0,
      latency: 5_000,
      schedule: [],
    });
    if (says !== 'says when') {
      onResponse(simulation, ({ body, ...response }) => ({
        ...response,
        body: body.replace(/"expires_in":\d+,/, ''),
      }));
    }
    seedMany(simulation, 100);
    const conditions = { timeout: SWEEP.timeoutMs, jitter: JITTER };
    const { context, exchanges, idTokens, secrets } = connectFederated(simulation, conditions);
    const result = await simulation.clock.run(sweep(SWEEP, context));
    expect(result.map(({ outcome }) => outcome)).toEqual(Array(100).fill('deleted'));
    const tokens = exchanges.filter((exchange) => exchange.startsWith(EXCHANGE));
    expect(tokens.length).toBeGreaterThan(1);
    expect(tokens.length).toBeGreaterThanOrEqual(simulation.clock.now() / lifetime);
    expect(exchanges.filter((exchange) => exchange.endsWith(' 401'))).toEqual([]);
    const issued = simulation.account.accessTokens.map(({ access_token }) => access_token);
    expect(secrets).toEqual(expect.arrayContaining([...idTokens.issued, ...issued]));
  });

  const rejection: InProcessFault = { on: EXCHANGE, kind: 'response', status: 403 };
  test.each<[string, InProcessFault[]]>([
    ['gets one new token', []],
    ['gets a new token after HTTP 403 to two exchanges', [rejection, rejection]],
  ])('%s if the old one expires too early, and deletes all', async (_, faults) => {
    const simulation = openPlainSimulation();
    seedMany(simulation, 60);
    onNth(simulation, 'DELETE /workspaces/:id', 20, () => {
      for (const token of simulation.account.accessTokens) token.expiresAt = 0;
      simulation.network.schedule.push(...faults);
    });
    const { context, exchanges } = connectFederated(simulation, CONDITIONS);
    const result = await simulation.clock.run(sweep(SWEEP, context));
    expect(result.map(({ outcome }) => outcome)).toEqual(Array(60).fill('deleted'));
    const tokens = exchanges.filter((exchange) => exchange.startsWith(EXCHANGE));
    expect(tokens).toHaveLength(2 + faults.length);
    expect(exchanges.filter((exchange) => exchange.endsWith(' 401')).length).toBeGreaterThan(0);
  });
});

interface Faults {
  issuer?: InProcessFault[];
  openRouter?: InProcessFault[];
}

/** Looks up a workspace in a step whose requests meet `faults`. Returns it, or the error. */
async function lookUp(
  { issuer = [], openRouter = [] }: Faults,
  conditions: StepConditions = CONDITIONS,
) {
  const simulation = openPlainSimulation(openRouter);
  const step = connectFederated(simulation, conditions);
  step.issuerNetwork.schedule.push(...issuer);
  const { value, error } = await simulation.clock.run(
    catching(findWorkspace(step.context.client, 'default'), ApiError),
  );
  return { ...step, workspace: value?.workspace, error, clock: simulation.clock };
}

describe('what is retried of an exchange', () => {
  const busy = { kind: 'response', status: 503, headers: { 'retry-after': '2' } } as const;
  test.each<[string, Faults]>([
    ['HTTP 429', { openRouter: [{ on: EXCHANGE, ...busy, status: 429 }] }],
    ['HTTP 503', { openRouter: [{ on: EXCHANGE, ...busy }] }],
    ['a reset', { openRouter: [{ on: EXCHANGE, kind: 'reset', applied: true }] }],
    ['HTTP 500 of the issuer', { issuer: [{ kind: 'response', status: 500 }] }],
    ['a refused connection to the issuer', { issuer: [{ kind: 'refused' }] }],
  ])('%s', async (_, faults) => {
    const { workspace, effect } = await lookUp(faults);
    expect(workspace?.slug).toBe('default');
    expect(effect.current()).toBe('none');
  });

  test.each<[string, Faults]>([
    ['GitHub OIDC', { issuer: Array(9).fill({ kind: 'silence' }) }],
    ['OpenRouter', { openRouter: Array(9).fill({ on: EXCHANGE, kind: 'silence' }) }],
  ])('a silence of %s ends with the timeout of the step', async (server, faults) => {
    const { error, clock } = await lookUp(faults);
    expect(error?.details).toMatchObject({ kind: 'prevented', credentialFailure: { server } });
    expect(clock.now()).toBeLessThanOrEqual(CONDITIONS.timeout);
  });

  test('an id token is not exchanged until it expires, which would be another failure', async () => {
    const unavailable: InProcessFault = { on: EXCHANGE, kind: 'response', status: 503 };
    const faults = { openRouter: Array<InProcessFault>(500).fill(unavailable) };
    const { error, clock } = await lookUp(faults, { timeout: 60 * MINUTE, jitter: JITTER });
    expect(error?.details.credentialFailure?.status).toBe(503);
    expect(clock.now()).toBeLessThan(5 * MINUTE);
  });

  test.each([400, 403])(
    'a first exchange that gets HTTP %i is not tried again by later requests',
    async (status) => {
      const { issuerNetwork, context, error, exchanges } = await lookUp({
        openRouter: [{ on: EXCHANGE, kind: 'response', status }],
      });
      expect(error?.details.credentialFailure?.status).toBe(status);
      const again = await catching(findWorkspace(context.client, 'default'), ApiError);
      expect(again.error?.details.credentialFailure).toBe(error?.details.credentialFailure);
      expect([issuerNetwork.calls.length, exchanges]).toEqual([1, [`${EXCHANGE} response`]]);
    },
  );
});
