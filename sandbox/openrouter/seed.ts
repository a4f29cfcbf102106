import type { OpenRouter } from './openrouter.ts';
import type { Key } from './resources/keys.ts';
import type { CreateWorkspaceRequest, Workspace } from './resources/workspaces.ts';

/** An account, and the key to its API. */
interface AccountAccess {
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

function post({ account, managementKey }: AccountAccess, path: string, body: object): void {
  const response = account.handle({
    method: 'POST',
    path,
    authorization: `Bearer ${managementKey}`,
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(JSON.stringify(response.body));
}
