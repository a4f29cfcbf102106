import * as z from 'zod/mini';
import type { Client } from '../../http/client.ts';
import { envelope } from '../envelope.ts';

const ownKey = envelope(z.looseObject({}));

/**
 * `GET /key`: reads the API key that the request itself is sent with.
 * https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key
 * @throws {ApiError} HTTP 401 if the key was disabled or deleted, or has expired
 */
export async function readOwnKey(client: Client): Promise<void> {
  await client.request({
    operation: 'read the API key of this job',
    method: 'GET',
    path: '/key',
    schema: ownKey,
    hint: "The account's owner can have limited what its keys may do.",
  });
}
