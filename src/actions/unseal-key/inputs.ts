import * as z from 'zod/mini';
import { connection } from '../../inputs/connection.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { readWorkflowRun, seal as sealInput } from '../../sealing/inputs.ts';
import type { WorkflowRun } from '../../sealing/output-key.ts';

/** The inputs of `unseal-key/action.yml`, in the order in which their problems are reported. */
export const unsealKeyInputs = () =>
  z.object({
    sealed_key: z.string(),
    seal: sealInput(),
    api_url: connection.api_url,
    timeout: connection.timeout,
  });

interface UnsealKeyInputs {
  sealedKey: string;
  seal: Buffer;
  workflowRun: WorkflowRun;
  apiUrl: string;
  timeoutMs: number;
}

/** @throws {Failure} `invalid-inputs` */
export function readUnsealKeyInputs(): UnsealKeyInputs {
  const { sealed_key, seal, api_url, timeout } = readInputs(unsealKeyInputs());
  const sealed = { sealedKey: sealed_key, seal, workflowRun: readWorkflowRun() };
  return { ...sealed, apiUrl: api_url, timeoutMs: timeout };
}
