import type { CreateWorkspaceRequest } from '../../src/openrouter/resources/workspaces.ts';
import type { OpenRouter } from './openrouter.ts';
import type { Key } from './resources/keys.ts';
import type { Workspace } from './resources/workspaces.ts';

/** What an account is reached by, past all faults. */
interface Holder {
  account: OpenRouter;
  managementKey: string;
}

export interface WorkspaceFixture extends Partial<CreateWorkspaceRequest> {
  slug: string;
  /** How long ago it was made, in milliseconds. */
  age?: number;
  /** How many API keys are in it. */
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
 * Makes a workspace as somebody else would. What is returned is the account's own: a test may bend
 * it.
 * @throws {Error} the answer, where the API refuses it, as it does a slug that is taken.
 */
export function seedWorkspace(holder: Holder, given: WorkspaceFixture): Workspace {
  const { age = 0, keys = 0, ...fields } = given;
  const { account } = holder;
  post(holder, '/workspaces', { name: 'Preview', ...fields });
  const workspace = account.workspaces.find(({ slug }) => slug === given.slug) as Workspace;
  workspace.created_at = new Date(account.now().getTime() - age).toISOString();
  for (let at = 1; at <= keys; at += 1) seedKey(holder, workspace, { name: `Key ${at}` });
  return workspace;
}

/**
 * Makes an API key in the workspace as somebody else would, whose secret is told to nobody. What is
 * returned is the account's own: a test may bend it.
 * @throws {Error} the answer, where the API refuses it, as it does a workspace that is gone.
 */
export function seedKey(
  holder: Holder,
  { id }: Pick<Workspace, 'id'>,
  fields: KeyFixture = {},
): Key {
  post(holder, '/keys', { name: 'Key', workspace_id: id, ...fields });
  return holder.account.keys[0] as Key;
}

function post({ account, managementKey }: Holder, path: string, body: object): void {
  const { status, body: answer } = account.handle({
    method: 'POST',
    path,
    authorization: `Bearer ${managementKey}`,
    body: JSON.stringify(body),
  });
  if (status !== 201) throw new Error(JSON.stringify(answer));
}
