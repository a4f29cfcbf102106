import * as z from 'zod';
import { ApiError } from '../http/routing.ts';

/**
 * The body of a request.
 * @throws {ApiError} when it does not have the shape of `schema`.
 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: string): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  throw invalidRequest(z.prettifyError(parsed.error));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ApiError(400, 'The request body is not JSON');
    throw error;
  }
}

/** The rejection of a request for its parameters. */
export function invalidRequest(problem: string): ApiError {
  return new ApiError(400, `Invalid request parameters: ${problem}`);
}

const FLAGS: ReadonlyMap<string | null, boolean> = new Map([
  [null, false],
  ['false', false],
  ['true', true],
]);

/**
 * A flag of a query, which is off by default.
 * @throws {ApiError} when it is neither `true` nor `false`.
 */
export function readFlag(query: URLSearchParams, name: string): boolean {
  const value = FLAGS.get(query.get(name));
  if (value === undefined) throw invalidRequest(`${name} is neither true nor false`);
  return value;
}

const MAX_PAGE_SIZE = 100;

/** The page of `items` that a query requests by `offset` and `limit`, which is `size` by default. */
export function pageOf<Item>(items: readonly Item[], query: URLSearchParams, size: number): Item[] {
  const offset = Number(query.get('offset') ?? 0);
  const limit = Math.min(Number(query.get('limit') ?? size), MAX_PAGE_SIZE);
  return items.slice(offset, offset + limit);
}
