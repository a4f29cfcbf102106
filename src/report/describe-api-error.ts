import type { Effect } from '../http/effect.ts';
import {
  type ApiError,
  type ApiErrorDetails,
  formatAttempt,
  isRead,
  type ServerName,
} from '../http/request.ts';
import type { DescriptionText } from '../shared/failure.ts';
import { type Description, describeEffect, type EffectFacts, effectLines } from './description.ts';

/** The codes of failed requests. `docs/troubleshooting.md` has a section for each. */
export type ApiErrorCode =
  | 'outcome-unknown'
  | 'unauthorized'
  | 'forbidden'
  | 'payment-required'
  | 'not-found'
  | 'request-rejected'
  | 'conflict'
  | 'throttled'
  | 'unreachable'
  | 'timed-out'
  | 'cancelled'
  | 'server-error'
  | 'unexpected-response';

/**
 * Describes a request that failed.
 * @param effect what the step may have changed at OpenRouter
 * @param context as in `describeError`
 */
export function describeApiError(
  details: ApiErrorDetails,
  effect: Effect,
  context: EffectFacts = {},
): Description {
  const { lines, ...part } = describeRequest(details);
  const ordered = mayBeApplied(details)
    ? // What to do about that comes first: the rest is about the cause.
      [recoveryOf(details), ...lines]
    : [...lines, ...effectLines([describeEffect(effect)], context)];
  return { code: codeOf(details), ...part, lines: ordered };
}

/**
 * Describes a request that is a part of what failed. The effect of the whole is not in it.
 * @param toDo what to do, if that does not follow from the request alone
 */
export function describePart({ details }: ApiError, toDo?: readonly string[]): DescriptionText {
  const { lines, ...part } = describeRequest(details, toDo);
  return {
    ...part,
    lines: [...lines, ...(mayBeApplied(details) ? [unknownOutcome(details)] : [])],
  };
}

function describeRequest(
  details: ApiErrorDetails,
  toDo: readonly string[] = adviceAfterLookup(details),
): DescriptionText {
  return {
    title: `${describeOutcome(details)}: ${describeCause(details)}`,
    lines: [...messageOf(details), ...toDo],
    details: requestLines(details),
  };
}

/** That a request failed, or that its outcome is unknown. */
function describeOutcome(details: ApiErrorDetails): string {
  const failed = `Could not ${details.operation}`;
  return mayBeApplied(details) ? `${failed}, or only the response was lost` : failed;
}

/** What to do about those of `errors` that lack a permission: each advice once. */
export function rejectionAdvice(errors: readonly ApiError[]): string[] {
  const rejections = errors.filter(
    ({ details: { kind, status = 0 } }) => kind === 'rejected' && CODES_BY_STATUS[status],
  );
  return [...new Set(rejections.flatMap(({ details }) => advice(details)))];
}

/** Where to see whether a server that failed works again; empty for another failure. */
export function statusAdvice({ server, status = 0 }: ApiErrorDetails): string[] {
  return status >= 500 ? [SERVERS[server].status] : [];
}

/** The longest message of a server that is shown before the advice, in UTF-16 code units. */
const MAX_SHOWN = 200;

/** The codes whose advice needs the words of the server. */
const EXPLAINED: ReadonlySet<ApiErrorCode> = new Set([
  'forbidden',
  'payment-required',
  'not-found',
  'request-rejected',
  'conflict',
]);

/** The message of the server, if a reader needs it and it is not a page. */
function messageOf(details: ApiErrorDetails): string[] {
  const { server, serverMessage = '' } = details;
  const isShown = EXPLAINED.has(causeCodeOf(details)) && serverMessage.length <= MAX_SHOWN;
  return isShown && serverMessage ? [`${server}: ${serverMessage}`] : [];
}

/** What was requested, and what the server responded. */
function requestLines(details: ApiErrorDetails): string[] {
  const { lookupFailure, requestId, server } = details;
  const last = lookupFailure ?? details;
  return [
    formatAttempt(details),
    ...(lookupFailure ? [`Could not check the outcome: ${formatAttempt(lookupFailure)}`] : []),
    ...attemptLines(last, last === lookupFailure ? 'Attempts to check the outcome' : 'Attempts'),
    ...(requestId ? [`Request id for ${server}'s support: ${requestId}`] : []),
  ];
}

