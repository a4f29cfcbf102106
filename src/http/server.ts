import * as z from 'zod/mini';
import type { ServerName } from './request.ts';
import type { HttpResponse } from './transport.ts';

/** What a server that requires fewer requests says about that. */
export interface Throttling {
  /** How long to wait before the next request, in milliseconds. */
  waitMs: number;
  /** Whether the server does not say how long: then a wait after another one has to be longer. */
  isGuess?: boolean;
  /** When requests are accepted again, for people: `until 14:05 UTC` */
  until?: string;
}

/** A server that a client sends requests to, and what is particular about its responses. */
export interface Server {
  name: ServerName;
  /** The base URL of its API, without a trailing slash. */
  apiUrl: string;
  /** The headers of each request, which authenticate it. */
  headers: Readonly<Record<string, string>>;
  /** The statuses that throttle if `throttling` finds how long to wait. HTTP 429 always does. */
  throttlingStatuses: readonly number[];
  /** How long a response asks to wait before the next request. */
  throttling(response: HttpResponse): Throttling | undefined;
  /** The least time between the beginnings of two requests that change something, in milliseconds. */
  writeIntervalMs?: number;
  /** The header with the server's id of the request, which its support needs. */
  requestIdHeader: string;
}

/** A bearer token by RFC 6750. None of its characters is escaped in JSON or HTML. */
export const BEARER_TOKEN = /^[\w.~+/-]+=*$/;

/** Far shorter than any key, but longer than any word that masking must not hide. */
export const MIN_KEY_LENGTH = 16;

/** A key in a response. */
export const bearerToken = z
  .string()
  .check(z.refine((text) => text.length >= MIN_KEY_LENGTH && BEARER_TOKEN.test(text)));
