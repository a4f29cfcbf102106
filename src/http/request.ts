import type * as z from 'zod/mini';
import { formatSeconds } from '../lib/format.ts';
import type { FailureClass, Method } from './retry-policy.ts';

/** How messages name the servers. */
export type ServerName = 'OpenRouter' | 'GitHub';

/** What a request is for, in words for errors and logs. */
export interface RequestFacts {
  /** What the request does, in the infinitive: `create the workspace "preview-42"`. */
  operation: string;
  method: Method;
  /** The path below the base URL: `/workspaces`. */
  path: string;
  /** What exists if the server applied the request but its response was lost. */
  mayLeaveBehind?: string | undefined;
  /** What to do if the server may have applied the request. */
  recovery?: string | undefined;
  /** The likely cause of HTTP 402, 403 or 404 for this request. */
  hint?: string | undefined;
  /** Whether a POST only reads, so that it can be repeated without harm. */
  readOnly?: boolean | undefined;
}

/** Whether a request changes nothing at the server. */
export function isRead({ method, readOnly }: Pick<RequestFacts, 'method' | 'readOnly'>): boolean {
  return method === 'GET' || readOnly === true;
}

/** Whether a request creates or adds something, so that it must not be repeated blindly. */
export function creates(request: Pick<RequestFacts, 'method' | 'readOnly'>): boolean {
  return request.method === 'POST' && !isRead(request);
}

/** One attempt at a request that did not succeed. */
export interface AttemptFailure extends RequestFacts {
  server: ServerName;
  kind: FailureClass;
  /** What happened. It completes a sentence that begins with method and path. */
  reason: string;
  /** If no response arrived: the host, with its port if that is not the default, and the time taken. */
  noResponse?: { host: string; elapsedMs: number };
  /** Whether it failed because the run was cancelled. */
  isCancelled?: boolean;
  /** The HTTP status, if a response arrived. */
  status?: number;
  /** The error message in the response. */
  serverMessage?: string | undefined;
  /** The server's id of the request, with the name of its header: `cf-ray 8f1c…`. */
  requestId?: string | undefined;
  /** The wait that the server requested, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** Whether the server requested a wait without saying how long. */
  isGuess?: boolean | undefined;
  /** When the server accepts requests again, if it says so, for people: `until 14:05 UTC` */
  until?: string | undefined;
}

/**
 * Whether a server rejected a request because of what it is about, and not because of the credentials, the credits or
 * the permissions.
 */
export function rejectsResource({ kind, status = 0 }: AttemptFailure): boolean {
  return kind === 'rejected' && ![401, 402, 403].includes(status);
}

/** What is known about a request that failed: its last attempt, and what all attempts mean together. */
export interface ApiErrorDetails extends AttemptFailure {
  /** How often the request was sent. */
  attempts: number;
  /** Whether the server may have applied any of the attempts. */
  ambiguous: boolean;
  /** Whether any attempt was throttled. The server reports that it did not apply those. */
  wasThrottled: boolean;
  /** Until when there were attempts, if a retry could have helped: `the timeout`, `the run was cancelled (SIGTERM)`. */
  stopReason?: string | undefined;
  /** Why the outcome of an ambiguous attempt could not be checked. */
  lookupFailure?: ApiErrorDetails | undefined;
}

/** Why a request was not sent again, although a retry could have helped. */
export type Stop = Required<Pick<ApiErrorDetails, 'stopReason' | 'isCancelled'>>;

/** A request to the API that failed, after all of its attempts. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly details: ApiErrorDetails;

  constructor(details: ApiErrorDetails) {
    super(`could not ${details.operation}: ${formatAttempt(details)}`);
    this.details = details;
  }
}

/** Creates the error for a request that is given up. `failures` are all of its attempts. */
export function toApiError(
  failures: readonly AttemptFailure[],
  conclusion: Pick<ApiErrorDetails, 'ambiguous' | 'lookupFailure'> & Partial<Stop>,
): ApiError {
  return new ApiError({
    ...(failures.at(-1) as AttemptFailure),
    attempts: failures.length,
    wasThrottled: failures.some(({ kind }) => kind === 'throttled'),
    ...conclusion,
  });
}

