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
import { readInputs } from './read-inputs.ts';

/**
 * The inputs of `action.yml`, in the order in which their problems are reported. The schema of each
 * action is a function, because a step needs one, and to build them all takes 2 ms.
 */
export const createInputs = () =>
  z.object({
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
  /** Whether the cleanup after the job also deletes the API keys in the workspace. */
  deleteKeys: boolean;
}

/** Checks the inputs against each other. */
function createProblems(
  valid: Partial<z.infer<ReturnType<typeof createInputs>>>,
  provided: ReadonlySet<string>,
): InvalidInput[] {
  const { delete_keys: deleteKeys, delete_after_job: deleteAfterJob } = valid;
  const isOff = deleteAfterJob === false || !provided.has('delete_after_job');
  const problem = { input: 'delete-keys', message: 'needs delete-after-job: true' };
  return [
    ...governanceProblems(valid, provided),
    ...(deleteKeys === true && isOff ? [problem] : []),
  ];
}

/** @throws {Failure} `invalid-inputs` */
export function readCreateInputs(): CreateInputs {
  const values = readInputs(createInputs(), createProblems);
  return {
    managementKey: values.management_key,
    apiUrl: values.api_url,
    timeoutMs: values.timeout,
    desired: toFields(values) as CreateWorkspaceRequest,
    ...toGovernance(values),
    ifExists: values.if_exists,
    dryRun: values.dry_run,
    deleteAfterJob: values.delete_after_job,
    deleteKeys: values.delete_keys,
  };
}

/** The fields of a workspace in `values`, which are those that the author wrote. */
export function toFields(values: object): Partial<CreateWorkspaceRequest> {
  return Object.fromEntries(
    Object.entries(values).filter(([key]) => Object.hasOwn(createWorkspaceRequest.shape, key)),
  );
}
