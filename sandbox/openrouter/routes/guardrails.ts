import { ApiError, type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import type { Account } from '../account.ts';
import { parseBody } from '../request.ts';
import {
  expandEnforceZdr,
  type Guardrail,
  UNRESTRICTED,
  updateGuardrailRequest,
} from '../resources/guardrails.ts';
import type { Workspace } from '../resources/workspaces.ts';

export const guardrailRoutes: Routes<Account> = {
  'GET /guardrails/:id': getGuardrail,
  'PATCH /guardrails/:id': updateGuardrail,
};

function getGuardrail(account: Account, { params: [id] }: Call): ApiResponse {
  const { workspace, guardrail } = findGuardrail(account, id);
  if (!guardrail) throw new ApiError(404, 'The default guardrail has not been configured yet');
  return respond(workspace, guardrail);
}

/** The first update creates the guardrail. */
function updateGuardrail(account: Account, { params: [id], body }: Call): ApiResponse {
  const { workspace, guardrail: known } = findGuardrail(account, id);
  const time = account.now().toISOString();
  const guardrail = {
    id,
    workspace_id: workspace.id,
    ...UNRESTRICTED,
    created_at: time,
    ...known,
    ...expandEnforceZdr(parseBody(updateGuardrailRequest, body)),
    updated_at: known ? time : null,
  } as Guardrail;
  if ((guardrail.limit_usd === null) !== (guardrail.reset_interval === null)) {
    throw new ApiError(400, 'limit_usd and reset_interval must be set together');
  }
  if (known) Object.assign(known, guardrail);
  else account.guardrails.push(guardrail);
  return respond(workspace, guardrail);
}

/** The workspace whose default guardrail has that id, and the guardrail if it has been created. */
function findGuardrail({ workspaces, guardrails }: Account, id: string | undefined) {
  const workspace = workspaces.find(({ default_guardrail_id }) => default_guardrail_id === id);
  if (!workspace) throw new ApiError(404, 'Guardrail not found');
  return { workspace, guardrail: guardrails.find((known) => known.id === id) };
}

function respond({ name }: Workspace, guardrail: Guardrail): ApiResponse {
  return ok({ data: { ...guardrail, name: `Default guardrail of ${name}` } });
}
