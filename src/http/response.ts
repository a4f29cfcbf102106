import { STATUS_CODES } from 'node:http';
import * as z from 'zod/mini';
import { isNestedDeeper, parseJson } from '../lib/json.ts';
import type { ApiRequest, AttemptFailure } from './request.ts';
import { classifyResponse } from './retry-policy.ts';
import { MIN_KEY_LENGTH, type Server } from './server.ts';
import type { HttpResponse } from './transport.ts';

/** The part of a failure that does not follow from the request. */
export type ResponseFailure = Pick<AttemptFailure, 'kind' | 'reason'> & Partial<AttemptFailure>;

/** Parses the response of `server` to `request`: returns its data, or why the attempt failed. */
export function parseResponse<Data>(
  request: ApiRequest<Data>,
  response: HttpResponse,
  server: Server,
): { data: Data } | ResponseFailure {
  const { status, body } = response;
  // A 404 that is not JSON does not come from the API, so api-url is wrong.
  const isNotFound = status === 404 && parseJson(body) !== undefined;
  if (isNotFound && request.on404) return { data: request.on404() };
  if (status < 200 || status >= 300) return toFailure(request, response, server);

  const json = parseJson(body);
  if (isNestedDeeper(json, MAX_DEPTH)) {
    const reason = `HTTP ${status}, but the body is nested more than ${MAX_DEPTH} levels deep`;
    return { kind: 'unexpected', reason, ...metadata(response, server) };
  }
  const parsed = z.safeParse(request.schema, json);
  if (!parsed.success) {
    const reason = `HTTP ${status}, but ${describeDefect({ body, json }, parsed.error)}`;
    return { kind: 'ambiguous', reason, ...metadata(response, server) };
  }
  const mismatch = request.findMismatch?.(parsed.data);
  if (mismatch === undefined) return { data: parsed.data };
  // A retry may return the right one, but a POST could create a second resource.
  const kind = request.method === 'POST' ? 'unexpected' : 'ambiguous';
  const reason = `HTTP ${status}, but ${mismatch}`;
  return { kind, reason, ...metadata(response, server) };
}

function toFailure(
  { method }: ApiRequest<unknown>,
  response: HttpResponse,
  server: Server,
): ResponseFailure {
  const { status, body } = response;
  const throttling = server.throttling(response);
  const throttles = throttling && server.throttlingStatuses.includes(status);
  const kind = throttles ? 'throttled' : classifyResponse(method, status);
  if (status >= 300 && status < 400) {
    const reason = `${formatStatus(status)} to ${targetOf(response, server)}. Redirects are not followed, so that no secret is sent to another host`;
    return { kind, reason, ...metadata(response, server) };
  }
  const serverMessage = withoutStatus(extractServerMessage(body), status);
  const reason = formatStatus(status);
  const { waitMs: retryAfterMs, isGuess, until } = throttling ?? {};
  return {
    kind,
    reason,
    ...metadata(response, server),
    serverMessage,
    retryAfterMs,
    isGuess,
    until,
  };
}

/** Where a response redirects to, without the query and the parts of the path that can have a token. */
function targetOf({ headers: { location } }: HttpResponse, { apiUrl }: Server): string {
  if (typeof location !== 'string') return 'nowhere';
  if (!URL.canParse(location, apiUrl)) return 'an invalid URL';
  const { origin, pathname } = new URL(location, apiUrl);
  const parts = pathname.split('/').map((part) => (part.length < MIN_KEY_LENGTH ? part : '***'));
  return origin + parts.join('/');
}

function metadata(
  { status, headers }: HttpResponse,
  { requestIdHeader }: Server,
): Partial<AttemptFailure> {
  const id = headers[requestIdHeader];
  return { status, requestId: typeof id === 'string' ? `${requestIdHeader} ${id}` : undefined };
}

