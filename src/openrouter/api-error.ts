import { formatSeconds } from '../lib/format.ts';
import { parseJson } from '../lib/json.ts';
import type { FailureClass } from './failure-class.ts';
import type { Method } from './http.ts';

/** What a request is for, in words for errors and logs. */
export interface RequestFacts {
  /** What the request does, as in `could not create the workspace preview-42`. */
  operation: string;
  method: Method;
  /** Below the base URL: `/workspaces`. */
  path: string;
  /** What exists if OpenRouter applied the request and its response was lost. */
  mayLeaveBehind?: string;
  /** What to do if OpenRouter may have applied the request and its response was lost. */
  recovery?: string;
  /** The likely cause of 402, 403 or 404 for this request. */
  hint?: string;
}

/** One attempt at a request that did not succeed. */
export interface AttemptFailure extends RequestFacts {
  kind: FailureClass;
  /** What happened, as the rest of a sentence that begins with method and path. */
  reason: string;
  /** The host that did not respond, with its port if that is not the default, and after how long. */
  noResponse?: { host: string; elapsedMs: number };
  /** HTTP status of the response, if there was one. */
  status?: number;
  /** OpenRouter's own message. */
  serverMessage?: string;
  /** Cloudflare's id of the request, the only one in OpenRouter's responses. */
  cfRay?: string;
  /** How long the server asks to wait, in milliseconds. */
  retryAfterMs?: number;
}

/** What is known when a request is given up. */
export interface ApiErrorDetails extends AttemptFailure {
  /** How often the request was sent. */
  attempts: number;
  /** Whether OpenRouter may have applied any of the attempts. */
  ambiguous: boolean;
  /** Whether any attempt was throttled: that it was not applied is only the server's word. */
  wasThrottled: boolean;
  /** Why there was no further attempt, where one could have helped. */
  stopReason?: string | undefined;
  /** Why the outcome of an ambiguous attempt could not be checked. */
  lookupFailure?: ApiErrorDetails | undefined;
}

/** A request to the API that was given up. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly details: ApiErrorDetails;

  constructor(details: ApiErrorDetails) {
    super(`could not ${details.operation}: ${formatAttempt(details)}`);
    this.details = details;
  }
}

/**
 * `POST /workspaces: HTTP 502 Bad Gateway: upstream error`, or
 * `POST /workspaces at openrouter.ai, after 0.1 s: the connection was refused (ECONNREFUSED)`
 */
export function formatAttempt(
  failure: Pick<AttemptFailure, 'method' | 'path' | 'reason' | 'serverMessage' | 'noResponse'>,
): string {
  const { method, path, reason, serverMessage, noResponse } = failure;
  const where = noResponse
    ? ` at ${noResponse.host}, after ${formatSeconds(noResponse.elapsedMs)}`
    : '';
  return `${method} ${path}${where}: ${reason}${serverMessage ? `: ${serverMessage}` : ''}`;
}

/** Enough of an error page for any message in it, and few enough to be taken apart at once. */
const MAX_ERROR_TEXT = 16 * 1024;

/**
 * The message in the body of an error: `error.message`, else `message`, else the text itself
 * without its HTML. Undefined where the body is empty.
 *
 * OpenRouter documents the first shape (https://openrouter.ai/docs/api/reference/errors); the flat
 * one has been seen, and Cloudflare in front of it responds in HTML.
 */
export function extractServerMessage(body: string): string | undefined {
  const json = parseJson(body);
  if (json === undefined) return textOfHtml(body.slice(0, MAX_ERROR_TEXT)) || undefined;
  return textAt(json, 'error', 'message') ?? textAt(json, 'message') ?? textAt(json, 'error');
}

function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
  return typeof found === 'string' && found !== '' ? found : undefined;
}

// For reading only, on text that is escaped wherever it is shown: no parser is worth its bytes here.
function textOfHtml(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
