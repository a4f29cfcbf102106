import type { GuardrailUpdate } from '../../openrouter/resources/guardrails.ts';
import type { Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Surroundings } from '../shared/context.ts';
import type { BudgetLimits } from './budget-writes.ts';
import { planBudgets } from './budgets.ts';
import { planGuardrail } from './guardrail.ts';
import { planMembers } from './members.ts';
import type { Part } from './writes.ts';

/** What governs a workspace, in the API's terms; what is left out stays as it is. */
export interface Governance {
  guardrail?: GuardrailUpdate;
  budgets?: { limits: BudgetLimits; include_byok_in_budgets?: boolean | undefined };
  /** User ids or e-mail addresses of those who are to be in it. */
  members?: readonly string[];
}

/**
 * What has to be written so that `workspace` is governed as `governance` says, in the order in which
 * it is to be written; of one that is not there yet, all. Writes nothing itself, so that what is
 * refused here leaves nothing behind.
 * @throws {Failure} when OpenRouter would refuse it.
 * @throws {OpenRouterError}
 */
export async function planGovernance(
  { guardrail, budgets, members }: Governance,
  workspace: Workspace | undefined,
  surroundings: Surroundings,
): Promise<Part[]> {
  return [
    ...(guardrail ? await planGuardrail(guardrail, workspace, surroundings) : []),
    ...(budgets ? await planBudgets(budgets, workspace, surroundings) : []),
    ...(members ? await planMembers(members, workspace, surroundings) : []),
  ];
}
