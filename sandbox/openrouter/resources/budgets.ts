import * as z from 'zod';

/** A budget of a workspace as the API returns it. */
export interface Budget {
  id: string;
  workspace_id: string;
  limit_usd: number;
  /** Null for the lifetime of the workspace. */
  reset_interval: 'daily' | 'weekly' | 'monthly' | null;
  created_at: string;
  updated_at: string;
}

/** From the shortest to the longest. */
export const INTERVALS = ['daily', 'weekly', 'monthly', null] as const;

export const setBudgetRequest = z.strictObject({
  limit_usd: z.number().positive(),
  include_byok_in_budgets: z.boolean().optional(),
});
