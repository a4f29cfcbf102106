import type { Effect } from '../http/effect.ts';
import {
  type ApiError,
  type ApiErrorDetails,
  type CredentialFailure,
  formatAttempt,
  isRead,
  type ServerName,
} from '../http/request.ts';
import { type Description, describeEffect, effectLines } from './description.ts';

/** The codes of failed requests. `docs/troubleshooting.md` has a section for each. */
export type ApiErrorCode =
  | 'outcome-unknown'
  | 'identity-rejected'
  | 'wrong-policy'
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
 * @param leftovers as in `describeError`
 */
export function describeApiError(
  details: ApiErrorDetails,
  effect: Effect,
  leftovers = '',
): Description {
  return {
    code: codeOf(details),
    title: `Could not ${details.operation}`,
    lines: linesOf(
      details,
      mayBeApplied(details)
        ? ambiguityLines(details)
        : effectLines([describeEffect(effect)], leftovers),
    ),
  };
}

/** The lines about a request that is a part of what failed. The effect of the whole is not in them. */
export function linesOfPart({ details }: ApiError): string[] {
  return linesOf(details, mayBeApplied(details) ? [MAY_BE_APPLIED] : []);
}

/** What to do about those of `errors` that lack a permission or a token: each advice once. */
export function rejectionAdvice(errors: readonly ApiError[]): string[] {
  const rejections = errors.filter(
    ({ details: { kind, status = 0, credentialFailure } }) =>
      credentialFailure || (kind === 'rejected' && CODES_BY_STATUS[status]),
  );
  return [...new Set(rejections.flatMap(({ details }) => advice(details)))];
}

function linesOf(details: ApiErrorDetails, effect: readonly string[]): string[] {
  const { lookupFailure } = details;
  const { requestId, server } = causeOf(details);
  const last = causeOf(lookupFailure ?? details);
  return [
    formatAttempt(details),
    ...(lookupFailure ? [`Could not check the outcome: ${formatAttempt(lookupFailure)}`] : []),
    ...attemptLines(last, last === lookupFailure ? 'lookup' : 'request'),
    ...adviceAfterLookup(details),
    ...effect,
    ...(requestId ? [`Request id for ${server}'s support: ${requestId}`] : []),
  ];
}

/** The request that failed: without a token, a request is not sent. */
function causeOf(details: ApiErrorDetails): CredentialFailure {
  return details.credentialFailure ?? details;
}

function attemptLines(
  { attempts, stopReason, reason }: ApiErrorDetails,
  what: 'request' | 'lookup',
): string[] {
  const isNew = stopReason !== undefined && stopReason !== reason;
  return [
    ...(attempts > 1 ? [`Attempts at this ${what}: ${attempts}.`] : []),
    ...(isNew ? [`No further attempt: ${stopReason}.`] : []),
  ];
}

const CODES_BY_STATUS: Readonly<Record<number, ApiErrorCode>> = {
  401: 'unauthorized',
  402: 'payment-required',
  403: 'forbidden',
  404: 'not-found',
};

/** The codes of the errors of a token exchange (RFC 6749, section 5.2). */
const CODES_BY_ERROR: ReadonlyMap<string | undefined, ApiErrorCode> = new Map([
  ['invalid_grant', 'identity-rejected'],
  ['invalid_scope', 'wrong-policy'],
]);

const CODES_BY_KIND: Readonly<Record<ApiErrorDetails['kind'], ApiErrorCode>> = {
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
  const { kind, status = 0, errorCode, credentialFailure } = details;
  if (mayBeApplied(details)) return 'outcome-unknown';
  if (credentialFailure) return codeOf(credentialFailure);
  if (details.isCancelled) return 'cancelled';
  // The step ended before it could send the request, which implies nothing about the network.
  if (kind === 'prevented' && !details.noResponse) return 'timed-out';
  const code = CODES_BY_ERROR.get(errorCode);
  if (code) return code;
  // GitHub also throttles with HTTP 403.
  return (kind === 'throttled' ? undefined : CODES_BY_STATUS[status]) ?? CODES_BY_KIND[kind];
}

const MANAGEMENT_KEY =
  'management-key must be a management key, not an inference key. A management key that was deleted is rejected, too. Create one at https://openrouter.ai/settings/management-keys. With federation-policy-id, the policy must act as a management key.';

const EXCHANGE =
  'OpenRouter does not exchange id tokens for this account or policy. An admin can check that its plan has workload identity federation, and that the policy of federation-policy-id exists and is enabled.';

