import type { Assumption } from './assumption.ts';
import { CONSISTENCY } from './assumptions/consistency.ts';
import { DELETION_OF_WORKSPACES } from './assumptions/deletion.ts';
import { FIELDS } from './assumptions/fields.ts';
import { GUARDRAILS, WORKSPACE_BUDGETS, WORKSPACE_MEMBERS } from './assumptions/governance.ts';
import { KEYS } from './assumptions/keys.ts';
import { LISTS } from './assumptions/lists.ts';
import { ACCESS, RESPONSES } from './assumptions/responses.ts';
import { TIME } from './assumptions/time.ts';
import { USAGE_AFTER_REQUEST, USAGE_AT_REST } from './assumptions/usage.ts';
import { WORKSPACES } from './assumptions/workspaces.ts';

/** All that the actions assume about OpenRouter and that a probe can observe. */
export const CATALOGUE: readonly Assumption[] = [
  ...WORKSPACES,
  ...FIELDS,
  ...TIME,
  ...CONSISTENCY,
  ...KEYS,
  ...LISTS,
  ...DELETION_OF_WORKSPACES,
  ...GUARDRAILS,
  ...WORKSPACE_BUDGETS,
  ...WORKSPACE_MEMBERS,
  ...ACCESS,
  ...USAGE_AT_REST,
  ...USAGE_AFTER_REQUEST,
  // These look at the responses to all others.
  ...RESPONSES,
];
