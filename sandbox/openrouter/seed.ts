import type { OpenRouter } from './openrouter.ts';
import type { Key } from './resources/keys.ts';
import { NANO, type Spend } from './resources/usage.ts';
import type { CreateWorkspaceRequest, Workspace } from './resources/workspaces.ts';

/** An account, and the key to its API. */
export interface AccountAccess {
  account: OpenRouter;
  managementKey: string;
}

export interface WorkspaceFixture extends Partial<CreateWorkspaceRequest> {
  slug: string;
  /** How long ago the workspace was created, in milliseconds. */
  age?: number;
  /** The number of API keys in it. */
  keys?: number;
}

export interface KeyFixture {
  name?: string;
  /** In USD. */
  limit?: number | null;
  /** ISO 8601. */
  expires_at?: string | null;
}

export interface UsageFixture {
  model?: string;
  /** How long ago the requests were sent, in milliseconds. */
  age?: number;
  /** In USD, with 9 decimals at most. */
  credits?: number;
  byok?: number;
  requests?: number;
  prompt?: number;
  completion?: number;
  reasoning?: number;
}

/**
 * Creates a workspace as another job would, but without faults. Returns the account's own object: a
 * test may change it.
 * @throws {Error} with the response, when the API rejects the request.
 */
export function seedWorkspace(access: AccountAccess, fixture: WorkspaceFixture): Workspace {
  const { age = 0, keys = 0, ...fields } = fixture;
  const { account } = access;
  post(access, '/workspaces', { name: 'Preview', ...fields });
  const workspace = account.workspaces.find(({ slug }) => slug === fixture.slug) as Workspace;
  workspace.created_at = new Date(account.now().getTime() - age).toISOString();
  for (let at = 1; at <= keys; at += 1) seedKey(access, workspace, { name: `Key ${at}` });
  return workspace;
}

/**
 * Creates an API key in a workspace as another job would, but without faults; no one gets its
 * secret. Returns the account's own object: a test may change it.
 * @throws {Error} with the response, when the API rejects the request.
 */
export function seedKey(
  access: AccountAccess,
  { id }: Pick<Workspace, 'id'>,
  fixture: KeyFixture = {},
): Key {
  post(access, '/keys', { name: 'Key', workspace_id: id, ...fixture });
  return access.account.keys[0] as Key;
}

/** Bills requests to an API key. Returns the entry in the account's books. */
export function seedUsage(
  { account }: Pick<AccountAccess, 'account'>,
  key: Pick<Key, 'hash' | 'name' | 'workspace_id'>,
  fixture: UsageFixture = {},
): Spend {
  const spend = {
    key_hash: key.hash,
    key_name: key.name,
    workspace_id: key.workspace_id,
    model: fixture.model ?? 'openai/gpt-5-mini-2025-08-07',
    at: account.now().getTime() - (fixture.age ?? 0),
    credits: Math.round((fixture.credits ?? 0) * NANO),
    byok: Math.round((fixture.byok ?? 0) * NANO),
    requests: fixture.requests ?? 1,
    tokens_prompt: fixture.prompt ?? 0,
    tokens_completion: fixture.completion ?? 0,
    reasoning_tokens: fixture.reasoning ?? 0,
  };
  account.spends.push(spend);
  return spend;
}

function post({ account, managementKey }: AccountAccess, path: string, body: object): void {
  const response = account.handle({
    method: 'POST',
    path,
    authorization: `Bearer ${managementKey}`,
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(JSON.stringify(response.body));
}
