import * as z from 'zod';

/** A request as the API sees it. */
export interface ApiRequest {
  method: string;
  /** Below the base URL, with its query: `/workspaces?limit=10`. */
  path: string;
  /** The `Authorization` header. */
  authorization: string | undefined;
  /** As it was sent, not parsed. */
  body: string;
}

export interface ApiAnswer {
  status: number;
  body: unknown;
}

/** What a route answers; `params` are the parts of the path that its pattern names, in order. */
type Route = (call: { query: URLSearchParams; body: string }, params: string[]) => ApiAnswer;

/** By pattern: `DELETE /workspaces/:id`. */
export type Routes = Readonly<Record<string, Route>>;

/** The route for a call, as its pattern and what the pattern's names stand for. */
interface Match {
  pattern: string;
  params: string[];
}

/**
 * The route for `method` and `path`, whose query does not count; undefined where there is none.
 * Routes are tried in their order, so that one without names can come before one that has some.
 * None has a name for what is not percent-encoded as it should be.
 */
export function match(routes: Routes, method: string, path: string): Match | undefined {
  const given = path.replace(/\?.*$/s, '').split('/');
  for (const pattern of Object.keys(routes)) {
    const [verb, template = ''] = pattern.split(' ');
    const parts = template.split('/');
    const fits = (part: string, at: number) => part.startsWith(':') || part === given[at];
    if (verb === method && parts.length === given.length && parts.every(fits)) {
      const params = given.filter((_, at) => parts[at]?.startsWith(':')).map(decoded);
      return params.includes(undefined) ? undefined : { pattern, params: params as string[] };
    }
  }
  return undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A refusal, whose answer is an error. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The answer 200 with `body`, which is sent as JSON. */
export function ok(body: unknown): ApiAnswer {
  return { status: 200, body };
}

/**
 * The body of a request.
 * @throws {ApiError} when it is not as `schema` says.
 */
export function parse<Schema extends z.ZodType>(schema: Schema, body: string): z.infer<Schema> {
  const parsed = schema.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data;
  throw new ApiError(400, `Invalid request parameters: ${z.prettifyError(parsed.error)}`);
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError(400, 'The request body is not JSON');
  }
}

const FLAGS: ReadonlyMap<string | null, boolean> = new Map([
  [null, false],
  ['false', false],
  ['true', true],
]);

/**
 * A flag of a query, which is off where it is left out.
 * @throws {ApiError} when it is neither `true` nor `false`.
 */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = FLAGS.get(query.get(name));
  if (value !== undefined) return value;
  throw new ApiError(400, `Invalid request parameters: ${name} is neither true nor false`);
}

/** The page of `items` that a query asks for, of no more than 100. */
export function page<Item>(items: readonly Item[], query: URLSearchParams, size: number): Item[] {
  const offset = Number(query.get('offset') ?? 0);
  const limit = Math.min(Number(query.get('limit') ?? size), 100);
  return items.slice(offset, offset + limit);
}

/** Takes out of `items` those that are `gone`, and counts them. */
export function drop<Item>(items: Item[], gone: (item: Item) => boolean): number {
  const kept = items.filter((item) => !gone(item));
  return items.splice(0, items.length, ...kept).length - kept.length;
}

/** A field that may be null or left out. */
export const nullable = <Inner extends z.ZodType>(inner: Inner) => inner.nullable().optional();
