import { extractServerMessage, parseHttpDate } from '../src/http/response.ts';
import type { Method } from '../src/http/retry-policy.ts';
import type { HttpResponse } from '../src/http/transport.ts';
import { parseJson } from '../src/lib/json.ts';

/** A request that a probe needs has failed, or its response lacks what the probe reads. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
}

/** A request and its response, as they were. */
export interface Exchange extends HttpResponse {
  method: Method;
  path: string;
}

/** An object in a response. */
export type Resource = Readonly<Record<string, unknown>>;

/** `HTTP 404: Workspace not found` */
export function describe({ status, body }: Exchange): string {
  if (status < 400) return `HTTP ${status}`;
  const message = extractServerMessage(body) ?? 'no message';
  return `HTTP ${status}: ${isJson({ body }) ? message : `not JSON: ${message}`}`;
}

export function isJson({ body }: Pick<Exchange, 'body'>): boolean {
  return parseJson(body) !== undefined;
}

/** Whether a response says that something does not exist: 404 and JSON, not a web page. */
export function isMissing(exchange: Exchange): boolean {
  return exchange.status === 404 && isJson(exchange);
}

/** @throws {ProbeError} unless the response has `status`. */
export function expectStatus(exchange: Exchange, status: number): Exchange {
  if (exchange.status === status) return exchange;
  throw new ProbeError(`${exchange.method} ${exchange.path}: ${describe(exchange)}`);
}

/** The object in `data` of a successful response. @throws {ProbeError} */
export function dataOf(exchange: Exchange): Resource {
  const data = fieldOf(exchange, 'data');
  if (isResource(data)) return data;
  throw lacks(exchange, 'an object in data');
}

/** The objects in the list in `data` of a successful response. @throws {ProbeError} */
export function listOf(exchange: Exchange): Resource[] {
  const data = fieldOf(exchange, 'data');
  if (Array.isArray(data) && data.every(isResource)) return data;
  throw lacks(exchange, 'a list of objects in data');
}

/** The value of a field of a successful response. @throws {ProbeError} unless it succeeded */
export function fieldOf(exchange: Exchange, name: string): unknown {
  if (exchange.status >= 300) expectStatus(exchange, 200);
  const json = parseJson(exchange.body);
  return isResource(json) ? json[name] : undefined;
}

/** The text in a field of `resource`. @throws {ProbeError} */
export function textOf(resource: Resource, name: string): string {
  const value = resource[name];
  if (typeof value === 'string') return value;
  throw new ProbeError(`a response has ${JSON.stringify(value ?? null)} as ${name}`);
}

/** The server's time of a response, in milliseconds since 1970. @throws {ProbeError} */
export function serverTimeOf(exchange: Exchange): number {
  const time = parseHttpDate(exchange.headers['date']);
  if (time !== undefined) return time;
  throw lacks(exchange, 'a Date');
}

export function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lacks({ method, path }: Exchange, what: string): ProbeError {
  return new ProbeError(`${method} ${path}: the response lacks ${what}`);
}
