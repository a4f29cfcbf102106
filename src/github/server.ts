import { extractServerMessage, parseSeconds, retryAfter } from '../http/response.ts';
import type { Server, Throttling } from '../http/server.ts';
import type { HttpResponse } from '../http/transport.ts';

const HOUR_MS = 3_600_000;

/** How long GitHub asks to wait at least if it does not say how long, in milliseconds; then exponentially longer. */
const GUESS_MS = 60_000;

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
    throttling,
    writeIntervalMs: 1_000,
    requestIdHeader: 'x-github-request-id',
  };
}

/**
 * Of the primary rate limit and of the secondary ones, which often come without a header, also as HTTP 403. A wait of
 * more than an hour is not believed, because no rate limit lasts longer: a clock or a proxy is wrong.
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
function throttling(response: HttpResponse): Throttling | undefined {
  const asked = retryAfter(response);
  if (isPlausible(asked)) return { waitMs: asked };
  const reset = readReset(response);
  if (reset) return reset;
  const isThrottled =
    response.status === 429 || asked !== undefined || isUsedUp(response) || isSecondary(response);
  return isThrottled ? { waitMs: GUESS_MS, isGuess: true } : undefined;
}

function isPlausible(ms: number | undefined): ms is number {
  return ms !== undefined && ms >= 0 && ms <= HOUR_MS;
}

function isUsedUp({ headers }: HttpResponse): boolean {
  return headers['x-ratelimit-remaining'] === '0';
}

/** How long the primary rate limit lasts, by the clock of GitHub, if it is used up. */
function readReset(response: HttpResponse): Throttling | undefined {
  const { headers } = response;
  const reset = parseSeconds(String(headers['x-ratelimit-reset'] ?? ''));
  const now = Date.parse(String(headers['date']));
  if (!isUsedUp(response) || reset === undefined) return undefined;
  const waitMs = Math.max(reset - now, 0);
  if (!isPlausible(waitMs)) return undefined;
  return { waitMs, until: `until ${new Date(reset).toISOString().slice(11, 16)} UTC` };
}

/** Whether a response names a secondary rate limit. GitHub documents this message, and often sends nothing else. */
function isSecondary({ body }: HttpResponse): boolean {
  return extractServerMessage(body)?.includes('secondary rate limit') === true;
}