/** `HTTP 401 Unauthorized` */
function formatStatus(status: number): string {
  return `HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
}

/**
 * `message` without the status at its beginning, such as `502 Bad Gateway` and `Bad gateway.`, which the reason of
 * the failure has already. Undefined if it says nothing else.
 */
export function withoutStatus(message: string | undefined, status: number): string | undefined {
  // No phrase has a character that means something else in a pattern.
  const phrase = STATUS_CODES[status] ?? String(status);
  const repetition = `(?:HTTP )?${status} ${phrase}|${phrase}(?=[.:]|$)`;
  const start = new RegExp(`^(?:(?:${repetition})[\\s.:]*)+`, 'i');
  return message?.replace(start, '') || undefined;
}

/** Far more levels than any response has, and far fewer than exhaust the stack. */
export const MAX_DEPTH = 100;

function describeDefect(
  { body, json }: { body: string; json: unknown },
  { issues }: z.core.$ZodError,
): string {
  if (body.trim() === '') return 'the body is empty';
  if (json === undefined) return 'the body is not JSON';
  const names = issues.map(({ path }) => path.join('.'));
  return names.includes('')
    ? 'the body is not an object'
    : `the body has no valid ${names.join(', ')}`;
}

/** The most of an error that is read, in UTF-16 code units: enough for any message. */
const MAX_ERROR_TEXT = 16 * 1024;

/**
 * Extracts the message from the body of an error response: `error.message`, else `message`, else
 * `error`, else the text without its HTML. Returns undefined if there is none.
 *
 * OpenRouter documents `error.message` (https://openrouter.ai/docs/api/reference/errors). It also returns
 * the flat forms, and Cloudflare in front of it returns HTML.
 */
export function extractServerMessage(body: string): string | undefined {
  const json = parseJson(body);
  if (json === undefined) return isCutJson(body) ? undefined : textOfPage(body) || undefined;
  return textAt(json, 'error', 'message') ?? textAt(json, 'message') ?? textAt(json, 'error');
}

/** Whether `text`, which is not JSON, begins as JSON does. It can end in the middle of a secret. */
function isCutJson(text: string): boolean {
  return /^\s*(?:\{|\[\s*["{[])/.test(text);
}

function textAt(json: unknown, ...path: string[]): string | undefined {
  const value = path.reduce<unknown>(
    (parent, key) =>
      typeof parent === 'object' && parent !== null ? Reflect.get(parent, key) : undefined,
    json,
  );
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_ERROR_TEXT) : undefined;
}

/** The text at the beginning of a page. Without the word that the cut may divide: it can be a secret. */
function textOfPage(body: string): string {
  const text = textOfHtml(body.slice(0, MAX_ERROR_TEXT));
  return body.length > MAX_ERROR_TEXT ? text.slice(0, Math.max(text.lastIndexOf(' '), 0)) : text;
}

/** Removes the tags. That is enough without a parser, because the text is escaped wherever it is shown. */
function textOfHtml(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * Parses `Retry-After` (RFC 9110, section 10.2.3), which holds seconds or a date. A date is compared
 * with the `Date` of the same response. Returns milliseconds; undefined if the header is absent or
 * invalid.
 */
export function retryAfter({ headers }: HttpResponse): number | undefined {
  const value = String(headers['retry-after'] ?? '').trim();
  const [until, now] = [parseHttpDate(value), parseHttpDate(headers['date'])];
  if (until === undefined || now === undefined) return parseSeconds(value);
  return Math.max(until - now, 0);
}

/**
 * Parses whole seconds. Returns milliseconds; undefined for anything else. It is bounded, because no time
 * could be computed with `Infinity`, which a number of 309 digits is.
 */
export function parseSeconds(text: string): number | undefined {
  return /^\d+$/.test(text) ? Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER) : undefined;
}

/**
 * The two forms of a date in HTTP that name their time zone: `Sun, 06 Nov 1994 08:49:37 GMT` and the
 * obsolete `Sunday, 06-Nov-94 08:49:37 GMT` (RFC 9110, section 5.6.7).
 */
const HTTP_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[a-z]*day)?, \d\d(?: [A-Z][a-z]{2} \d{4}|-[A-Z][a-z]{2}-\d\d) \d\d:\d\d:\d\d GMT$/;

/**
 * The time in an HTTP date, in milliseconds since 1970; undefined for anything else. `Date.parse`
 * alone would accept `99999` and `2099`, and read a date without a zone as local time.
 */
export function parseHttpDate(value: string | string[] | undefined): number | undefined {
  if (typeof value !== 'string' || !HTTP_DATE.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
