import type { Assumption } from './assumption.ts';
import { GOVERNANCE } from './assumptions/governance.ts';
import { KEYS } from './assumptions/keys.ts';
import { LISTS } from './assumptions/lists.ts';
import { REQUESTS } from './assumptions/requests.ts';
import { RESPONSES } from './assumptions/responses.ts';
import { USAGE } from './assumptions/usage.ts';
import { WORKSPACES } from './assumptions/workspaces.ts';

/**
 * What the actions assume about OpenRouter and a probe can observe, if money, a leaked key or a wrong deletion
 * depends on it, or if it is about counters. Of another difference, the step that meets it says so.
 */
export const CATALOGUE: readonly Assumption[] = [
  ...WORKSPACES,
  ...KEYS,
  ...LISTS,
  ...GOVERNANCE,
  ...USAGE,
  ...REQUESTS,
  // The last of these looks at the responses to all others.
  ...RESPONSES,
];
