import { parseSeconds, retryAfter } from '../http/response.ts';
import type { Server } from '../http/server.ts';
import type { HttpResponse } from '../http/transport.ts';

/**
 * GitHub's REST API, also that of GitHub Enterprise Server, and of Gitea and Forgejo, which have the same
 * paths for pull requests and comments.
 */
export function gitHub({ apiUrl, token }: { apiUrl: string; token: string }): Server {
  return {
    name: 'GitHub',
    apiUrl,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'x-github-api-version': '2022-11-28',
    },
    throttlingStatuses: [403, 503],
    retryAfterMs: (response) => retryAfter(response) ?? untilReset(response),
    requestIdHeader: 'x-github-request-id',
  };
}

/**
 * How long the primary rate limit lasts, in milliseconds, if it is used up:
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
function untilReset({ headers }: HttpResponse): number | undefined {
  const isUsedUp = headers['x-ratelimit-remaining'] === '0';
  const reset = parseSeconds(String(headers['x-ratelimit-reset'] ?? ''));
  const now = Date.parse(String(headers['date']));
  if (!isUsedUp || reset === undefined) return undefined;
  return Number.isNaN(now) ? undefined : Math.max(reset - now, 0);
}
