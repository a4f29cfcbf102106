import type { GuardrailUpdate } from '../../openrouter/resources/guardrails.ts';
import type { BudgetLimits } from './budget-writes.ts';

/** The desired guardrail, budgets and members of a workspace. What is absent stays unchanged. */
export interface Governance {
  guardrail?: GuardrailUpdate;
  budgets?: { limits: BudgetLimits; include_byok_in_budgets?: boolean | undefined };
  /** The user ids or e-mail addresses of the members to add. */
  members?: readonly string[];
}