function attemptLines({ attempts, stopReason, reason }: ApiErrorDetails, what: string): string[] {
  const isNew = stopReason !== undefined && stopReason !== reason;
  if (!isNew && attempts === 1) return [];
  return [`${what}: ${attempts}${isNew ? `, until ${stopReason}` : ''}.`];
}

const CODES_BY_STATUS: Readonly<Record<number, CauseCode>> = {
  401: 'unauthorized',
  402: 'payment-required',
  403: 'forbidden',
  404: 'not-found',
};

const CODES_BY_KIND: Readonly<Record<ApiErrorDetails['kind'], CauseCode>> = {
  unsent: 'unreachable',
  prevented: 'unreachable',
  throttled: 'throttled',
  conflict: 'conflict',
  rejected: 'request-rejected',
  ambiguous: 'server-error',
  unexpected: 'unexpected-response',
  aborted: 'timed-out',
};

/** Whether the server may have applied a request that changes something. */
function mayBeApplied(details: ApiErrorDetails): boolean {
  return details.ambiguous && !isRead(details);
}

function codeOf(details: ApiErrorDetails): ApiErrorCode {
  return mayBeApplied(details) ? 'outcome-unknown' : causeCodeOf(details);
}

/** Why a request failed. */
type CauseCode = Exclude<ApiErrorCode, 'outcome-unknown'>;

/** Why a request failed, whether or not it may have been applied. */
function causeCodeOf(details: ApiErrorDetails): CauseCode {
  const { kind, status = 0 } = details;
  if (details.isCancelled) return 'cancelled';
  // The step ended before it could send the request, which implies nothing about the network.
  if (kind === 'prevented' && !details.noResponse) return 'timed-out';
  // GitHub also throttles with HTTP 403.
  return (kind === 'throttled' ? undefined : CODES_BY_STATUS[status]) ?? CODES_BY_KIND[kind];
}

/** The causes that a status shows, without the status. */
const CAUSES: Readonly<Record<CauseCode, (details: ApiErrorDetails) => string>> = {
  unauthorized: ({ server }) => SERVERS[server].unauthorized,
  forbidden: ({ server }) => `${server} does not allow it`,
  'payment-required': ({ server }) => `${server} requires credits or another plan`,
  'not-found': ({ server }) => `${server} does not find it`,
  'request-rejected': ({ server }) => `${server} rejected the request`,
  conflict: () => 'another request is changing it',
  throttled: ({ server, until }) =>
    `${server} limits the rate of requests${until ? ` ${until}` : ''}`,
  unreachable: ({ server }) => `${server} cannot be reached`,
  'timed-out': ({ server }) => `${server} did not respond in time`,
  cancelled: () => 'the run was cancelled',
  'server-error': describeResponder,
  'unexpected-response': describeResponder,
};

function describeResponder({ server, status = 0 }: ApiErrorDetails): string {
  if (status >= 500) return `${server} failed`;
  return status < 400 ? `${server} sent no valid response` : `${server} did not process it`;
}

/** Why a request failed, for a title: `OpenRouter rejected the management key (HTTP 401)`. */
export function describeCause(details: ApiErrorDetails): string {
  const { isCancelled, reason, stopReason = reason, status } = details;
  if (isCancelled) return stopReason;
  return status === undefined
    ? reason
    : `${CAUSES[causeCodeOf(details)](details)} (HTTP ${status})`;
}

const MANAGEMENT_KEY = [
  'The management key was deleted, or the secret has another kind of key.',
  'Create one at https://openrouter.ai/settings/management-keys, and store it in the secret that management-key uses.',
];

/** What the key must be allowed: in an organization, only the keys of administrators are. */
const PERMISSION =
  'If the account is an organization, use a management key that one of its administrators created.';

/** https://openrouter.ai/docs/guides/overview/auth/security-settings */
const SECURITY_SETTINGS =
  "The account's security settings can be the cause, too: an IP allowlist, or a maximum key lifetime.";

