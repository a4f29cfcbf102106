import type { Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { planBudgets } from './budgets.ts';
import type { Governance } from './governance.ts';
import { planGuardrail } from './guardrail.ts';
import { planMembers } from './members.ts';
import type { PlannedWrite } from './writes.ts';

/**
 * The writes that bring `workspace` to `governance`, in the order in which to apply them; all of it if
 * the workspace does not exist yet. Writes nothing itself, so that what is rejected here changes nothing.
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
