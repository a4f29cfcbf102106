import * as z from 'zod/mini';
import { connection } from '../../inputs/connection.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { readRunId, seal } from '../../sealing/inputs.ts';

/** The inputs of `unseal-key/action.yml`, in the order in which their problems are reported. */
export const unsealKeyInputs = () =>
  z.object({
    sealed_key: z.string(),
    seal: seal(),
    api_url: connection.api_url,
    timeout: connection.timeout,
  });

interface UnsealKeyInputs {
  sealedKey: string;
  seal: Buffer;
  runId: string;
  apiUrl: string;
  timeoutMs: number;
}

/** @throws {Failure} `invalid-inputs` */
export function readUnsealKeyInputs(): UnsealKeyInputs {
  const { sealed_key, seal: bytes, api_url, timeout } = readInputs(unsealKeyInputs());
  const runId = readRunId();
  return { sealedKey: sealed_key, seal: bytes, runId, apiUrl: api_url, timeoutMs: timeout };
}
