import * as z from 'zod';
import { nullable } from './nullable.ts';

/** The default guardrail of a workspace as the API returns it, but without its name. */
export interface Guardrail {
  id: string;
  workspace_id: string;
  limit_usd: number | null;
  reset_interval: 'daily' | 'weekly' | 'monthly' | null;
  created_at: string;
  updated_at: string | null;
  [field: string]: unknown;
}

/** A guardrail keeps a model with the date of its version: `openai/gpt-5.2-20260101`. */
const withDate = (model: string) => model.replace(/^[^:]*(?<!-\d{8})(?=:|$)/, '$&-20260101');

const action = z.enum(['redact', 'block', 'flag']);
const flag = nullable(z.boolean());
/** Models as they come back: sorted, and each once. */
const toStored = (slugs: string[]) => [...new Set(slugs.map(withDate))].sort();
const models = nullable(z.array(z.string()).min(1).transform(toStored));
const providers = nullable(z.array(z.string()).min(1));

const contentFilter = z.strictObject({
  action,
  pattern: z.string().min(1),
  label: nullable(z.string().max(100)),
});

const builtinContentFilter = z.strictObject({
  action,
  /** Accepted and ignored. */
  label: z.string().max(100).optional(),
  slug: z.enum([
    'email',
    'phone',
    'ssn',
    'credit-card',
    'ip-address',
    'person-name',
    'address',
    'regex-prompt-injection',
    /** Others have seen it; the official SDK does not know it. */
    'secrets',
  ]),
  scan_scope: z.enum(['user_only', 'all_messages']).optional(),
});

/** A filter as it comes back: with the label that OpenRouter gives to it, such as `[EMAIL]`. */
function withOwnLabel(filter: z.infer<typeof builtinContentFilter>) {
  return { ...filter, label: `[${filter.slug.toUpperCase().replaceAll('-', '_')}]` };
}

const ENFORCE_ZDR_BY_AUTHOR = {
  enforce_zdr_anthropic: flag,
  enforce_zdr_google: flag,
  enforce_zdr_openai: flag,
  enforce_zdr_other: flag,
  enforce_zdr_xai: flag,
};

export const updateGuardrailRequest = z.strictObject({
  name: z.never({ error: 'A default guardrail is named after its workspace' }).optional(),
  description: nullable(z.string().max(1000)),
  allow_safety_retention_google: flag,
  allow_safety_retention_other: flag,
  allowed_models: models,
  ignored_models: models,
  allowed_providers: providers,
  ignored_providers: providers,
  allowed_data_regions: nullable(z.array(z.enum(['global', 'europe', 'us'])).min(1)),
  /** Its type is not known. */
  enforce_first_party_harness_models: nullable(z.unknown()),
  enforce_zdr: flag,
  ...ENFORCE_ZDR_BY_AUTHOR,
  enable_free_model_publication: flag,
  enable_free_model_training: flag,
  enable_paid_model_training: flag,
  content_filters: nullable(z.array(contentFilter)),
  content_filter_builtins: nullable(z.array(builtinContentFilter.transform(withOwnLabel))),
  limit_usd: nullable(z.number().positive()),
  reset_interval: nullable(z.enum(['daily', 'weekly', 'monthly'])),
  include_byok_in_budgets: z.boolean().optional(),
});

type UpdateGuardrailRequest = z.infer<typeof updateGuardrailRequest>;

const restrictions = updateGuardrailRequest.omit({ name: true, include_byok_in_budgets: true });

/** A guardrail that restricts nothing. */
export const UNRESTRICTED = {
  ...Object.fromEntries(Object.keys(restrictions.shape).map((field) => [field, null])),
  include_byok_in_budgets: false,
};

/** An update in which `enforce_zdr` is replaced by the fields of all authors that are left out. */
export function expandEnforceZdr({ enforce_zdr, ...fields }: UpdateGuardrailRequest) {
  if (enforce_zdr === undefined) return fields;
  const all = Object.keys(ENFORCE_ZDR_BY_AUTHOR).map((field) => [field, enforce_zdr]);
  return { ...Object.fromEntries(all), ...fields };
}
