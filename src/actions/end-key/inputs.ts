import * as z from 'zod/mini';
import { type Connection, connection, toConnection } from '../../inputs/connection.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { readWorkflowRun } from '../../sealing/inputs.ts';
import type { WorkflowRun } from '../../sealing/output-key.ts';

/** What the results of jobs in `needs` can be. */
const RESULTS = ['success', 'failure', 'cancelled', 'skipped'] as const;

const RESULT = 'must be the result of a job: success, failure, cancelled or skipped';

/** The inputs of `end-key/action.yml`, in the order in which their problems are reported. */
export const endKeyInputs = () =>
  z.object({
    management_key: connection.management_key,
    github_token: z._default(z.string(), ''),
    sealed_key: z.string(),
    result: z._default(z.array(z.enum(RESULTS, RESULT)), []),
    api_url: connection.api_url,
    timeout: connection.timeout,
  });

export interface EndKeyInputs extends Connection {
  sealedKey: string;
  workflowRun: WorkflowRun;
  /** Those of the jobs that used the key; empty if the author does not tell. */
  results: (typeof RESULTS)[number][];
}

/** @throws {Failure} `invalid-inputs` */
export function readEndKeyInputs(): EndKeyInputs {
  const values = readInputs(endKeyInputs());
  const { sealed_key: sealedKey, result: results } = values;
  return { ...toConnection(values), sealedKey, workflowRun: readWorkflowRun(), results };
}
