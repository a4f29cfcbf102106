const REFERENCE = 'https://openrouter.ai/docs/api/api-reference';

/** The pages of OpenRouter's documentation that the catalogue refers to. */
export const DOCS = {
  createWorkspace: `${REFERENCE}/workspaces/create-workspace`,
  getWorkspace: `${REFERENCE}/workspaces/get-a-workspace`,
  listWorkspaces: `${REFERENCE}/workspaces/list-workspaces`,
  updateWorkspace: `${REFERENCE}/workspaces/update-a-workspace`,
  deleteWorkspace: `${REFERENCE}/workspaces/delete-a-workspace`,
  createKey: `${REFERENCE}/api-keys/create-keys`,
  listKeys: `${REFERENCE}/api-keys/list-api-keys`,
  getKey: `${REFERENCE}/api-keys/get-a-single-api-key`,
  updateKey: `${REFERENCE}/api-keys/update-an-api-key`,
  deleteKey: `${REFERENCE}/api-keys/delete-an-api-key`,
  getOwnKey: `${REFERENCE}/api-keys/get-current-api-key`,
  getGuardrail: `${REFERENCE}/guardrails/get-a-guardrail`,
  updateGuardrail: `${REFERENCE}/guardrails/update-a-guardrail`,
  setBudget: `${REFERENCE}/workspaces/create-or-update-a-workspace-budget`,
  listBudgets: `${REFERENCE}/workspaces/list-workspace-budgets`,
  deleteBudget: `${REFERENCE}/workspaces/delete-a-workspace-budget`,
  listOrganizationMembers: `${REFERENCE}/organization/list-organization-members`,
  listMembers: `${REFERENCE}/workspaces/list-workspace-members`,
  addMembers: `${REFERENCE}/workspaces/bulk-add-members-to-a-workspace`,
  queryAnalytics: `${REFERENCE}/analytics/query-analytics`,
  errors: 'https://openrouter.ai/docs/api/reference/errors',
} as const;
