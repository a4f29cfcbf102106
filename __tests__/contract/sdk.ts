/** The official SDK, generated from OpenRouter's own description: a witness that is not ours. */
import { OpenRouter } from '@openrouter/sdk';
import { SDK_METADATA } from '@openrouter/sdk/lib/config.js';
import {
  BulkAddWorkspaceMembersRequest$outboundSchema,
  CreateWorkspaceRequest$outboundSchema,
  UpdateGuardrailRequest$outboundSchema,
  UpdateWorkspaceRequest$outboundSchema,
  UpsertWorkspaceBudgetRequest$outboundSchema,
} from '@openrouter/sdk/models';
import {
  CreateKeysRequestBody$outboundSchema,
  DeleteKeysRequest$outboundSchema,
  DeleteWorkspaceBudgetRequest$outboundSchema,
  DeleteWorkspaceRequest$outboundSchema,
  GetCurrentKeyRequest$outboundSchema,
  GetGuardrailRequest$outboundSchema,
  GetKeyRequest$outboundSchema,
  GetWorkspaceRequest$outboundSchema,
  ListOrganizationMembersRequest$outboundSchema,
  ListRequest$outboundSchema,
  ListWorkspaceBudgetsRequest$outboundSchema,
  ListWorkspaceMembersRequest$outboundSchema,
  ListWorkspacesRequest$outboundSchema,
  QueryAnalyticsRequestBody$outboundSchema,
  UpdateKeysRequestBody$outboundSchema,
} from '@openrouter/sdk/models/operations';
import { toJSONSchema, type ZodType } from 'zod';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { workspaceInputs } from '../support/harness.ts';

/** The version of the SDK that the tests of the contract hold against. */
export const SDK_VERSION = SDK_METADATA.sdkVersion;

/**
 * Fields of bodies and parameters of queries that this action knows and this version of the SDK does
 * not, by call. Each has another witness, the Python SDK: https://github.com/OpenRouterTeam/python-sdk
 * has `enforce_first_party_harness_models` since 1.3.92, and the others since 1.3.84, at the latest.
 */
export const NEWER_THAN_SDK: Readonly<Record<string, readonly string[]>> = {
  'GET /keys': ['include_expired'],
  'PATCH /keys/:hash': ['workspace_id'],
  'PATCH /guardrails/:id': [
    'allow_safety_retention_google',
    'allow_safety_retention_other',
    'enforce_first_party_harness_models',
  ],
};

/** What the SDK sends with each call of this action: a body, or else the parameters of the URL. */
export const SDK_REQUESTS: Readonly<Record<string, ZodType>> = {
  'GET /workspaces': ListWorkspacesRequest$outboundSchema,
  'POST /workspaces': CreateWorkspaceRequest$outboundSchema,
  'GET /workspaces/:id': GetWorkspaceRequest$outboundSchema,
  'PATCH /workspaces/:id': UpdateWorkspaceRequest$outboundSchema,
  'DELETE /workspaces/:id': DeleteWorkspaceRequest$outboundSchema,
  'GET /key': GetCurrentKeyRequest$outboundSchema,
  'GET /keys': ListRequest$outboundSchema,
  'POST /keys': CreateKeysRequestBody$outboundSchema,
  'GET /keys/:hash': GetKeyRequest$outboundSchema,
  'PATCH /keys/:hash': UpdateKeysRequestBody$outboundSchema,
  'DELETE /keys/:hash': DeleteKeysRequest$outboundSchema,
  'POST /analytics/query': QueryAnalyticsRequestBody$outboundSchema,
  'GET /guardrails/:id': GetGuardrailRequest$outboundSchema,
  'PATCH /guardrails/:id': UpdateGuardrailRequest$outboundSchema,
  'GET /workspaces/:id/budgets': ListWorkspaceBudgetsRequest$outboundSchema,
  'PUT /workspaces/:id/budgets/:interval': UpsertWorkspaceBudgetRequest$outboundSchema,
  'DELETE /workspaces/:id/budgets/:interval': DeleteWorkspaceBudgetRequest$outboundSchema,
  'GET /organization/members': ListOrganizationMembersRequest$outboundSchema,
  'GET /workspaces/:id/members': ListWorkspaceMembersRequest$outboundSchema,
  'POST /workspaces/:id/members/add': BulkAddWorkspaceMembersRequest$outboundSchema,
};

export function openSdk({ managementKey, url }: Sandbox): OpenRouter {
  return new OpenRouter({ apiKey: managementKey, serverURL: url });
}

export async function createWorkspace(sandbox: Sandbox) {
  const { data } = await openSdk(sandbox).workspaces.create({
    createWorkspaceRequest: workspaceInputs(),
  });
  return { ...data, defaultGuardrailId: data.defaultGuardrailId ?? '' };
}

/** The names that the SDK knows in a request, as the API writes them. */
export function fieldsOf(schema: ZodType): string[] {
  const { properties = {} } = toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.keys(properties)
    .map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
    .sort();
}

export function camelCased(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
