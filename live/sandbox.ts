import { randomBytes } from 'node:crypto';
import { inProcessTransport } from '../sandbox/http/in-process.ts';
import {
  type OpenRouter,
  type OpenRouterOptions,
  openAccount,
} from '../sandbox/openrouter/openrouter.ts';
import { type VirtualClock, virtualClock } from '../sandbox/virtual-clock.ts';
import type { Transport } from '../src/http/transport.ts';
import type { Context } from './api.ts';
import type { Assumption } from './assumption.ts';
import { type RunResult, runCatalogue } from './run.ts';

const API_URL = 'https://sandbox.test/api/v1';
const EPOCH = Date.UTC(2026, 0, 15, 12);

/** How long each request, and each response, is in flight, in milliseconds. */
const LATENCY = 7;

/** A sandbox in this process, in virtual time. */
export interface SandboxContext extends Context {
  account: OpenRouter;
  clock: VirtualClock;
}

export interface SandboxContextOptions extends Partial<OpenRouterOptions> {
  /** What requests and responses pass through. */
  proxy?(direct: Transport, account: OpenRouter): Transport;
  signal?: AbortSignal;
  log?: Context['log'];
  spend?: boolean;
}

/** Opens what a run needs, for a new sandbox in this process. */
export function openSandbox(options: SandboxContextOptions = {}): SandboxContext {
  const { proxy = (direct) => direct, spend = true, log = () => undefined } = options;
  const { signal = new AbortController().signal } = options;
  const managementKey = `sk-or-v1-${randomBytes(32).toString('hex')}`;
  const clock = virtualClock();
  const now = () => new Date(EPOCH + clock.now());
  const account = openAccount({ now, ...options, managementKey });
  const network = { api: account, clock, schedule: [], calls: [], latency: LATENCY };
  const transport = proxy(inProcessTransport(network, API_URL), account);
  return {
    account,
    apiUrl: API_URL,
    managementKey,
    transport: (request) => transport(request, new AbortController().signal),
    clock,
    random: randomBytes,
    signal,
    spend,
    log,
  };
}

/** Runs `runCatalogue` in a sandbox, whose time passes as soon as something waits for it. */
export function runInSandbox(
  catalogue: readonly Assumption[],
  sandbox: SandboxContext,
): Promise<RunResult> {
  return sandbox.clock.run(runCatalogue(catalogue, sandbox));
}
