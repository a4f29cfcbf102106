import type { Account } from './account.ts';

/** A request as the API receives it. */
export interface ApiRequest {
  method: string;
  /** Below the base URL, with its query: `/workspaces?limit=10`. */
  path: string;
  /** The `Authorization` header. */
  authorization: string | undefined;
  /** As it was sent, not parsed. */
  body: string;
}

export interface ApiResponse {
  status: number;
  /** Sent as JSON. */
  body: unknown;
}

/** A request as its route gets it. */
export interface Call {
  /** The parts of the path that the pattern names, in order and decoded. */
  params: string[];
  query: URLSearchParams;
  /** As it was sent, not parsed. */
  body: string;
  /** The `Authorization` header, which is valid. */
  authorization: string;
}

/** @throws {ApiError} when the API rejects the request. */
export type Route = (account: Account, call: Call) => ApiResponse;

/** By pattern: `DELETE /workspaces/:id`. */
export type Routes = Readonly<Record<string, Route>>;

/** A rejected request: its status, and the message in its body. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The response 200 with `body`. */
export function ok(body: unknown): ApiResponse {
  return { status: 200, body };
}

interface Match {
  pattern: string;
  route: Route;
  params: string[];
}

/**
 * The route for `method` and `path`; undefined if no pattern fits, or if the path is not correctly
 * percent-encoded. The query does not count. The first pattern that fits wins.
 */
export function match(routes: Routes, method: string, path: string): Match | undefined {
  const parts = path.replace(/\?.*$/s, '').split('/');
  for (const [pattern, route] of Object.entries(routes)) {
    const [verb, template = ''] = pattern.split(' ');
    const names = template.split('/');
    const fits = (name: string, at: number) => name.startsWith(':') || name === parts[at];
    if (verb === method && names.length === parts.length && names.every(fits)) {
      const params = parts.filter((_, at) => names[at]?.startsWith(':')).map(decode);
      return params.includes(undefined)
        ? undefined
        : { pattern, route, params: params as string[] };
    }
  }
  return undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
