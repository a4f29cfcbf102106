import * as z from 'zod/mini';
import { type Connection, connection, toConnection } from '../../inputs/connection.ts';
import { flag, idOrSlug } from '../../inputs/fields.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { type InputLog, makeSlug, slugInputs, slugProblems } from '../../inputs/slug.ts';
import type { DeleteRequest } from './delete-workspace.ts';

/** The inputs of `delete/action.yml`, in the order in which their problems are reported. */
export const deleteInputs = () =>
  z.object({
    management_key: connection.management_key,
    workspace: z.optional(idOrSlug()),
    ...slugInputs(),
    expect_slug_prefix: z.optional(
      z
        .string()
        .check(
          z.regex(
            /^[a-z0-9-]+$/,
            'must be the beginning of a slug: lower-case letters, digits and hyphens',
          ),
        ),
    ),
    delete_keys: flag(),
    dry_run: flag(),
    api_url: connection.api_url,
    timeout: connection.timeout,
  });

interface DeleteInputs extends Connection, DeleteRequest {}

/** @throws {Failure} `invalid-inputs` */
export function readDeleteInputs(log: InputLog): DeleteInputs {
  const values = readInputs(deleteInputs(), (valid, provided) =>
    slugProblems('workspace', valid, provided),
  );
  return {
    ...toConnection(values),
    workspace: values.workspace ?? makeSlug(values, log),
    expectSlugPrefix: values.expect_slug_prefix,
    deleteKeys: values.delete_keys,
    dryRun: values.dry_run,
  };
}
