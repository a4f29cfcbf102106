import * as z from 'zod/mini';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { governanceInputs } from '../../src/governance/inputs.ts';
import { inputName } from '../../src/inputs/read-inputs.ts';
import { openEmptiedHarness } from './emptied-harness.ts';

export const SLUG = 'governed';

/** A value for each input about the guardrail, the budgets and the members of a workspace. */
export const GOVERNANCE = {
  'allowed-models': 'openai/gpt-5-mini\nanthropic/claude-4:free',
  'ignored-models': 'meta/llama-4',
  'allowed-providers': 'openai',
  'ignored-providers': 'azure, deepinfra',
  'enforce-zdr': 'true',
  'guardrail-limit-usd': '5',
  'guardrail-limit-reset': 'daily',
  guardrail: `allowed_data_regions: ["europe", "us"]
content_filter_builtins: [{"slug": "email", "action": "redact"}]
enable_paid_model_training: false`,
  'budget-daily-usd': '1.5',
  'budget-weekly-usd': '5',
  'budget-monthly-usd': '20',
  'budget-lifetime-usd': '100',
  'include-byok-in-budgets': 'true',
  members: 'BRUNO@example.com, user_2chandra',
};

/** The request body that sets the guardrail of `GOVERNANCE`. */
export const GUARDRAIL_BODY = {
  allowed_models: ['openai/gpt-5-mini', 'anthropic/claude-4:free'],
  ignored_models: ['meta/llama-4'],
  allowed_providers: ['openai'],
  ignored_providers: ['azure', 'deepinfra'],
  enforce_zdr_anthropic: true,
  enforce_zdr_google: true,
  enforce_zdr_openai: true,
  enforce_zdr_other: true,
  enforce_zdr_xai: true,
  limit_usd: 5,
  reset_interval: 'daily',
  allowed_data_regions: ['europe', 'us'],
  content_filter_builtins: [{ slug: 'email', action: 'redact' }],
  enable_paid_model_training: false,
};

/** "null" for each of those inputs that takes it. */
export const NULLS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(governanceInputs)
    .filter(([, schema]) => z.safeParse(schema, null).success)
    .map(([key]) => [inputName(key), 'null']),
);

export const PATCH_GUARDRAIL = 'PATCH /guardrails/:id';
export const PUT_BUDGET = 'PUT /workspaces/:id/budgets/:interval';
export const ADD_MEMBERS = 'POST /workspaces/:id/members/add';

type Inputs = Record<string, string>;

/** A sandbox, emptied before each test, and create steps for the workspace `governed` in it. */
export function openGovernanceHarness() {
  const { harness, calls } = openEmptiedHarness();
  const create = (inputs: Inputs = {}): Promise<StepResult> =>
    harness.create({ name: 'Governed', slug: SLUG, ...inputs });
  return {
    harness,
    /** The workspace, created by another job without guardrail, budgets and members. */
    seed: () => seedWorkspace(harness.sandbox, { name: 'Governed', slug: SLUG }),
    create,
    update: (inputs: Inputs = {}) => create({ 'if-exists': 'update', ...inputs }),
    calls,
    writes: () => calls().filter((call) => !call.startsWith('GET ')),
    bodiesOf: (call: string) =>
      harness.sandbox.requests
        .filter(({ method, path }) => harness.sandbox.account.callOf(method, path) === call)
        .map(({ body }) => JSON.parse(body)),
    budgets: () =>
      harness.sandbox.account.budgets.map(({ reset_interval, limit_usd }) => [
        reset_interval,
        limit_usd,
      ]),
    members: () => harness.sandbox.account.memberships.map(({ user_id }) => user_id),
  };
}
