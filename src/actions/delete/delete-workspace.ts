import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { countKeys } from '../../lib/format.ts';
import { DELETION_LAG_MS } from '../../openrouter/deletion.ts';
import { listKeys } from '../../openrouter/resources/keys.ts';
import {
  describeFound,
  findWorkspace,
  isDefault,
  isUuid,
  type Workspace,
} from '../../openrouter/resources/workspaces.ts';
import { seenIn } from '../../openrouter/settlement.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { workspaceHasKeys, workspaceStillExists } from '../../teardown/failures.ts';
import { type Deletion, deletionLine } from '../../teardown/outcome.ts';
import { teardown } from '../../teardown/teardown.ts';
import { defaultWorkspace, deletionNotVerified, slugPrefixMismatch } from './failures.ts';

/** What to delete, as the author of the workflow requested it. */
export interface DeleteRequest {
  /** The id or the slug of the workspace. */
  workspace: string;
  /** The prefix that the slug must have. */
  expectSlugPrefix?: string | undefined;
  deleteKeys: boolean;
  /** Look up and check, but delete nothing. */
  dryRun: boolean;
}

export interface DeleteResult extends Deletion {
  workspace: Workspace;
}

/**
 * Deletes a workspace and what blocks its deletion. The failure of the deletion itself is part of the
 * result, so that the outputs can report what was deleted. Returns undefined if there is no such workspace.
 * @param onFound called with the workspace before anything is deleted
 * @throws {ApiError} if the workspace cannot be looked up
 * @throws {Failure} `default-workspace`, `slug-prefix-mismatch`, and in a dry run
 *   `workspace-has-keys`
 */
export async function deleteOne(
  request: DeleteRequest,
  context: Context,
  onFound: (workspace: Workspace) => void,
): Promise<DeleteResult | undefined> {
  const { client, log } = context;
  const { deleteKeys, dryRun } = request;
  log.info(`Requested: delete the workspace ${JSON.stringify(request.workspace)}.`);
  // Before the lookup: a wrong slug that no workspace has would succeed in every run.
  if (!isUuid(request.workspace)) assertPrefix(request.workspace, request);
  const { workspace } = await findWorkspace(client, request.workspace);
  if (!workspace) {
    log.info('No workspace has that id or slug: nothing to delete.');
    return undefined;
  }
  onFound(workspace);
  log.info(`Found ${describeFound(workspace, request.workspace)}.`);
  assertDeletable(workspace, request);
  if (dryRun) return planDeletion(workspace, request, context);

  // No other deletion lists the keys again and verifies the end. A sweep or a clean-up does without because the
  // next one finds what is left, and a post step because only its job has used the workspace.
  const options = { deleteKeys, relistKeys: true };
  const deletion = await teardown(workspace, options, context);
  if (deletion.failure) return { workspace, ...deletion };
  const failure =
    deletion.outcome === 'deleted' ? await verifyDeleted(workspace, context) : undefined;
  if (failure?.is(deletionNotVerified)) return { workspace, ...deletion, failure };
  if (failure) return { workspace, ...deletion, outcome: 'failed', failure };
  log.info(deletionLine('the workspace', deletion));
  return { workspace, ...deletion };
}

/** @throws {Failure} `default-workspace`, `slug-prefix-mismatch` */
function assertDeletable(workspace: Workspace, request: DeleteRequest): void {
  if (isDefault(workspace)) throw new Failure(defaultWorkspace, { workspace });
  assertPrefix(workspace.slug, request);
}

/** @throws {Failure} `slug-prefix-mismatch` */
function assertPrefix(
  slug: string,
  { workspace, expectSlugPrefix: prefix = '' }: DeleteRequest,
): void {
  if (!slug.startsWith(prefix)) {
    throw new Failure(slugPrefixMismatch, { written: workspace, slug, prefix });
  }
}

/** Lists what a dry run would delete. */
async function planDeletion(
  workspace: Workspace,
  { deleteKeys }: DeleteRequest,
  context: Context,
): Promise<DeleteResult> {
  const keys = seenIn(await listKeys(context, workspace));
  if (keys.length > 0 && !deleteKeys) throw new Failure(workspaceHasKeys, { workspace, keys });
  context.log.info(
    `Dry run: the workspace and ${countKeys(keys.length)} would be deleted. Nothing was deleted.`,
  );
  return { workspace, outcome: 'would-delete', keys };
}

/** Verifies that a workspace no longer exists. OpenRouter's response alone is not trusted. */
async function verifyDeleted(
  { slug, id }: Workspace,
  { client }: Context,
): Promise<Failure | undefined> {
  const workspace = { slug, id };
  for (const delay of [0, ...DELETION_LAG_MS]) {
    await client.pause(delay);
    const { value: lookup, error } = await catching(
      findWorkspace(client, id, { trusts404: true }),
      ApiError,
    );
    if (error) return new Failure(deletionNotVerified, { workspace, error });
    if (!lookup.workspace) return undefined;
  }
  return new Failure(workspaceStillExists, { workspace });
}
