import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { readOwnKey } from '../../openrouter/resources/own-key.ts';
import { sealedKeyEnded } from '../../sealing/failures.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';

/**
 * Checks that OpenRouter accepts the API key of `client`. HTTP 403 is not the end of a key: its limit can be used up, and
 * its owner can have set what the account allows.
 * @throws {Failure} `sealed-key-ended`
 * @throws {ApiError}
 */
export async function assertWorks({ client }: Pick<Context, 'client'>): Promise<void> {
  const { error } = await catching(readOwnKey(client), ApiError);
  if (error?.details.status === 401) throw new Failure(sealedKeyEnded, {});
  if (error) throw error;
}
