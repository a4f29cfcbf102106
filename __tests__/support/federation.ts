import { openIdTokens, REQUEST_PATH } from '../../sandbox/github/id-tokens.ts';
import { inProcessTransport, type Network } from '../../sandbox/http/in-process.ts';
import { seedPolicy } from '../../sandbox/openrouter/seed.ts';
import { idTokenServer } from '../../src/github/id-token.ts';
import { createClient } from '../../src/http/client.ts';
import { renewableCredential } from '../../src/http/credential.ts';
import { type EffectRecord, recordEffect } from '../../src/http/effect.ts';
import type { Server } from '../../src/http/server.ts';
import type { Transport } from '../../src/http/transport.ts';
import { openRouter } from '../../src/openrouter/server.ts';
import { obtainGrant } from '../../src/shared/federation.ts';
import { API_URL, connect, type Simulation, type StepConditions } from './simulation.ts';

const ISSUER_URL = 'https://oidc.test';

/** Starts a step in `simulation` for whose identity the account has a policy. */
export function connectFederated(
  simulation: Simulation,
  conditions: StepConditions,
  lines: string[] = [],
) {
  const { account, clock, network, timeOfDay } = simulation;
  const idTokens = openIdTokens({ now: () => new Date(timeOfDay()) });
  const { id: policyId } = seedPolicy(account, idTokens);
  const issuerNetwork: Network = { api: idTokens, clock, schedule: [], calls: [], latency: 10 };
  const issuer = { url: ISSUER_URL + REQUEST_PATH, token: idTokens.requestToken };
  const [secrets, exchanges, effect]: [string[], string[], EffectRecord] = [[], [], recordEffect()];
  network.onExchange = ({ method, path }, outcome) =>
    exchanges.push(`${account.callOf(method, path)} ${outcome}`);
  const base = connect(simulation, conditions, { lines });
  const { deadline, signal, log } = base;
  const clientOf = (server: Server, transport: Transport) =>
    createClient({ server, transport, clock, random: () => 0.5, deadline, signal, log, effect });
  const direct = simulation.proxy(inProcessTransport(network, API_URL));
  const toIssuer = inProcessTransport(issuerNetwork, ISSUER_URL);
  const context = {
    issuer: clientOf(idTokenServer(issuer), toIssuer),
    client: clientOf(openRouter({ apiUrl: API_URL }), direct),
    registerSecrets: (added: readonly string[]) => secrets.push(...added),
  };
  const federation = { policyId, audience: 'https://openrouter.ai', issuer };
  const credential = renewableCredential(clock, (exchange) =>
    obtainGrant(federation, context, exchange),
  );
  const client = clientOf(openRouter({ apiUrl: API_URL, credential }), direct);
  return {
    context: { ...base, client },
    effect,
    idTokens,
    issuerNetwork,
    credential,
    /** The secrets that were registered, in their order. */
    secrets,
    /** The requests to OpenRouter so far, each with its outcome: `POST /oauth/token 200`. */
    exchanges,
  };
}
