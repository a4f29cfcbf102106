import { randomBytes } from 'node:crypto';
import type { ApiRequest } from '../http/routing.ts';
import { type ApiServer, type ServerOptions, serve } from '../http/server.ts';
import { openPassingClock, type PassingClock, type PassingClockOptions } from '../passing-clock.ts';
import { type OpenRouter, type OpenRouterOptions, openAccount } from './openrouter.ts';

export interface SandboxOptions
  extends ServerOptions,
    Partial<OpenRouterOptions>,
    PassingClockOptions {}

/** An OpenRouter that listens on loopback. */
export interface Sandbox extends ApiServer, Pick<PassingClock, 'letPass'> {
  managementKey: string;
  account: OpenRouter;
}

/**
 * Starts an OpenRouter with an account of its own, which only has the default workspace. The server
 * is listening when the promise resolves.
 * @throws {Error} when the port is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { managementKey = `sk-or-v1-${randomBytes(32).toString('hex')}` } = options;
  const { now, letPass } = openPassingClock(options);
  const account = openAccount({ ...options, now, managementKey });
  // A test can replace what the account does.
  const api = {
    callOf: account.callOf,
    handle: (request: ApiRequest) => account.handle(request),
    headers: () => ({
      ...account.headers(),
      'cf-ray': `${randomBytes(8).toString('hex')}-SBX`,
    }),
  };
  const server = await serve(api, { ...options, basePath: '/api/v1' });
  return { ...server, managementKey, account, letPass };
}
