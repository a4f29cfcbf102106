import * as z from 'zod/mini';
import {
  type CreateWorkspaceRequest,
  createWorkspaceRequest,
} from '../openrouter/resources/workspaces.ts';
import { type CreateRequest, IF_EXISTS } from '../operations/create/request.ts';
import type { InvalidInput } from '../operations/shared/failure.ts';
import { type Connection, connection } from './connection.ts';
import { flag } from './fields.ts';
import { governanceInputs, governanceProblems, toGovernance } from './governance.ts';
import { inputName, readInputs } from './read-inputs.ts';

/**
 * The inputs of `action.yml`, in the order in which their problems are told. Built at once, where
 * those of the other actions are only by these, which a create need not wait for.
 */
export const createInputs = z.object({
  management_key: connection.management_key,
  ...createWorkspaceRequest.shape,
  ...governanceInputs,
  if_exists: z._default(z.enum(IF_EXISTS, 'must be fail, reuse or update'), 'fail'),
  dry_run: flag(),
  delete_after_job: flag(),
  delete_keys: flag(),
  api_url: connection.api_url,
  timeout: connection.timeout,
});

interface CreateInputs extends Connection, CreateRequest {
  /** Whether the clean-up after the job deletes the API keys in the workspace, too. */
  deleteKeys: boolean;
}

/** What is wrong between the inputs, each of which is right by itself. */
function createProblems(
  read: Partial<z.infer<typeof createInputs>>,
  given: ReadonlySet<string>,
): InvalidInput[] {
  const { delete_keys: deleteKeys, delete_after_job: deleteAfterJob } = read;
  const isOff = deleteAfterJob === false || !given.has('delete_after_job');
  const problem = { input: 'delete-keys', message: 'needs delete-after-job: true' };
  return [...governanceProblems(read, given), ...(deleteKeys === true && isOff ? [problem] : [])];
}

/** @throws {Failure} that names every input which cannot be used. */
export function readCreateInputs(): CreateInputs {
  const read = readInputs(createInputs, createProblems);
  const fields = Object.keys(createWorkspaceRequest.shape);
  const desired = Object.fromEntries(Object.entries(read).filter(([key]) => fields.includes(key)));
  const isGiven = (key: string) => key in read;
  return {
    managementKey: read.management_key,
    apiUrl: read.api_url,
    timeoutMs: read.timeout,
    desired: desired as CreateWorkspaceRequest,
    governance: toGovernance(read),
    governanceInputs: Object.keys(governanceInputs).filter(isGiven).map(inputName),
    ifExists: read.if_exists,
    dryRun: read.dry_run,
    deleteAfterJob: read.delete_after_job,
    deleteKeys: read.delete_keys,
  };
}
