import * as z from 'zod/mini';
import type { Client } from '../client.ts';
import { envelope } from '../envelope.ts';
import type { Workspace } from './workspaces.ts';

/** The intervals after which the limit of a guardrail resets. */
export const RESET_INTERVALS = ['daily', 'weekly', 'monthly'] as const;

type ResetInterval = (typeof RESET_INTERVALS)[number];

/** The fields that enforce zero data retention, each for the models of one company. */
export const ZDR_FIELDS = [
  'enforce_zdr_anthropic',
  'enforce_zdr_google',
  'enforce_zdr_openai',
  'enforce_zdr_other',
  'enforce_zdr_xai',
] as const;

/**
 * The body of `PATCH /guardrails/{id}`, with the fields that this action sets. Null lifts a
 * restriction. A list replaces the whole list. `limit_usd` and `reset_interval` are set together. The
 * name is left out, because OpenRouter rejects it for a default guardrail.
 */
export type GuardrailUpdate = {
  allowed_models?: string[] | null;
  ignored_models?: string[] | null;
  allowed_providers?: string[] | null;
  ignored_providers?: string[] | null;
  limit_usd?: number | null;
  reset_interval?: ResetInterval | null;
} & { [Field in (typeof ZDR_FIELDS)[number]]?: boolean };

/** A guardrail as the API returns it. No field is required. */
export type Guardrail = Readonly<Record<string, unknown>>;

const guardrail = z.looseObject({ id: z.optional(z.string()) });

/** Why a response is about another guardrail, if it is. It may lack the id. */
const mismatch = (id: string, returned: Guardrail | undefined) =>
  (returned?.['id'] ?? id) === id ? undefined : 'the response is about another guardrail';

const NO_GUARDRAIL =
  'Either this management key may not change the guardrail of the workspace, or OpenRouter does not know the guardrail.';

interface GuardrailRef {
  /** The `default_guardrail_id` of the workspace. */
  id: string;
  workspace: Pick<Workspace, 'slug'>;
}

/**
 * `GET /guardrails/{id}`: looks up the default guardrail of a workspace. Returns undefined before the
 * first write, which creates it.
 * @throws {ApiError}
 */
export async function findGuardrail(
  client: Client,
  { id, workspace }: GuardrailRef,
): Promise<Guardrail | undefined> {
  const { data } = await client.request<Guardrail | undefined>({
    operation: `look up the guardrail of the workspace ${workspace.slug}`,
    method: 'GET',
    path: `/guardrails/${encodeURIComponent(id)}`,
    schema: envelope(guardrail),
    notFound: () => undefined,
    findMismatch: (returned) => mismatch(id, returned),
  });
  return data;
}

/**
 * `PATCH /guardrails/{id}`: sets `update` on the default guardrail of a workspace.
 * @throws {ApiError}
 */
export async function patchGuardrail(
  client: Client,
  { id, workspace }: GuardrailRef,
  update: GuardrailUpdate,
): Promise<Guardrail> {
  const { data } = await client.request<Guardrail>({
    operation: `set the guardrail of the workspace ${workspace.slug}`,
    method: 'PATCH',
    path: `/guardrails/${encodeURIComponent(id)}`,
    body: update,
    schema: envelope(guardrail),
    findMismatch: (returned) => mismatch(id, returned),
    hint: NO_GUARDRAIL,
  });
  return data;
}
