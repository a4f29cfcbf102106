import { STATUS_CODES } from 'node:http';
import * as z from 'zod/mini';
import { countValues, isNestedDeeper, parseJson } from '../lib/json.ts';
import { type AttemptFailure, extractServerMessage } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import { retryAfter } from './backoff.ts';
import { classifyResponse } from './failure-class.ts';
import type { HttpResponse } from './http.ts';

/** The part of a failure that does not follow from the request. */
export type ResponseFailure = Pick<AttemptFailure, 'kind' | 'reason'> & Partial<AttemptFailure>;

/** Parses the response to `request`: returns its data, or why the attempt failed. */
export function parseResponse<Data>(
  request: ApiRequest<Data>,
  response: HttpResponse,
): { data: Data } | ResponseFailure {
  const { status, body } = response;
  // A 404 that is not JSON does not come from the API, so api-url is wrong.
  const isNotFound = status === 404 && parseJson(body) !== undefined;
  if (isNotFound && request.notFound) return { data: request.notFound() };
  if (status < 200 || status >= 300) return toFailure(request, response);

  if (countValues(body) > MAX_VALUES) {
    return reject(request, response, `has more than ${MAX_VALUES} values`);
  }
  const json = parseJson(body);
  if (isNestedDeeper(json, MAX_DEPTH)) {
    return reject(request, response, `is nested more than ${MAX_DEPTH} levels deep`);
  }
  const parsed = z.safeParse(request.schema, json);
  if (!parsed.success) {
    const reason = `HTTP ${status}, but ${describeDefect({ body, json }, parsed.error)}`;
    return { kind: 'ambiguous', reason, ...metadata(response) };
  }
  const mismatch = request.findMismatch?.(parsed.data);
  if (mismatch === undefined) return { data: parsed.data };
  // A retry may return the right resource, but a POST could create a second one.
  const kind = request.method === 'POST' ? 'unexpected' : 'ambiguous';
  return { kind, reason: `HTTP ${status}, but ${mismatch}`, ...metadata(response) };
}

function toFailure({ method }: ApiRequest<unknown>, response: HttpResponse): ResponseFailure {
  const { status, headers, body } = response;
  const retryAfterMs = retryAfter(response);
  const kind = classifyResponse(method, { status, asksToWait: retryAfterMs !== undefined });
  if (status >= 300 && status < 400) {
    const reason = `${formatStatus(status)} to ${headers['location'] ?? 'nowhere'}. Redirects are not followed, so that the key is not sent to another host`;
    return { kind, reason, ...metadata(response) };
  }
  const serverMessage = extractServerMessage(body);
  return { kind, reason: formatStatus(status), ...metadata(response), serverMessage, retryAfterMs };
}

function metadata({ status, headers }: HttpResponse): Partial<AttemptFailure> {
  const ray = headers['cf-ray'];
  return { status, cfRay: typeof ray === 'string' ? ray : undefined };
}

/** `HTTP 401 Unauthorized` */
function formatStatus(status: number): string {
  return `HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
}

/** Far more values than any response has, and far fewer than fill the memory. */
const MAX_VALUES = 15_000;

/** Far more levels than any response has, and far fewer than exhaust the stack. */
export const MAX_DEPTH = 100;

/** Rejects a body before it is checked. Names the resource in it, because it may have been created. */
function reject(
  { method }: ApiRequest<unknown>,
  response: HttpResponse,
  defect: string,
): ResponseFailure {
  const { status, body } = response;
  const withId = z.object({ data: z.object({ id: z.guid() }) });
  const { data: created } = z.safeParse(withId, method === 'GET' ? undefined : parseJson(body));
  const idNote = created ? `; its id is ${created.data.id}` : '';
  const reason = `HTTP ${status}, but the body ${defect}${idNote}`;
  return { kind: 'unexpected', reason, ...metadata(response) };
}

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
