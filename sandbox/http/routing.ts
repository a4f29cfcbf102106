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
  /** In addition to those of every response. */
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body: unknown;
}

/** An API that a sandbox offers, over a socket or in process. */
export interface Api {
  /** The pattern of the route that a request takes, such as `GET /workspaces/:id`. */
  callOf(method: string, path: string): string;
  handle(request: ApiRequest): ApiResponse;
  /** The headers of every response, by lower-case name, even if the request is not handled. */
  headers(): Record<string, string>;
  /** The paths that are beside the base URL, and not below it. */
  beside?: readonly string[];
}

/**
 * Finds the path of an API whose base URL has the path `basePath`, for the path of a whole URL. Empty if it
 * is not that of the API.
 */
export function pathOfApi(
  { beside = [] }: Pick<Api, 'beside'>,
  basePath: string,
  path: string,
): string {
  const folder = basePath.slice(0, basePath.lastIndexOf('/'));
  const other = beside.find((one) => path === folder + one);
  if (other !== undefined) return other;
  const below = path.startsWith(basePath) ? path.slice(basePath.length) : '';
  return beside.includes(below) ? '' : below;
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
export type Route<State> = (state: State, call: Call) => ApiResponse;

/** By pattern: `DELETE /workspaces/:id`. A last part `:name*` takes the rest of the path. */
export type Routes<State> = Readonly<Record<string, Route<State>>>;

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

interface Match<State> {
  pattern: string;
  route: Route<State>;
  params: string[];
}

/**
 * The route for `method` and `path`; undefined if no pattern fits, or if the path is not correctly
 * percent-encoded. The query does not count. The first pattern that fits wins.
 */
export function match<State>(
  routes: Routes<State>,
  method: string,
  path: string,
): Match<State> | undefined {
  const parts = `${method} ${path.replace(/[?#].*$/s, '')}`.split('/');
  for (const [pattern, route] of Object.entries(routes)) {
    const found = paramsOf(partsOf(pattern), parts);
    if (found) {
      const params = found.map(decode);
      return params.includes(undefined)
        ? undefined
        : { pattern, route, params: params as string[] };
    }
  }
  return undefined;
}

/** By pattern: tests match millions of requests. */
const known = new Map<string, readonly string[]>();

function partsOf(pattern: string): readonly string[] {
  const parts = known.get(pattern) ?? pattern.split('/');
  known.set(pattern, parts);
  return parts;
}

/** The parts that have a name in `names`, not decoded; undefined if the others differ. */
function paramsOf(names: readonly string[], parts: readonly string[]): string[] | undefined {
  if (names[0] !== parts[0]) return undefined;
  const rest = names.at(-1)?.endsWith('*') ? names.length - 1 : undefined;
  const joined =
    rest !== undefined && parts.length >= names.length
      ? [...parts.slice(0, rest), parts.slice(rest).join('/')]
      : parts;
  const fits = (name: string, at: number) => name.startsWith(':') || name === joined[at];
  if (names.length !== joined.length || !names.every(fits)) return undefined;
  return joined.filter((_, at) => names[at]?.startsWith(':'));
}

/** The pattern of the route for `method` and `path`, or both of them if no pattern fits. */
export function callOf<State>(routes: Routes<State>, method: string, path: string): string {
  return match(routes, method, path)?.pattern ?? `${method} ${path}`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
