import { getInput } from '@actions/core';
import * as z from 'zod/mini';
import { governanceInputs, governanceProblems, toGovernance } from '../../governance/inputs.ts';
import { type Connection, connection, toConnection } from '../../inputs/connection.ts';
import type { InvalidInput } from '../../inputs/failures.ts';
import { flag } from '../../inputs/fields.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { type InputLog, makeSlug, slugInputs, slugProblems } from '../../inputs/slug.ts';
import {
  type CreateWorkspaceRequest,
  createWorkspaceRequest,
  cutName,
  NAME_MAX_LENGTH,
} from '../../openrouter/resources/workspaces.ts';
import { type CreateRequest, IF_EXISTS } from './request.ts';

/**
 * The inputs of `action.yml`, in the order in which their problems are reported. The schema of each
 * action is a function, because a step needs one, and to build them all takes 2 ms.
 */
export const createInputs = () => {
  const { name, slug, ...fields } = createWorkspaceRequest.shape;
  return z.object({
    management_key: connection.management_key,
    name: getInput('slug-from') === '' ? name : z.pipe(z.transform(cutText), name),
    slug: z.optional(slug),
    ...slugInputs(),
    ...fields,
    ...governanceInputs,
    if_exists: z._default(z.enum(IF_EXISTS, 'must be fail, reuse or update'), 'fail'),
    dry_run: flag(),
    delete_after_job: flag(),
    delete_keys: flag(),
    api_url: connection.api_url,
    timeout: connection.timeout,
  });
};

/** Cuts the name of a step with `slug-from`, because it is often made from the same text, of any length. */
function cutText(value: unknown): unknown {
  return typeof value === 'string' ? cutName(value) : value;
}

interface CreateInputs extends Connection, CreateRequest {}

/** Checks the inputs against each other. */
function createProblems(
  valid: Partial<z.infer<ReturnType<typeof createInputs>>>,
  provided: ReadonlySet<string>,
): InvalidInput[] {
  const { delete_keys: deleteKeys, delete_after_job: deleteAfterJob } = valid;
  const isOff = deleteAfterJob === false || !provided.has('delete_after_job');
  const problem = { input: 'delete-keys', message: 'needs delete-after-job: true' };
  return [
    ...slugProblems('slug', valid, provided),
    ...governanceProblems(valid, provided),
    ...(deleteKeys === true && isOff ? [problem] : []),
  ];
}

/** @throws {Failure} `invalid-inputs` */
export function readCreateInputs(log: InputLog): CreateInputs {
  const values = readInputs(createInputs(), createProblems);
  const slug = values.slug ?? makeSlug(values, log);
  if (values.name !== getInput('name')) {
    log.notice(`name was cut to ${NAME_MAX_LENGTH} characters: OpenRouter accepts no more.`);
  }
  return {
    ...toConnection(values),
    desired: toFields({ ...values, slug }) as CreateWorkspaceRequest,
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
