import * as z from 'zod/mini';
import type { Client } from '../../http/client.ts';
import { usd } from '../../lib/usd.ts';
import { envelope } from '../envelope.ts';
import type { Workspace } from './workspaces.ts';

/** The intervals after which the limit of a guardrail resets. */
export const RESET_INTERVALS = ['daily', 'weekly', 'monthly'] as const;

/** The fields that enforce zero data retention, each for the models of one company. */
export const ZDR_FIELDS = [
  'enforce_zdr_anthropic',
  'enforce_zdr_google',
  'enforce_zdr_openai',
  'enforce_zdr_other',
  'enforce_zdr_xai',
] as const;

/** A message that completes a sentence about an input, and names the field of the guardrail. */
const mustHave = (values: string) => ({
  error: ({ path = [] }: z.core.$ZodRawIssue) => `must have ${values} for ${String(path.at(-1))}`,
});

const flag = z.optional(z.nullable(z.boolean(mustHave('true, false or null'))));
const list = z.optional(z.nullable(z.array(z.unknown(), mustHave('a list or null'))));
const NOT_EMPTY = mustHave('a non-empty list or null');

/** For a field that an input of its own checks, or whose type is not known. */
const unchecked = z.optional(z.unknown());

/**
 * The fields of `PATCH /guardrails/{id}`, and the only list of them. Null lifts a restriction. A list
 * replaces the whole list. `limit_usd` and `reset_interval` are set together. OpenRouter rejects
 * `name` for a default guardrail, and copies `enforce_zdr`, which is deprecated, to `ZDR_FIELDS`.
 *
 * Source: https://openrouter.ai/docs/api/api-reference/guardrails/update-guardrail, and the official
 * Python SDK 1.3.84 for `allow_safety_retention_…` and `allowed_data_regions`, and the release notes of its
 * version 1.3.92 for `enforce_first_party_harness_models`.
 */
export const guardrailFields = {
  allow_safety_retention_google: flag,
  allow_safety_retention_other: flag,
  allowed_data_regions: z.optional(
    z.nullable(
      z.array(z.unknown(), NOT_EMPTY).check(z.refine((list) => list.length > 0, NOT_EMPTY)),
    ),
  ),
  allowed_models: unchecked,
  allowed_providers: unchecked,
  content_filter_builtins: list,
  content_filters: list,
  description: z.optional(z.nullable(z.string(mustHave('a text or null')))),
  enable_free_model_publication: flag,
  enable_free_model_training: flag,
  enable_paid_model_training: flag,
  enforce_first_party_harness_models: unchecked,
  enforce_zdr: unchecked,
  enforce_zdr_anthropic: flag,
  enforce_zdr_google: flag,
  enforce_zdr_openai: flag,
  enforce_zdr_other: flag,
  enforce_zdr_xai: flag,
  ignored_models: unchecked,
  ignored_providers: unchecked,
  include_byok_in_budgets: z.optional(z.boolean(mustHave('true or false'))),
  limit_usd: unchecked,
  name: unchecked,
  reset_interval: unchecked,
};

/** The body of `PATCH /guardrails/{id}`. It can have fields that are newer than this list. */
export type GuardrailUpdate = z.infer<z.ZodMiniObject<typeof guardrailFields, z.core.$loose>>;

/** A guardrail as the API returns it. No field is required. */
export type Guardrail = Readonly<Record<string, unknown>>;

const guardrail = z.looseObject({
  id: z.optional(z.string()),
  limit_usd: z.optional(z.nullable(usd)),
});

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
    operation: `look up the guardrail of the workspace "${workspace.slug}"`,
    method: 'GET',
    path: `/guardrails/${encodeURIComponent(id)}`,
    schema: envelope(guardrail),
    on404: () => undefined,
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
    operation: `set the guardrail of the workspace "${workspace.slug}"`,
    method: 'PATCH',
    path: `/guardrails/${encodeURIComponent(id)}`,
    body: update,
    schema: envelope(guardrail),
    findMismatch: (returned) => mismatch(id, returned),
    hint: NO_GUARDRAIL,
  });
  return data;
}
