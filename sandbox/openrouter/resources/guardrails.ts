import * as z from 'zod';
import type { Account } from '../openrouter.ts';
import { ApiError, nullable, ok, parse, type Routes } from '../route.ts';
import type { Workspace } from './workspaces.ts';

/** What a workspace's default guardrail holds: all that the API answers but its name. */
export interface Guardrail {
  id: string;
  workspace_id: string;
  limit_usd: number | null;
  reset_interval: 'daily' | 'weekly' | 'monthly' | null;
  created_at: string;
  updated_at: string | null;
  [field: string]: unknown;
}

/** The slug of a model as it was on a day, which is how a guardrail keeps it. */
const dated = (model: string) => model.replace(/^[^:]*(?<!-\d{8})(?=:|$)/, '$&-20260101');

const action = z.enum(['redact', 'block', 'flag']);
const flag = nullable(z.boolean());
const models = nullable(z.array(z.string().transform(dated)).min(1));
const providers = nullable(z.array(z.string()).min(1));

const ENFORCE_ZDR = {
  enforce_zdr_anthropic: flag,
  enforce_zdr_google: flag,
  enforce_zdr_openai: flag,
  enforce_zdr_other: flag,
  enforce_zdr_xai: flag,
};

const updateRequest = z.object({
  name: z.never({ error: 'A default guardrail is named after its workspace' }).optional(),
  description: nullable(z.string().max(1000)),
  allowed_models: models,
  ignored_models: models,
  allowed_providers: providers,
  ignored_providers: providers,
  allowed_data_regions: nullable(z.array(z.enum(['global', 'europe', 'us'])).min(1)),
  enforce_zdr: flag,
  ...ENFORCE_ZDR,
  enable_free_model_publication: flag,
  enable_free_model_training: flag,
  enable_paid_model_training: flag,
  content_filters: nullable(
    z.array(z.object({ action, pattern: z.string().min(1), label: nullable(z.string().max(100)) })),
  ),
  content_filter_builtins: nullable(
    z.array(
      z.object({
        action,
        slug: z.enum([
          'email',
          'phone',
          'ssn',
          'credit-card',
          'ip-address',
          'person-name',
          'address',
          'regex-prompt-injection',
        ]),
        scan_scope: z.enum(['user_only', 'all_messages']).optional(),
      }),
    ),
  ),
  limit_usd: nullable(z.number().positive()),
  reset_interval: nullable(z.enum(['daily', 'weekly', 'monthly'])),
  include_byok_in_budgets: z.boolean().optional(),
});

const restrictions = updateRequest.omit({ name: true, include_byok_in_budgets: true });

/** A guardrail that restricts nothing. */
const UNRESTRICTED = {
  ...Object.fromEntries(Object.keys(restrictions.shape).map((field) => [field, null])),
  include_byok_in_budgets: false,
};

/** The default guardrails of the workspaces of `account`, each from its first update on. */
export function guardrailRoutes({ workspaces, guardrails, now }: Account): Routes {
  const workspaceOf = (id: string | undefined): Workspace => {
    const found = workspaces.find(({ default_guardrail_id }) => default_guardrail_id === id);
    if (!found) throw new ApiError(404, 'Guardrail not found');
    return found;
  };
  const find = (id: string | undefined) => guardrails.find((guardrail) => guardrail.id === id);
  const answer = ({ name }: Workspace, guardrail: Guardrail) =>
    ok({ data: { ...guardrail, name: `Default guardrail of ${name}` } });

  return {
    'GET /guardrails/:id': (_, [id]) => {
      const workspace = workspaceOf(id);
      const guardrail = find(id);
      if (!guardrail) throw new ApiError(404, 'The default guardrail has not been configured yet');
      return answer(workspace, guardrail);
    },
    'PATCH /guardrails/:id': ({ body }, [id]) => {
      const workspace = workspaceOf(id);
      const known = find(id);
      const time = now().toISOString();
      const guardrail = {
        id,
        workspace_id: workspace.id,
        ...UNRESTRICTED,
        created_at: time,
        ...known,
        ...withEachZdr(parse(updateRequest, body)),
        updated_at: known ? time : null,
      } as Guardrail;
      if ((guardrail.limit_usd === null) !== (guardrail.reset_interval === null)) {
        throw new ApiError(400, 'limit_usd and reset_interval must be set together');
      }
      if (known) Object.assign(known, guardrail);
      else guardrails.push(guardrail);
      return answer(workspace, guardrail);
    },
  };
}

/** An update whose `enforce_zdr` stands for those of its kind that it leaves out. */
function withEachZdr({ enforce_zdr, ...fields }: z.infer<typeof updateRequest>) {
  if (enforce_zdr === undefined) return fields;
  const each = Object.keys(ENFORCE_ZDR).map((field) => [field, enforce_zdr]);
  return { ...Object.fromEntries(each), ...fields };
}
