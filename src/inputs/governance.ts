import * as z from 'zod/mini';
import { type Budgets, INTERVALS, type Interval } from '../openrouter/resources/budgets.ts';
import {
  type GuardrailUpdate,
  RESET_INTERVALS,
  ZDR_FIELDS,
} from '../openrouter/resources/guardrails.ts';
import { modelSlug } from '../openrouter/resources/workspaces.ts';
import type { Governance } from '../operations/governance/governance.ts';
import type { InvalidInput } from '../operations/shared/failure.ts';

/** A list of `what`, such as `models`, each of which is an `entry`. */
const entries = (what: string, entry: z.ZodMiniType<string>) => {
  const message = `must be a list of ${what}: one per line, separated by commas, or a JSON array`;
  return z.optional(
    z.nullable(
      z.array(entry, message).check(z.minLength(1, `${message}; "null" lifts the restriction`)),
    ),
  );
};

// One schema serves several inputs: to build each takes a part of the time that a create takes.
const models = entries('models', modelSlug);
const PROVIDER = 'must be a provider, without blanks and slashes';
const providers = entries('providers', z.string(PROVIDER).check(z.regex(/^[^\s/]+$/, PROVIDER)));

const USD_MESSAGE = 'must be an amount in USD above 0, or "null"';
const amount = z.optional(z.nullable(z.number(USD_MESSAGE).check(z.gt(0, USD_MESSAGE))));
const flag = z.optional(z.boolean('must be true or false'));

const INTERVAL_MESSAGE = `must be ${RESET_INTERVALS.join(', ')} or "null"`;

/** The inputs of `action.yml` that say what a workspace may do and cost, and who is in it. */
export const governanceInputs = {
  allowed_models: models,
  ignored_models: models,
  allowed_providers: providers,
  ignored_providers: providers,
  enforce_zdr: flag,
  guardrail_limit_usd: amount,
  guardrail_limit_reset: z.optional(z.nullable(z.enum(RESET_INTERVALS, INTERVAL_MESSAGE))),
  budget_daily_usd: amount,
  budget_weekly_usd: amount,
  budget_monthly_usd: amount,
  budget_lifetime_usd: amount,
  include_byok_in_budgets: flag,
  members: z.optional(
    z.array(
      z.string('must be an id or e-mail address').check(z.regex(/^\S+$/, 'must be without blanks')),
      'must be a list of user ids or e-mail addresses',
    ),
  ),
};

type GovernanceInputs = z.infer<z.ZodMiniObject<typeof governanceInputs>>;

type Given = ReadonlySet<string>;

/** What is wrong between the inputs, each of which is right by itself. */
export function governanceProblems(read: GovernanceInputs, given: Given): InvalidInput[] {
  return [
    ...listProblems(read),
    ...limitProblems(read, given),
    ...orderProblems(read),
    ...flagProblems(read, given),
  ];
}

function listProblems(read: GovernanceInputs): InvalidInput[] {
  return (['models', 'providers'] as const).flatMap((kind) => {
    const allowed = read[`allowed_${kind}`] ?? [];
    const both = (read[`ignored_${kind}`] ?? []).filter((entry) => allowed.includes(entry));
    const message = `has what allowed-${kind} has too: ${both.join(', ')}`;
    return both.length > 0 ? [{ input: `ignored-${kind}`, message }] : [];
  });
}

function limitProblems(read: GovernanceInputs, given: Given): InvalidInput[] {
  const { guardrail_limit_usd: limit, guardrail_limit_reset: reset } = read;
  if (typeof limit === 'number' && (reset === null || !given.has('guardrail_limit_reset'))) {
    const message = `needs guardrail-limit-reset: ${RESET_INTERVALS.join(', ')}`;
    return [{ input: 'guardrail-limit-usd', message }];
  }
  const isLifted = limit === null && reset !== null;
  if (reset !== undefined && (isLifted || !given.has('guardrail_limit_usd'))) {
    return [{ input: 'guardrail-limit-reset', message: 'needs guardrail-limit-usd' }];
  }
  return [];
}

function orderProblems(read: GovernanceInputs): InvalidInput[] {
  const set = INTERVALS.flatMap((interval) => {
    const limit = read[`budget_${interval}_usd`];
    return typeof limit === 'number' ? [{ input: `budget-${interval}-usd`, limit }] : [];
  });
  return set.flatMap(({ input, limit }, at) => {
    const narrower = set[at - 1];
    if (!narrower || limit > narrower.limit) return [];
    const message = `must be more than ${narrower.input}, which is ${narrower.limit}`;
    return [{ input, message, provided: String(limit) }];
  });
}

function flagProblems(read: GovernanceInputs, given: Given): InvalidInput[] {
  const isBudget = (interval: Interval) =>
    given.has(`budget_${interval}_usd`) && read[`budget_${interval}_usd`] !== null;
  if (read.include_byok_in_budgets === undefined || INTERVALS.some(isBudget)) return [];
  const message = 'needs one of the budgets, because OpenRouter sets it with one';
  return [{ input: 'include-byok-in-budgets', message }];
}

/** What the inputs ask for, in the API's terms; nothing of what nobody wrote. */
export function toGovernance(read: GovernanceInputs): Governance {
  const guardrail = toGuardrail(read);
  const limits = Object.fromEntries(
    INTERVALS.map((interval) => [interval, read[`budget_${interval}_usd`]] as const).filter(
      ([, limit]) => limit !== undefined,
    ),
  ) as { [Interval in keyof Budgets]: number | null };
  const { include_byok_in_budgets, members } = read;
  return {
    ...(Object.keys(guardrail).length > 0 && { guardrail }),
    ...(Object.keys(limits).length > 0 && { budgets: { limits, include_byok_in_budgets } }),
    ...(members !== undefined && members.length > 0 && { members }),
  };
}

const LISTS = [
  'allowed_models',
  'ignored_models',
  'allowed_providers',
  'ignored_providers',
] as const;

function toGuardrail(read: GovernanceInputs): GuardrailUpdate {
  const lists = LISTS.filter((field) => read[field] !== undefined);
  const { enforce_zdr, guardrail_limit_usd: limit, guardrail_limit_reset: reset = null } = read;
  return {
    ...Object.fromEntries(lists.map((field) => [field, read[field]])),
    // The single field is deprecated: it is copied to these.
    ...(enforce_zdr !== undefined &&
      Object.fromEntries(ZDR_FIELDS.map((field) => [field, enforce_zdr]))),
    ...(limit !== undefined && { limit_usd: limit, reset_interval: reset }),
  };
}
