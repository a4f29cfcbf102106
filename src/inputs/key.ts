import * as z from 'zod/mini';
import { LIKELY_SECRET } from '../openrouter/key-format.ts';
import { createKeyRequest } from '../openrouter/resources/keys.ts';
import type { KeyRequest } from '../operations/key/create-key.ts';
import type { InvalidInput } from '../operations/shared/failure.ts';
import { type Connection, connection } from './connection.ts';
import { durationOrNever, toMs } from './duration.ts';
import { flag, idOrSlug } from './fields.ts';
import { keyNameOf } from './key-name.ts';
import { readInputs } from './read-inputs.ts';

/** The inputs of `key/action.yml`, in the order in which their problems are told. */
export const keyInputs = () => {
  const { name, limit, limit_reset, include_byok_in_limit } = createKeyRequest.shape;
  return z.object({
    management_key: connection.management_key,
    workspace: idOrSlug(),
    name: z.optional(
      // What looks like one would be hidden, in the name by which the key is found again.
      name.check(z.refine((text) => text.search(LIKELY_SECRET) < 0, 'must not hold a key')),
    ),
    limit_usd: limit,
    limit_reset,
    include_byok_in_limit,
    expires_in: z._default(durationOrNever({ min: '1m', max: '3650d' }), toMs('6h')),
    revoke_after_job: flag(true),
    replace: flag(),
    api_url: connection.api_url,
    timeout: connection.timeout,
  });
};

/** What is wrong between the inputs, each of which is right by itself. */
function keyProblems(
  { limit_reset: reset, replace }: Partial<z.infer<ReturnType<typeof keyInputs>>>,
  given: ReadonlySet<string>,
): InvalidInput[] {
  return [
    ...(reset !== undefined && !given.has('limit_usd')
      ? [
          {
            input: 'limit-reset',
            message: 'needs limit-usd: without a limit there is none to reset',
          },
        ]
      : []),
    ...(replace === true && !given.has('name')
      ? [
          {
            input: 'replace',
            message: 'needs name: the name that is made up is a new one each time',
          },
        ]
      : []),
  ];
}

interface KeyInputs extends Connection, KeyRequest {}

/** @throws {Failure} that names every input which cannot be used. */
export function readKeyInputs(): KeyInputs {
  const read = readInputs(keyInputs(), keyProblems);
  const { limit_reset: reset, include_byok_in_limit: byok } = read;
  return {
    managementKey: read.management_key,
    apiUrl: read.api_url,
    timeoutMs: read.timeout,
    workspace: read.workspace,
    desired: {
      name: read.name ?? keyNameOf(process.env, Math.random()),
      ...(read.limit_usd !== undefined && { limit: read.limit_usd }),
      ...(reset !== undefined && { limit_reset: reset }),
      ...(byok !== undefined && { include_byok_in_limit: byok }),
    },
    nameIsRandom: read.name === undefined,
    expiresInMs: read.expires_in,
    revokeAfterJob: read.revoke_after_job,
    replace: read.replace,
  };
}