/**
 * Formats one failed attempt: `POST /workspaces: HTTP 502 Bad Gateway: upstream error`, or
 * `POST /workspaces at openrouter.ai, after 0.1 s: the connection was refused (ECONNREFUSED)`
 */
export function formatAttempt(
  failure: Pick<AttemptFailure, 'method' | 'path'> & WhatHappened,
): string {
  return `${formatCall(failure)}${formatReason(failure)}`;
}

/** Formats it by what it was to do: `Could not create the workspace "preview-42": HTTP 502 Bad Gateway` */
export function formatOperation(failure: Pick<AttemptFailure, 'operation'> & WhatHappened): string {
  return `Could not ${failure.operation}${formatReason(failure)}`;
}

/** `GET /workspaces/preview-42` */
export function formatCall({ method, path }: Pick<RequestFacts, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

type WhatHappened = Pick<AttemptFailure, 'reason' | 'serverMessage' | 'noResponse'>;

function formatReason({ reason, serverMessage, noResponse }: WhatHappened): string {
  const host = noResponse ? ` at ${noResponse.host}${formatElapsed(noResponse.elapsedMs)}` : '';
  return `${host}: ${reason}${serverMessage ? `: ${serverMessage}` : ''}`;
}

/** What took so little time that it would be shown as 0, failed at once. */
function formatElapsed(ms: number): string {
  return ms < 50 ? '' : `, after ${formatSeconds(ms)}`;
}

/**
 * Why a request failed, in words, without the request: `OpenRouter: HTTP 500, 7 attempts`. A rejection has its reason:
 * `OpenRouter: HTTP 403: Only administrators can delete workspaces`
 */
export function formatCause(details: ApiErrorDetails): string {
  const { server, kind, status, reason, serverMessage, noResponse, attempts } = details;
  const isFromServer = status !== undefined || noResponse !== undefined;
  const isError = status !== undefined && status >= 400;
  return [
    isFromServer ? `${server}: ` : '',
    isError ? `HTTP ${status}` : reason,
    kind === 'rejected' && serverMessage ? `: ${serverMessage}` : '',
    attempts > 1 ? `, ${attempts} attempts` : '',
  ].join('');
}

/** One request to the API. */
export interface ApiRequest<Data> extends RequestFacts {
  /** The URL, if the path is not below the base URL. */
  url?(apiUrl: string): string;
  /** Sent as JSON. */
  body?: object;
  /** Parses the body of a successful response. */
  schema: z.ZodMiniType<Data>;
  /** The result for HTTP 404, if that is an expected response. */
  on404?(): Data;
  /**
   * Whether a single HTTP 404 counts, because a later request shows whether it was right. By default, a
   * second one has to confirm it.
   */
  trusts404?: boolean;
  /** Whether the step can do without it: if it is throttled, the other requests do not wait for that. */
  isOptional?: boolean;
  /** Why a valid response is not that to the request: it is about another resource, or shows no change. */
  findMismatch?(data: Data): string | undefined;
  /** The maximum size of the body of the response; `MAX_BODY_BYTES` by default. */
  maxBytes?: number;
  /** Called with each body before it is used or logged: it may contain a secret. */
  onBody?(body: string): void;
}

/** A successful response. */
export interface ApiResponse<Data> {
  data: Data;
  status: number;
  /** The `Date` header, in milliseconds since 1970; its precision is one second. */
  serverTime: number | undefined;
  /** The length of the body, in UTF-16 code units. */
  size: number;
  /** When the headers arrived, in milliseconds by the client's clock. */
  headersAt: number;
  /** The header `Link`. */
  link: string | undefined;
}

/** The outcome of one attempt. */
export type Outcome<Data> =
  | { kind: 'succeeded'; response: ApiResponse<Data> }
  | { kind: FailureClass; failure: AttemptFailure };
