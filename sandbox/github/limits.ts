import type { ApiRequest, ApiResponse } from '../http/routing.ts';
import type { GitHubState, Token } from './state.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The primary rate limit of a token that is new at `now`. A job has 1,000 requests an hour. */
export function newLimit(now: Date): Token['limit'] {
  return { total: 1000, remaining: 1000, resetsAt: new Date(now.getTime() + HOUR_MS) };
}

/**
 * Counts a request. Returns its response if a rate limit rejects it:
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export function countRequest(
  github: GitHubState,
  token: Token,
  { method, path }: Pick<ApiRequest, 'method' | 'path'>,
): ApiResponse | undefined {
  const now = github.now();
  if (method !== 'GET' && path !== '/graphql') countWrite(github, now);
  if (token.limit.resetsAt <= now) {
    token.limit = { ...newLimit(now), total: token.limit.total, remaining: token.limit.total };
  }
  const { limitedUntil, limitStatus: status } = github;
  if (limitedUntil && limitedUntil > now) {
    const seconds = Math.ceil((limitedUntil.getTime() - now.getTime()) / 1000);
    const message =
      'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
    const headers = github.limitSaysHowLong ? { 'retry-after': String(seconds) } : {};
    return { status, headers, body: { message } };
  }
  if (token.limit.remaining === 0) {
    return { status, body: { message: 'API rate limit exceeded for installation ID 1.' } };
  }
  token.limit.remaining -= 1;
  return undefined;
}

/** Counts a request that writes. Too many in a minute are rejected, and so is what follows within a minute. */
function countWrite(github: GitHubState, now: Date): void {
  const { limitedUntil, writesPerMinute } = github;
  if (limitedUntil && limitedUntil > now) return;
  const since = now.getTime() - MINUTE_MS;
  github.writtenAt = github.writtenAt.filter((time) => time.getTime() > since);
  if (github.writtenAt.length < writesPerMinute) github.writtenAt.push(now);
  else github.limitedUntil = new Date(now.getTime() + MINUTE_MS);
}

/** The headers about the primary rate limit. */
export function limitHeaders({ limit: { total, remaining, resetsAt } }: Token) {
  return {
    'x-ratelimit-limit': String(total),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(Math.ceil(resetsAt.getTime() / 1000)),
    'x-ratelimit-resource': 'core',
  };
}
