import { type Budget, budgetRoutes } from './resources/budgets.ts';
import { type Guardrail, guardrailRoutes } from './resources/guardrails.ts';
import { type Key, keyRoutes } from './resources/keys.ts';
import {
  memberRoutes,
  type OrganizationMember,
  organizationOf,
  type WorkspaceMember,
} from './resources/members.ts';
import { type Workspace, workspaceRoutes } from './resources/workspaces.ts';
import { type ApiAnswer, ApiError, type ApiRequest, match, type Routes } from './route.ts';

export interface OpenRouterOptions {
  managementKey: string;
  /** What a taken slug answers, which OpenRouter documents nowhere. */
  takenSlugStatus?: 400 | 409 | 500;
  /** Whether expired keys block the deletion of their workspace, which OpenRouter documents nowhere. */
  expiredKeysBlockDeletion?: boolean;
  now?: () => Date;
}

/** What an account at OpenRouter holds, as its resources see it. */
export interface Account {
  workspaces: Workspace[];
  keys: Key[];
  budgets: Budget[];
  /** Of the workspaces whose default guardrail has been written. */
  guardrails: Guardrail[];
  /** Of the organization, the owner first. */
  members: OrganizationMember[];
  /** Who is in which workspace, but for the default one, where all are. */
  memberships: WorkspaceMember[];
  /** The user that the management key acts for. */
  owner: string;
  takenSlugStatus: 400 | 409 | 500;
  expiredKeysBlockDeletion: boolean;
  /** What time it is there. */
  now(): Date;
}

/** An account at OpenRouter, and the API to it. */
export interface OpenRouter extends Account {
  /** The call that a request makes: `GET /workspaces/:id`, whatever the id. */
  callOf(method: string, path: string): string;
  handle(request: ApiRequest): ApiAnswer;
}

/** OpenRouter's management API, as far as it is documented, over an account in memory. */
export function openAccount(options: OpenRouterOptions): OpenRouter {
  const {
    managementKey,
    takenSlugStatus = 400,
    expiredKeysBlockDeletion = true,
    now = () => new Date(),
  } = options;
  const owner = 'user_2sandbox';
  const account: Account = {
    workspaces: [],
    keys: [],
    budgets: [],
    guardrails: [],
    members: organizationOf(owner),
    memberships: [],
    owner,
    takenSlugStatus,
    expiredKeysBlockDeletion,
    now,
  };
  const routes: Routes = {
    ...workspaceRoutes(account),
    ...keyRoutes(account),
    ...budgetRoutes(account),
    ...guardrailRoutes(account),
    ...memberRoutes(account),
  };

  return {
    ...account,
    callOf: (method, path) => match(routes, method, path)?.pattern ?? `${method} ${path}`,
    handle({ method, path, authorization, body }) {
      try {
        authenticate(authorization, managementKey);
        const { pattern = '', params = [] } = match(routes, method, path) ?? {};
        const route = routes[pattern];
        if (!route) throw new ApiError(404, 'Not Found');
        const query = new URL(path, 'http://sandbox').searchParams;
        return structuredClone(route({ query, body }, params));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const { status, message } = error;
        return { status, body: { error: { code: status, message } } };
      }
    },
  };
}

function authenticate(authorization: string | undefined, managementKey: string): void {
  if (!authorization) throw new ApiError(401, 'Missing Authentication header');
  if (authorization !== `Bearer ${managementKey}`)
    throw new ApiError(401, 'Invalid management key');
}
