const REFERENCE = 'https://openrouter.ai/docs/api/api-reference';

/** The pages of OpenRouter's documentation that the catalogue refers to. */
export const DOCS = {
  listWorkspaces: `${REFERENCE}/workspaces/list-workspaces`,
  deleteWorkspace: `${REFERENCE}/workspaces/delete-a-workspace`,
  createKey: `${REFERENCE}/api-keys/create-keys`,
  listKeys: `${REFERENCE}/api-keys/list-api-keys`,
  getKey: `${REFERENCE}/api-keys/get-a-single-api-key`,
  updateKey: `${REFERENCE}/api-keys/update-an-api-key`,
  updateGuardrail: `${REFERENCE}/guardrails/update-a-guardrail`,
  listBudgets: `${REFERENCE}/workspaces/list-workspace-budgets`,
  queryAnalytics: `${REFERENCE}/analytics/query-analytics`,
  errors: 'https://openrouter.ai/docs/api/reference/errors',
} as const;