/** What is said about each server. */
const SERVERS: Readonly<
  Record<
    ServerName,
    {
      unauthorized: string;
      credential: readonly string[];
      permission: string;
      /** What can forbid a request besides a permission. */
      settings: readonly string[];
      wrongPath: string;
      address: string;
      status: string;
    }
  >
> = {
  OpenRouter: {
    unauthorized: 'OpenRouter rejected the management key',
    credential: MANAGEMENT_KEY,
    permission: PERMISSION,
    settings: [SECURITY_SETTINGS],
    wrongPath:
      'Check that api-url ends with the path of the API, as in https://openrouter.ai/api/v1.',
    address: 'api-url',
    status: 'See https://status.openrouter.ai, and run this again once OpenRouter works.',
  },
  GitHub: {
    unauthorized: 'GitHub rejected github-token',
    credential: [
      'github-token must be the token of this job, or another one that has not expired.',
    ],
    permission: 'Check the permissions of the job.',
    settings: [],
    wrongPath: 'Check the environment variable GITHUB_API_URL.',
    address: 'the environment variable GITHUB_API_URL',
    status: 'See https://www.githubstatus.com, and run this again once GitHub works.',
  },
};

function checkNetwork({ server, noResponse }: ApiErrorDetails): string {
  const host = noResponse?.host ?? 'that host';
  return `Check ${SERVERS[server].address}, and whether DNS, a proxy or a firewall keeps the runner from ${host}.`;
}

const ADVICE: Readonly<Record<CauseCode, (details: ApiErrorDetails) => readonly string[]>> = {
  unauthorized: ({ server }) => SERVERS[server].credential,
  forbidden: ({ hint, server }) => [
    hint ?? SERVERS[server].permission,
    ...SERVERS[server].settings,
  ],
  'payment-required': ({ hint }) => [
    hint ??
      'The account lacks the credits or the plan for this: see https://openrouter.ai/settings/credits.',
  ],
  'not-found': ({ hint, server }) => [hint ?? SERVERS[server].wrongPath],
  'request-rejected': ({ server, serverMessage }) => [
    serverMessage
      ? `Correct the input that ${server} rejects.`
      : `The response of ${server} has no reason that can be shown.`,
  ],
  conflict: () => ['Run this again.'],
  throttled: () => ['Wait, then run this again.'],
  unreachable: () => [],
  'timed-out': () => [],
  cancelled: () => [],
  'server-error': adviceOnResponder,
  'unexpected-response': adviceOnResponder,
};

/** The codes of requests that failed. */
export function apiErrorCodes(): string[] {
  return ['outcome-unknown' satisfies ApiErrorCode, ...Object.keys(ADVICE)];
}

/** The advice for a response that the API does not have, or for an error of its servers. */
function adviceOnResponder({ status, server }: ApiErrorDetails): string[] {
  if (status === undefined) return [];
  return status < 400
    ? [
        `Check ${SERVERS[server].address}, and whether a proxy or a login page responds instead of ${server}.`,
      ]
    : [SERVERS[server].status];
}

/**
 * The advice for the last response: after a failed lookup, that is the response to the lookup. If there was
 * one, the network is not the cause any more.
 */
function adviceAfterLookup(details: ApiErrorDetails): string[] {
  const last = details.lookupFailure ?? details;
  const isNetwork = details.noResponse && !last.isCancelled && last.status === undefined;
  return [...new Set([...(isNetwork ? [checkNetwork(details)] : []), ...advice(last)])];
}

function advice(details: ApiErrorDetails): readonly string[] {
  const { kind, status = 0, noResponse, isCancelled } = details;
  if (isCancelled) return ADVICE.cancelled(details);
  if (kind === 'throttled') return ADVICE.throttled(details);
  if (noResponse) return [checkNetwork(details)];
  return ADVICE[CODES_BY_STATUS[status] ?? causeCodeOf(details)](details);
}

function unknownOutcome({ server }: ApiErrorDetails): string {
  return `Whether ${server} did it, and only the response was lost, is unknown.`;
}

/** What to do about a request that may have been applied. */
function recoveryOf({ mayLeaveBehind, recovery }: ApiErrorDetails): string {
  return recovery ?? `Before running this again, check for ${mayLeaveBehind ?? 'its effect'}.`;
}
