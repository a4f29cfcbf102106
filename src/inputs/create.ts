import * as z from 'zod/mini';
import { createWorkspaceRequest } from '../openrouter/workspaces.ts';
import { type CreateRequest, IF_EXISTS } from '../workspace/request.ts';
import { type Connection, connection } from './connection.ts';
import { flag } from './flag.ts';
import { readInputs } from './read.ts';

/** The inputs of `action.yml`, in the order in which their problems are told. */
export const createInputs = z.object({
  management_key: connection.management_key,
  ...createWorkspaceRequest.shape,
  if_exists: z._default(z.enum(IF_EXISTS, 'must be fail, reuse or update'), 'fail'),
  dry_run: flag(),
  delete_after_job: flag(),
  api_url: connection.api_url,
  timeout: connection.timeout,
});

export interface CreateInputs extends Connection, CreateRequest {}

/** @throws {Failure} that names every input which cannot be used. */
export function readCreateInputs(): CreateInputs {
  const { management_key, if_exists, dry_run, delete_after_job, api_url, timeout, ...asked } =
    readInputs(createInputs);
  return {
    managementKey: management_key,
    apiUrl: api_url,
    timeoutMs: timeout,
    asked,
    ifExists: if_exists,
    dryRun: dry_run,
    deleteAfterJob: delete_after_job,
  };
}
