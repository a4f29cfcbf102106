import type { GuardrailUpdate } from '../../openrouter/resources/guardrails.ts';
import type { BudgetLimits } from './budget-writes.ts';

/** Guardrail, budgets and members of a workspace, in the API's terms. What is absent stays unchanged. */
export interface Governance {
  guardrail?: GuardrailUpdate;
  budgets?: { limits: BudgetLimits; include_byok_in_budgets?: boolean | undefined };
  /** User ids or e-mail addresses of users to add. */
  members?: readonly string[];
}
