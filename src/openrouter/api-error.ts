import { formatSeconds } from '../lib/format.ts';
import { parseJson } from '../lib/json.ts';
import type { FailureClass } from './failure-class.ts';
import type { Method } from './http.ts';

/** What a request is for, in words for errors and logs. */
export interface RequestFacts {
  /** What the request does, in the infinitive: `create the workspace preview-42`. */
  operation: string;
  method: Method;
  /** The path below the base URL: `/workspaces`. */
  path: string;
  /** What exists if OpenRouter applied the request but its response was lost. */
  mayLeaveBehind?: string | undefined;
  /** What to do if OpenRouter may have applied the request. */
  recovery?: string | undefined;
  /** The likely cause of HTTP 402, 403 or 404 for this request. */
  hint?: string | undefined;
  /** Whether a POST only reads, so that it can be repeated without harm. */
  readOnly?: boolean | undefined;
}

/** Whether a request changes nothing at OpenRouter. */
export function isRead({ method, readOnly }: Pick<RequestFacts, 'method' | 'readOnly'>): boolean {
  return method === 'GET' || readOnly === true;
}

/** One attempt at a request that did not succeed. */
export interface AttemptFailure extends RequestFacts {
  kind: FailureClass;
  /** What happened. It completes a sentence that begins with method and path. */
  reason: string;
  /** If no response arrived: the host, with its port if that is not the default, and the time taken. */
  noResponse?: { host: string; elapsedMs: number };
  /** The HTTP status, if a response arrived. */
  status?: number;
  /** The error message in OpenRouter's response. */
  serverMessage?: string | undefined;
  /** Cloudflare's id of the request, the only id in OpenRouter's responses. */
  cfRay?: string | undefined;
  /** The wait that the server requested, in milliseconds. */
  retryAfterMs?: number | undefined;
}

/** What is known about a request that failed: its last attempt, and what all attempts mean together. */
export interface ApiErrorDetails extends AttemptFailure {
  /** How often the request was sent. */
  attempts: number;
  /** Whether OpenRouter may have applied any of the attempts. */
  ambiguous: boolean;
  /** Whether any attempt was throttled. OpenRouter reports that it did not apply those. */
  wasThrottled: boolean;
  /** Why there was no further attempt, if a retry could have helped. */
  stopReason?: string | undefined;
  /** Why the outcome of an ambiguous attempt could not be checked. */
  lookupFailure?: ApiErrorDetails | undefined;
}

/** A request to the API that failed, after all of its attempts. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly details: ApiErrorDetails;

  constructor(details: ApiErrorDetails) {
    super(`could not ${details.operation}: ${formatAttempt(details)}`);
    this.details = details;
  }
}

/**
 * Formats one failed attempt: `POST /workspaces: HTTP 502 Bad Gateway: upstream error`, or
 * `POST /workspaces at openrouter.ai, after 0.1 s: the connection was refused (ECONNREFUSED)`
 */
export function formatAttempt(
  failure: Pick<AttemptFailure, 'method' | 'path' | 'reason' | 'serverMessage' | 'noResponse'>,
): string {
  const { method, path, reason, serverMessage, noResponse } = failure;
  const host = noResponse
    ? ` at ${noResponse.host}, after ${formatSeconds(noResponse.elapsedMs)}`
    : '';
  return `${method} ${path}${host}: ${reason}${serverMessage ? `: ${serverMessage}` : ''}`;
}

/** The most of an error that is read, in UTF-16 code units: enough for any message. */
const MAX_ERROR_TEXT = 16 * 1024;

/**
 * Extracts the message from the body of an error response: `error.message`, else `message`, else
 * `error`, else the text without its HTML. Returns undefined if there is none.
 *
 * OpenRouter documents `error.message` (https://openrouter.ai/docs/api/reference/errors). It also
 * returns the flat forms, and Cloudflare in front of it returns HTML.
 */
export function extractServerMessage(body: string): string | undefined {
  const json = parseJson(body);
  if (json === undefined) return textOfHtml(body.slice(0, MAX_ERROR_TEXT)) || undefined;
  return textAt(json, 'error', 'message') ?? textAt(json, 'message') ?? textAt(json, 'error');
}

function textAt(json: unknown, ...path: string[]): string | undefined {
  const value = path.reduce<unknown>(
    (parent, key) =>
      typeof parent === 'object' && parent !== null ? Reflect.get(parent, key) : undefined,
    json,
  );
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_ERROR_TEXT) : undefined;
}

/** Removes the tags. That is enough without a parser, because the text is escaped wherever it is shown. */
function textOfHtml(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