const ID_TOKEN = 'The job needs the permission id-token: write.';
const GITHUB_STATUS = 'The cause is at GitHub: see https://www.githubstatus.com.';

/** What the advice about each server says. */
const SERVERS: Readonly<
  Record<
    ServerName,
    { credential: string; forbidden: string; wrongPath: string; address: string; status: string }
  >
> = {
  OpenRouter: {
    credential: MANAGEMENT_KEY,
    forbidden: `${MANAGEMENT_KEY} The key may be limited to another workspace. In an organization, only administrators may do this.`,
    wrongPath:
      'Check that api-url ends with the path of the API, as in https://openrouter.ai/api/v1.',
    address: 'api-url',
    status: 'The cause is at OpenRouter or at its CDN: see https://status.openrouter.ai.',
  },
  GitHub: {
    credential: 'github-token must be the token of this job, or another one that has not expired.',
    forbidden: 'Check the permissions of the job.',
    wrongPath: 'Check the environment variable GITHUB_API_URL.',
    address: 'the environment variable GITHUB_API_URL',
    status: GITHUB_STATUS,
  },
  'GitHub OIDC': {
    credential: ID_TOKEN,
    forbidden: ID_TOKEN,
    wrongPath: ID_TOKEN,
    address: 'the environment variable ACTIONS_ID_TOKEN_REQUEST_URL',
    status: GITHUB_STATUS,
  },
};

function checkNetwork({ server }: ApiErrorDetails): string {
  return `Check ${SERVERS[server].address}, and whether DNS, a proxy or a firewall keeps the runner from that host.`;
}

const ADVICE: Readonly<Record<ApiErrorCode, (details: CredentialFailure) => string[]>> = {
  'outcome-unknown': adviceOnResponder,
  'identity-rejected': ({ claims = {} }) => [
    'The policy of federation-policy-id does not accept the id token of this job. An admin can make it accept these claims:',
    ...Object.entries(claims).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    'In a repository that is new, renamed or transferred since mid-2026, sub has ids.',
  ],
  'wrong-policy': () => [
    'The policy of federation-policy-id acts as another kind of key. It must act as a management key, which not every account can choose.',
  ],
  unauthorized: ({ server, claims }) => [claims ? EXCHANGE : SERVERS[server].credential],
  forbidden: ({ hint, server, claims }) => [
    claims ? EXCHANGE : (hint ?? SERVERS[server].forbidden),
  ],
  'payment-required': ({ hint }) => [
    hint ??
      'The account lacks the credits or the plan for this: see https://openrouter.ai/settings/credits.',
  ],
  'not-found': ({ hint, server }) => [hint ?? SERVERS[server].wrongPath],
  'request-rejected': ({ server, serverMessage }) => [
    serverMessage
      ? `${server} rejected the request for the reason above.`
      : `${server} rejected the request. Its response has no reason that can be shown.`,
  ],
  conflict: () => ['Another request is changing the same resource. Run this again.'],
  throttled: ({ server }) => [`${server} limits the rate of requests. Wait, then run this again.`],
  unreachable: () => [],
  'timed-out': () => [],
  cancelled: () => [],
  'server-error': adviceOnResponder,
  'unexpected-response': adviceOnResponder,
};

/** The codes of requests that failed. */
export function apiErrorCodes(): string[] {
  return Object.keys(ADVICE);
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
  const isNetwork = details.noResponse && !last.isCancelled && causeOf(last).status === undefined;
  return [...new Set([...(isNetwork ? [checkNetwork(details)] : []), ...advice(last)])];
}

function advice(details: CredentialFailure): string[] {
  if (details.credentialFailure) return advice(details.credentialFailure);
  const { hint, kind, status = 0, noResponse, errorCode, isCancelled } = details;
  if (isCancelled) return ADVICE.cancelled(details);
  if (kind === 'throttled') return ADVICE.throttled(details);
  if (noResponse) return [checkNetwork(details)];
  if (hint && [402, 403, 404].includes(status)) return [hint];
  const code = CODES_BY_ERROR.get(errorCode) ?? CODES_BY_STATUS[status] ?? codeOf(details);
  return ADVICE[code](details);
}

const MAY_BE_APPLIED = 'The request may still have been applied.';

function ambiguityLines({ mayLeaveBehind, recovery }: ApiErrorDetails): string[] {
  return [
    MAY_BE_APPLIED,
    recovery ?? `Before running this again, check for ${mayLeaveBehind ?? 'its effect'}.`,
  ];
}
