import { type CallFacts, linesOf, OpenRouterError } from '../openrouter/api-error.ts';
import { Failure } from '../operations/shared/failure.ts';
import type { Table } from './table.ts';

/** What an annotation and a summary say of a failure. */
export interface Account {
  title: string;
  lines: string[];
  table?: Table | undefined;
}

/** Tells any error to the person who has to act on it. */
export function account(error: unknown): Account {
  if (error instanceof Failure) {
    return { title: error.title, lines: [...error.lines], table: error.table };
  }
  if (error instanceof OpenRouterError) return accountOfCall(error.facts);
  return {
    title: 'The action itself failed',
    lines: [
      error instanceof Error ? (error.stack ?? error.message) : String(error),
      'This is a fault of the action and not of the workflow: please report it, with this log.',
    ],
  };
}

function accountOfCall(facts: CallFacts): Account {
  const { doing, cfRay } = facts;
  return {
    title: `Could not ${doing}`,
    lines: [
      ...linesOf(facts),
      ...aftermath(facts),
      ...(cfRay ? [`For OpenRouter's support, the id of the request: cf-ray ${cfRay}`] : []),
    ],
  };
}

/** What is known of its effect, and what to do. */
function aftermath(facts: CallFacts): string[] {
  const { method, pleaded, leaves, recovery, left } = facts;
  const mayHaveLanded = facts.mayHaveLanded || facts.earlierMayHaveLanded;
  const hints = hintsFor(facts);
  if (left) return [...hints, ...left];
  if (method === 'GET') return hints;
  if (!mayHaveLanded) return [pleaded ? REJECTED : 'Nothing was changed at OpenRouter.', ...hints];
  return [
    'The request may still have been applied.',
    ...hints,
    `Before running this again, look for ${leaves ?? 'what it asked for'}.`,
    ...(recovery ? [recovery] : []),
  ];
}

const REJECTED =
  'OpenRouter says that it rejected the request, so nothing should have been changed.';

const MANAGEMENT_KEY =
  'management-key must be a management key, made at https://openrouter.ai/settings/management-keys; a key for inference is not one, though both begin with sk-or-v1-.';

const SERVER_TROUBLE = 'The trouble is at OpenRouter: see https://status.openrouter.ai.';

const CHECK_NETWORK =
  'Check api-url, and whether DNS, a proxy or a firewall keeps the runner from that host.';

const HINTS: Readonly<Record<number, string>> = {
  400: 'OpenRouter refuses what it was asked, for the reason that it gives.',
  401: MANAGEMENT_KEY,
  402: 'The account lacks the credit or the plan for this: see https://openrouter.ai/settings/credits.',
  403: `${MANAGEMENT_KEY} Of an organization, only administrators may do this.`,
  404: 'Does api-url end with the path of the API, as in https://openrouter.ai/api/v1?',
  422: 'OpenRouter refuses what it was asked, for the reason that it gives.',
  429: 'OpenRouter asks for fewer requests: wait, and run it again.',
};

/** Statuses that say that this account may not do it, or has nothing of the kind. */
const OF_ACCOUNT = [402, 403, 404];

function hintsFor({ status = 0, hint: own, noResponse }: CallFacts): string[] {
  if (noResponse) return [CHECK_NETWORK];
  const general = HINTS[status] ?? (status >= 500 ? SERVER_TROUBLE : undefined);
  const hint = own && OF_ACCOUNT.includes(status) ? own : general;
  return hint ? [hint] : [];
}
