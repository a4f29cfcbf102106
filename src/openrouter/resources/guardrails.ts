import * as z from 'zod/mini';
import type { Client } from '../client.ts';
import { envelope } from '../envelope.ts';
import type { Workspace } from './workspaces.ts';

/** How long a guardrail counts until it begins anew. */
export const RESET_INTERVALS = ['daily', 'weekly', 'monthly'] as const;

type ResetInterval = (typeof RESET_INTERVALS)[number];

/** The makers whose models zero data retention is enforced for, each by a field of its own. */
export const ZDR_FIELDS = [
  'enforce_zdr_anthropic',
  'enforce_zdr_google',
  'enforce_zdr_openai',
  'enforce_zdr_other',
  'enforce_zdr_xai',
] as const;

/**
 * The body of `PATCH /guardrails/{id}`, as far as this action sets it: null lifts a restriction, and
 * a list stands for all of its entries. `limit_usd` and `reset_interval` belong together. Never with
 * a name, which OpenRouter refuses of a default guardrail.
 */
export type GuardrailUpdate = {
  allowed_models?: string[] | null;
  ignored_models?: string[] | null;
  allowed_providers?: string[] | null;
  ignored_providers?: string[] | null;
  limit_usd?: number | null;
  reset_interval?: ResetInterval | null;
} & { [Field in (typeof ZDR_FIELDS)[number]]?: boolean };

/** A guardrail as the API answers it, of which nothing is required. */
export type Guardrail = Readonly<Record<string, unknown>>;

const guardrail = z.looseObject({ id: z.optional(z.string()) });

/** A response may leave out which guardrail it is about. */
const mismatch = (id: string, found: Guardrail | undefined) =>
  (found?.['id'] ?? id) === id ? undefined : 'the response is about another guardrail';

const NO_GUARDRAIL =
  'OpenRouter does not let this management key change the guardrail of the workspace, or does not know it.';

interface GuardrailOf {
  /** The `default_guardrail_id` of the workspace. */
  id: string;
  workspace: Pick<Workspace, 'slug'>;
}

/**
 * `GET /guardrails/{id}`: the default guardrail of a workspace. Undefined until its first write,
 * which creates it.
 * @throws {ApiError}
 */
export async function findGuardrail(
  client: Client,
  { id, workspace }: GuardrailOf,
): Promise<Guardrail | undefined> {
  const { data } = await client.request<Guardrail | undefined>({
    operation: `look up the guardrail of the workspace ${workspace.slug}`,
    method: 'GET',
    path: `/guardrails/${encodeURIComponent(id)}`,
    schema: envelope(guardrail),
    notFound: () => undefined,
    findMismatch: (found) => mismatch(id, found),
  });
  return data;
}

/**
 * `PATCH /guardrails/{id}`: sets `update` on the default guardrail of a workspace.
 * @throws {ApiError}
 */
export async function patchGuardrail(
  client: Client,
  { id, workspace }: GuardrailOf,
  update: GuardrailUpdate,
): Promise<Guardrail> {
  const { data } = await client.request<Guardrail>({
    operation: `set the guardrail of the workspace ${workspace.slug}`,
    method: 'PATCH',
    path: `/guardrails/${encodeURIComponent(id)}`,
    body: update,
    schema: envelope(guardrail),
    findMismatch: (updated) => mismatch(id, updated),
    hint: NO_GUARDRAIL,
  });
  return data;
}
