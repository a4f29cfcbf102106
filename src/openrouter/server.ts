import type { Credential } from '../http/credential.ts';
import { retryAfter } from '../http/response.ts';
import type { Server } from '../http/server.ts';

/**
 * The management API of OpenRouter, with a management key, with a credential, or without either. Cloudflare's
 * id of a request is the only one in its responses.
 */
export function openRouter({
  apiUrl,
  managementKey,
  credential,
}: {
  apiUrl: string;
  managementKey?: string;
  credential?: Credential;
}): Server {
  return {
    name: 'OpenRouter',
    apiUrl,
    headers: {
      accept: 'application/json',
      ...(managementKey !== undefined && { authorization: `Bearer ${managementKey}` }),
    },
    credential,
    throttlingStatuses: [503],
    retryAfterMs: retryAfter,
    requestIdHeader: 'cf-ray',
  };
}
