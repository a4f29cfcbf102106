import * as z from 'zod/mini';
import { usdInput } from '../inputs/amounts.ts';
import type { InvalidInput } from '../inputs/failures.ts';
import { objectProblem } from '../inputs/parse-input.ts';
import { inputName } from '../inputs/read-inputs.ts';
import { formatExactUsd } from '../lib/format-usd.ts';
import { INTERVALS, type Interval } from '../openrouter/resources/budgets.ts';
import {
  type GuardrailUpdate,
  guardrailFields,
  RESET_INTERVALS,
  ZDR_FIELDS,
} from '../openrouter/resources/guardrails.ts';
import { modelSlug } from '../openrouter/resources/workspaces.ts';
import type { BudgetLimits, Governance, Setting } from './governance.ts';

/** A list of `what`, such as `models`. Each item is an `entry`. */
const entries = (what: string, entry: z.ZodMiniType<string>) => {
  const message = `must be a list of ${what}: one per line, separated by commas, or a JSON array`;
  return z.optional(
    z.nullable(
      z
        .array(entry, message)
        .check(z.refine((list) => list.length > 0, `${message}; "null" removes the restriction`)),
    ),
  );
};

// Inputs share schemas, because building one takes a measurable part of the time of a create.
const models = entries('models', modelSlug);
const PROVIDER_MESSAGE = 'must be a provider, without whitespace or slashes';
const providers = entries(
  'providers',
  z.string(PROVIDER_MESSAGE).check(z.regex(/^[^\s/]+$/, PROVIDER_MESSAGE)),
);

const USD_MESSAGE = 'must be an amount in USD above 0, or "null"';
const amount = z.optional(
  z.nullable(usdInput(USD_MESSAGE).check(z.refine((usd) => usd > 0, USD_MESSAGE))),
);
const flag = z.optional(z.boolean('must be true or false'));

const LISTS = [
  'allowed_models',
  'ignored_models',
  'allowed_providers',
  'ignored_providers',
] as const;

/** What sets the fields of the guardrail that the input `guardrail` must not have. */
const SETTERS = [
  ...[...LISTS, 'enforce_zdr'].map((field) => [field, `the input ${inputName(field)}`]),
  ['limit_usd', 'the input guardrail-limit-usd'],
  ['reset_interval', 'the input guardrail-limit-reset'],
  ['name', 'OpenRouter'],
] as const;

const setElsewhere = Object.fromEntries(
  SETTERS.map(([field, setter]) => [
    field,
    z.optional(z.never(`must not have ${field}, because ${setter} sets it`)),
  ]),
);

const FIELDS_MESSAGE =
  'must be a JSON object, or a line for each field with its value as JSON, such as enable_paid_model_training: false';

const INTERVAL_MESSAGE = `must be ${RESET_INTERVALS.join(', ')} or "null"`;

/** The inputs of `action.yml` for guardrail, budgets and members. */
export const governanceInputs = {
  allowed_models: models,
  ignored_models: models,
  allowed_providers: providers,
  ignored_providers: providers,
  enforce_zdr: flag,
  guardrail_limit_usd: amount,
  guardrail_limit_reset: z.optional(z.nullable(z.enum(RESET_INTERVALS, INTERVAL_MESSAGE))),
  guardrail: z.optional(
    z.looseObject(
      { ...guardrailFields, ...setElsewhere },
      { error: ({ input }) => objectProblem(String(input)) ?? FIELDS_MESSAGE },
    ),
  ),
  budget_daily_usd: amount,
  budget_weekly_usd: amount,
  budget_monthly_usd: amount,
  budget_lifetime_usd: amount,
  include_byok_in_budgets: flag,
  members: z.optional(
    z.array(
      z
        .string('must be an id or e-mail address')
        .check(z.regex(/^\S+$/, 'must not contain whitespace')),
      'must be a list of user ids or e-mail addresses',
    ),
  ),
};

type GovernanceInputs = z.infer<z.ZodMiniObject<typeof governanceInputs>>;

/** The names of the inputs that the author wrote, valid or not, with underscores. */
type Provided = ReadonlySet<string>;

/** Checks the inputs against each other. `valid` has only those that are valid on their own. */
export function governanceProblems(valid: GovernanceInputs, provided: Provided): InvalidInput[] {
  return [
    ...listProblems(valid),
    ...limitProblems(valid, provided),
    ...fieldProblems(valid, provided),
    ...orderProblems(valid),
    ...flagProblems(valid, provided),
  ];
}

function listProblems(valid: GovernanceInputs): InvalidInput[] {
  return (['models', 'providers'] as const).flatMap((kind) => {
    const allowed = new Set(valid[`allowed_${kind}`]);
    const inBoth = (valid[`ignored_${kind}`] ?? []).filter((entry) => allowed.has(entry));
    const message = `must not repeat entries of allowed-${kind}: ${inBoth.join(', ')}`;
    return inBoth.length > 0 ? [{ input: `ignored-${kind}`, message }] : [];
  });
}

