import * as z from 'zod/mini';
import { type CreateWorkspaceRequest, createWorkspaceRequest } from '../openrouter/workspaces.ts';
import { type Connection, connection } from './connection.ts';
import { readInputs } from './read.ts';

/** The inputs of `action.yml`, in the order in which their problems are told. */
export const createInputs = z.object({
  management_key: connection.management_key,
  ...createWorkspaceRequest.shape,
  api_url: connection.api_url,
  timeout: connection.timeout,
});

export interface CreateInputs extends Connection {
  /** Exactly the fields that the author wrote. */
  workspace: CreateWorkspaceRequest;
}

/** @throws {Failure} that names every input which cannot be used. */
export function readCreateInputs(): CreateInputs {
  const { management_key, api_url, timeout, ...workspace } = readInputs(createInputs);
  return { managementKey: management_key, apiUrl: api_url, timeoutMs: timeout, workspace };
}
