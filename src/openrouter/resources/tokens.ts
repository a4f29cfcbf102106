import * as z from 'zod/mini';
import type { ApiRequest } from '../../http/request.ts';
import { bearerToken, tokensIn } from '../../http/token.ts';

const token = () =>
  z.object({
    access_token: bearerToken,
    /** In seconds. RFC 6749 and RFC 8693 only recommend it, so anything but a number counts as absent. */
    expires_in: z.optional(
      z.pipe(
        z.unknown(),
        z.transform((value) => z.safeParse(z.number(), value).data),
      ),
    ),
  });

/**
 * `POST /oauth/token`: the request that exchanges an id token for a token that replaces a management key
 * (RFC 8693, and `scope` in OpenRouter's Python SDK since 1.3.59). It changes nothing, so it can be repeated.
 * @param registerSecrets called with the token before it is used or logged
 */
export function tokenRequest(
  { policyId, idToken }: { policyId: string; idToken: string },
  registerSecrets: (secrets: readonly string[]) => void,
): ApiRequest<z.infer<ReturnType<typeof token>>> {
  return {
    operation: 'exchange the id token of this job',
    method: 'POST',
    readOnly: true,
    path: '/oauth/token',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: idToken,
      federation_policy_id: policyId,
      scope: 'management',
    }),
    schema: token(),
    onBody: (body) => registerSecrets(tokensIn(body, 'access_token')),
  };
}
