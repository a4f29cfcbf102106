import { randomBytes } from 'node:crypto';
import {
  type Api,
  ApiError,
  type ApiRequest,
  callOf,
  match,
  type Routes,
} from '../http/routing.ts';
import type { Account } from './account.ts';
import { isExpired, type Key } from './resources/keys.ts';
import { organizationOf } from './resources/members.ts';
import { ANALYTICS_LAG, COUNTER_DELAY, REVOCATION_DELAY } from './resources/usage.ts';
import { analyticsRoutes } from './routes/analytics.ts';
import { budgetRoutes } from './routes/budgets.ts';
import { chatRoutes } from './routes/chat.ts';
import { guardrailRoutes } from './routes/guardrails.ts';
import { findBySecret, findCached, keyRoutes, recordKeys } from './routes/keys.ts';
import { memberRoutes } from './routes/members.ts';
import { ownKeyRoutes } from './routes/own-key.ts';
import { addWorkspace, workspaceRoutes } from './routes/workspaces.ts';

/** What a sandbox can be opened with; see `Account` for each. */
export interface OpenRouterOptions
  extends Partial<Pick<Account, 'takenSlugStatus' | 'counterDelay' | 'now' | 'random'>> {
  managementKey: string;
  /** How long a key that was used can go on working, in milliseconds. */
  revocationDelay?: number;
  /** How far analytics is behind, in milliseconds. */
  analyticsLag?: number;
}

/** An account at OpenRouter, and the API to it. */
export interface OpenRouter extends Account, Api {}

const ROUTES: Routes<Account> = {
  ...workspaceRoutes,
  ...keyRoutes,
  ...ownKeyRoutes,
  ...budgetRoutes,
  ...guardrailRoutes,
  ...memberRoutes,
  ...analyticsRoutes,
  ...chatRoutes,
};

/**
 * OpenRouter's management API, as far as it is documented, over an account in memory that only has
 * the default workspace.
 */
export function openAccount({ managementKey, ...options }: OpenRouterOptions): OpenRouter {
  const account = emptyAccount(options);
  addWorkspace(account, { name: 'Default', slug: 'default' });
  return {
    ...account,
    callOf: (method, path) => callOf(ROUTES, method, path),
    // A test can set the clock of what is returned here.
    headers() {
      return { date: this.now().toUTCString() };
    },
    handle(request) {
      try {
        authenticate(account, request, managementKey);
        // A copy, as JSON is one: what a client gets does not change with the account.
        const response = JSON.parse(JSON.stringify(route(account, request)));
        if (request.method !== 'GET') recordKeys(account);
        return response;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const { status, message } = error;
        return { status, body: { error: { code: status, message } } };
      }
    },
  };
}

function emptyAccount(options: Omit<OpenRouterOptions, 'managementKey'>): Account {
  const owner = 'user_2sandbox';
  return {
    workspaces: [],
    lookups: { lag: 0 },
    keys: [],
    keyLists: { lag: undefined, history: [], hasMilliseconds: true },
    counterDelay: { ...(options.counterDelay ?? COUNTER_DELAY) },
    replicaLags: [],
    edge: { delay: options.revocationDelay ?? REVOCATION_DELAY, keys: new Map() },
    budgets: [],
    guardrails: [],
    members: organizationOf(owner),
    memberships: [],
    spends: [],
    analytics: {
      cachedAt: undefined,
      lag: options.analyticsLag ?? ANALYTICS_LAG,
      resolvesDeletedKeys: true,
      maxRows: 10_000,
      queries: [],
    },
    owner,
    takenSlugStatus: options.takenSlugStatus ?? 400,
    now: options.now ?? (() => new Date()),
    random: options.random ?? randomBytes,
  };
}

const MODEL_CALLS = Object.keys(chatRoutes);

/** The calls that take the secret of an API key. All others take a management key only. */
const OWN_KEY_CALLS = ['GET /key', ...MODEL_CALLS];

function authenticate(account: Account, request: ApiRequest, managementKey: string): void {
  const { authorization, method, path } = request;
  if (!authorization) throw new ApiError(401, 'Missing Authentication header');
  if (authorization === `Bearer ${managementKey}`) return;
  const call = `${method} ${path}`;
  const isOwnKey = OWN_KEY_CALLS.includes(call);
  // The servers that pass on requests to models check a key when they learn of it.
  if (MODEL_CALLS.includes(call) && findCached(account, authorization)) return;
  if (isOwnKey && works(findBySecret(account, authorization), account.now())) return;
  throw new ApiError(401, isOwnKey ? 'User not found.' : 'Invalid management key');
}

function works(key: Key | undefined, now: Date): boolean {
  return key !== undefined && !key.disabled && !isExpired(key, now);
}

function route(account: Account, { method, path, body, authorization = '' }: ApiRequest) {
  const found = match(ROUTES, method, path);
  if (!found) throw new ApiError(404, 'Not Found');
  const query = new URL(path, 'http://sandbox').searchParams;
  return found.route(account, { params: found.params, query, body, authorization });
}