function limitProblems(valid: GovernanceInputs, provided: Provided): InvalidInput[] {
  const { guardrail_limit_usd: limit, guardrail_limit_reset: reset } = valid;
  if (typeof limit === 'bigint' && (reset === null || !provided.has('guardrail_limit_reset'))) {
    const message = `also needs guardrail-limit-reset, which is one of ${RESET_INTERVALS.join(', ')}`;
    return [{ input: 'guardrail-limit-usd', message }];
  }
  const isLifted = limit === null && reset !== null;
  if (reset !== undefined && (isLifted || !provided.has('guardrail_limit_usd'))) {
    return [{ input: 'guardrail-limit-reset', message: 'also needs guardrail-limit-usd' }];
  }
  return [];
}

function fieldProblems({ guardrail = {} }: GovernanceInputs, provided: Provided): InvalidInput[] {
  if (!provided.has('enforce_zdr')) return [];
  return ZDR_FIELDS.filter((field) => field in guardrail).map((field) => {
    const message = `must not have ${field}, because the input enforce-zdr sets it`;
    return { input: 'guardrail', message };
  });
}

function orderProblems(valid: GovernanceInputs): InvalidInput[] {
  const budgets = INTERVALS.flatMap((interval) => {
    const limit = valid[`budget_${interval}_usd`];
    return typeof limit === 'bigint' ? [{ input: `budget-${interval}-usd`, limit }] : [];
  });
  return budgets.flatMap(({ input, limit }, index) => {
    const shorter = budgets[index - 1];
    if (!shorter || limit > shorter.limit) return [];
    const message = `is ${formatExactUsd(limit)}, and must exceed ${shorter.input}, which is ${formatExactUsd(shorter.limit)}`;
    return [{ input, message }];
  });
}

function flagProblems(valid: GovernanceInputs, provided: Provided): InvalidInput[] {
  const isBudget = (interval: Interval) =>
    provided.has(`budget_${interval}_usd`) && valid[`budget_${interval}_usd`] !== null;
  if (valid.include_byok_in_budgets === undefined || INTERVALS.some(isBudget)) return [];
  const message = 'needs a budget: OpenRouter can only set it together with one';
  return [{ input: 'include-byok-in-budgets', message }];
}

/** What the inputs request, and the names of those that request something. */
export function toGovernance(values: GovernanceInputs): {
  governance: Governance;
  governanceInputs: string[];
} {
  const governance = toRequest(values);
  // An empty list of members and an empty guardrail request nothing.
  const isRequested = (key: string) =>
    key in values && (!['members', 'guardrail'].includes(key) || key in governance);
  const names = Object.keys(governanceInputs).filter(isRequested).map(inputName);
  return { governance, governanceInputs: names };
}

/**
 * The input for a setting of a workspace.
 * @param provided the names of the inputs that the author wrote
 */
export function inputOf({ kind, field }: Setting, provided: readonly string[]): string {
  if (kind === 'budget') return inputName(`budget_${field}_usd`);
  if (kind === 'field' || LISTS.some((list) => list === field)) return inputName(field);
  if (field === 'limit_usd') return 'guardrail-limit-usd';
  if (field === 'reset_interval') return 'guardrail-limit-reset';
  const isZdr = field.startsWith('enforce_zdr') && provided.includes('enforce-zdr');
  return isZdr ? 'enforce-zdr' : `guardrail: ${field}`;
}

/** Converts the inputs to the API's terms. What the author did not write is absent. */
function toRequest(values: GovernanceInputs): Governance {
  const guardrail = toGuardrail(values);
  const limits = Object.fromEntries(
    INTERVALS.map((interval) => [interval, values[`budget_${interval}_usd`]] as const).filter(
      ([, limit]) => limit !== undefined,
    ),
  ) as BudgetLimits;
  const { include_byok_in_budgets, members } = values;
  return {
    ...(Object.keys(guardrail).length > 0 && { guardrail }),
    ...(Object.keys(limits).length > 0 && { budgets: { limits, include_byok_in_budgets } }),
    ...(members !== undefined && members.length > 0 && { members }),
  };
}

function toGuardrail(values: GovernanceInputs): GuardrailUpdate {
  const lists = LISTS.filter((field) => values[field] !== undefined);
  const { enforce_zdr, guardrail_limit_usd: limit, guardrail_limit_reset: reset = null } = values;
  return {
    ...Object.fromEntries(lists.map((field) => [field, values[field]])),
    // The API's single field `enforce_zdr` is deprecated. It sets the same fields.
    ...(enforce_zdr !== undefined &&
      Object.fromEntries(ZDR_FIELDS.map((field) => [field, enforce_zdr]))),
    ...(limit !== undefined && { limit_usd: limit, reset_interval: reset }),
    ...values.guardrail,
  };
}
