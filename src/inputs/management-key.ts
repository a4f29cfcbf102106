import * as z from 'zod/mini';
import { connection } from './connection.ts';
import { readInputs } from './read-inputs.ts';

/**
 * The one input that a post step reads: all others come from what its main step saved.
 * @throws {Failure} `invalid-inputs`
 */
export function readManagementKey(): string {
  return readInputs(z.object({ management_key: connection.management_key })).management_key;
}
