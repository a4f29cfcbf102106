import * as z from 'zod/mini';
import { engineOf } from '../../github/engine.ts';
import { type Connection, connection, toConnection } from '../../inputs/connection.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { readRunId } from '../../sealing/inputs.ts';
import { type JobStatus, jobStatusOf } from '../key/job-status.ts';

const RESULTS = ['success', 'failure', 'cancelled', 'skipped'] as const;

/** The inputs of `end-key/action.yml`, in the order in which their problems are reported. */
export const endKeyInputs = () =>
  z.object({
    management_key: connection.management_key,
    github_token: z._default(z.string(), ''),
    sealed_key: z.string(),
    result: z.optional(
      z.enum(RESULTS, 'must be the result of a job: success, failure, cancelled or skipped'),
    ),
    api_url: connection.api_url,
    timeout: connection.timeout,
  });

export interface EndKeyInputs extends Connection {
  sealedKey: string;
  runId: string;
  /** Whether the jobs that used the key have succeeded; undefined if the author does not tell. */
  jobStatus: JobStatus | undefined;
}

/** @throws {Failure} `invalid-inputs` */
export function readEndKeyInputs(): EndKeyInputs {
  const values = readInputs(endKeyInputs());
  const { sealed_key: sealedKey, result } = values;
  const engine = engineOf(process.env);
  const jobStatus = result && {
    ...jobStatusOf(result, engine),
    succeeded: result === 'success',
  };
  return { ...toConnection(values), sealedKey, runId: readRunId(), jobStatus };
}
