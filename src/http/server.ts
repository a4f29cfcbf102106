import type { ServerName } from './request.ts';
import type { HttpResponse } from './transport.ts';

/** A server that a client sends requests to, and what is particular about its responses. */
export interface Server {
  name: ServerName;
  /** The base URL of its API, without a trailing slash. */
  apiUrl: string;
  /** The headers of each request, which authenticate it. */
  headers: Readonly<Record<string, string>>;
  /** The statuses that throttle if the response says for how long. HTTP 429 always does. */
  throttlingStatuses: readonly number[];
  /** How long a response asks to wait before the next request, in milliseconds. */
  retryAfterMs(response: HttpResponse): number | undefined;
  /** The header with the server's id of the request, which its support needs. */
  requestIdHeader: string;
}
