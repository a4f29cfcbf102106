import type { Workspace } from '../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { planBudgets } from './budgets.ts';
import type { Governance, PlannedWrite } from './governance.ts';
import { planGuardrail } from './guardrail.ts';
import { planMembers } from './members.ts';

/**
 * Plans the writes that apply `governance` to a workspace, in their order. Writes nothing itself, so a
 * failure here changes nothing.
 * @param workspace undefined if it does not exist yet
 * @throws {Failure} `budgets-out-of-order`, `unknown-members`, `guardrail-not-found`
 * @throws {ApiError}
 */
export async function planGovernance(
  { guardrail, budgets, members }: Governance,
  workspace: Workspace | undefined,
  context: Context,
): Promise<PlannedWrite[]> {
  return [
    ...(guardrail ? await planGuardrail(guardrail, workspace, context) : []),
    ...(budgets ? await planBudgets(budgets, workspace, context) : []),
    ...(members ? await planMembers(members, workspace, context) : []),
  ];
}
