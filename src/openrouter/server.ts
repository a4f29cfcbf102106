import { retryAfter } from '../http/response.ts';
import type { Server } from '../http/server.ts';

/** The management API of OpenRouter. Cloudflare's id of a request is the only one in its responses. */
export function openRouter({
  apiUrl,
  managementKey,
}: {
  apiUrl: string;
  managementKey: string;
}): Server {
  return {
    name: 'OpenRouter',
    apiUrl,
    headers: { accept: 'application/json', authorization: `Bearer ${managementKey}` },
    throttlingStatuses: [503],
    throttling(response) {
      const waitMs = retryAfter(response);
      return waitMs === undefined ? undefined : { waitMs };
    },
    requestIdHeader: 'cf-ray',
  };
}
