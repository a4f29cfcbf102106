import { ApiError, type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import type { Account } from '../account.ts';
import { removeFrom } from '../remove-from.ts';
import { pageOf, parseBody } from '../request.ts';
import {
  type CreateWorkspaceRequest,
  createWorkspaceRequest,
  updateWorkspaceRequest,
  WORKSPACE_DEFAULTS,
  type Workspace,
} from '../resources/workspaces.ts';
import { derivedUuid, newUuid } from '../uuid.ts';

export const workspaceRoutes: Routes<Account> = {
  'POST /workspaces': createWorkspace,
  'GET /workspaces': ({ workspaces }, { query }) =>
    ok({ data: pageOf(workspaces, query, 50), total_count: workspaces.length }),
  'GET /workspaces/:id': lookUpWorkspace,
  'PATCH /workspaces/:id': updateWorkspace,
  'DELETE /workspaces/:id': deleteWorkspace,
};

/** Adds a workspace with `fields` to the account, whatever its slug. */
export function addWorkspace(account: Account, fields: CreateWorkspaceRequest): Workspace {
  const id = newUuid(account.random);
  const workspace = {
    id,
    ...WORKSPACE_DEFAULTS,
    ...fields,
    default_guardrail_id: derivedUuid(id),
    include_byok_in_budgets: false,
    created_at: account.now().toISOString(),
    created_by: account.owner,
    updated_at: null,
  };
  account.workspaces.push(workspace);
  return workspace;
}

/** @throws {ApiError} when the account has no workspace with that id or slug. */
export function findWorkspace(
  { workspaces }: Pick<Account, 'workspaces'>,
  idOrSlug: string | undefined,
): Workspace {
  const found = workspaces.find(({ id, slug }) => id === idOrSlug || slug === idOrSlug);
  if (!found) throw new ApiError(404, 'Workspace not found');
  return found;
}

function lookUpWorkspace(account: Account, { params: [id] }: Call): ApiResponse {
  const { lag } = account.lookups;
  const workspace = findWorkspace(account, id);
  const age = account.now().getTime() - Date.parse(workspace.created_at);
  if (lag > 0 && age < lag) throw new ApiError(404, 'Workspace not found');
  return ok({ data: workspace });
}

function createWorkspace(account: Account, { body }: Call): ApiResponse {
  const fields = parseBody(createWorkspaceRequest, body);
  assertSlugIsFree(account, fields.slug);
  return { status: 201, body: { data: addWorkspace(account, fields) } };
}

function updateWorkspace(account: Account, { params: [id], body }: Call): ApiResponse {
  const workspace = findWorkspace(account, id);
  const fields = parseBody(updateWorkspaceRequest, body);
  if (fields.slug !== workspace.slug) assertSlugIsFree(account, fields.slug);
  Object.assign(workspace, fields, { updated_at: account.now().toISOString() });
  return ok({ data: workspace });
}

function assertSlugIsFree({ workspaces, takenSlugStatus }: Account, slug: string | undefined) {
  if (workspaces.some((workspace) => workspace.slug === slug)) {
    throw new ApiError(takenSlugStatus, 'A workspace with this slug already exists');
  }
}

function deleteWorkspace(account: Account, { params: [id] }: Call): ApiResponse {
  const workspace = findWorkspace(account, id);
  if (workspace.slug === 'default') {
    throw new ApiError(400, 'Deleting the default workspace must be confirmed');
  }
  if (account.keys.some(({ workspace_id }) => workspace_id === workspace.id)) {
    throw new ApiError(400, 'Workspaces with API keys cannot be deleted');
  }
  const { workspaces, budgets, guardrails, memberships, keys } = account;
  workspaces.splice(workspaces.indexOf(workspace), 1);
  const contents: { workspace_id: string }[][] = [budgets, guardrails, memberships, keys];
  for (const items of contents) {
    removeFrom(items, ({ workspace_id }) => workspace_id === workspace.id);
  }
  return ok({ deleted: true });
}
