import type { Workspace } from '../sandbox/api/workspaces.ts';
import type { OpenRouter } from '../sandbox/openrouter.ts';
import type { CreateWorkspaceRequest } from '../src/openrouter/workspaces.ts';

/** What an account is reached by, past all faults. */
export interface Holder {
  account: OpenRouter;
  managementKey: string;
}

export interface Given extends Partial<CreateWorkspaceRequest> {
  slug: string;
  /** How long ago it was made, in milliseconds. */
  age?: number;
  /** How many API keys are in it. */
  keys?: number;
}

export function giveWorkspace(holder: Holder, given: Given): Workspace {
  const { age = 0, keys = 0, ...fields } = given;
  const { account } = holder;
  post(holder, '/workspaces', { name: 'Preview', ...fields });
  const workspace = account.workspaces.find(({ slug }) => slug === given.slug) as Workspace;
  workspace.created_at = new Date(account.now().getTime() - age).toISOString();
  for (let count = 1; count <= keys; count += 1) giveKey(holder, workspace, `Key ${count}`);
  return workspace;
}

export function giveKey(holder: Holder, { id }: Pick<Workspace, 'id'>, name = 'Key'): void {
  post(holder, '/keys', { name, workspace_id: id });
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
