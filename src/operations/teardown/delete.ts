import { tellSeconds } from '../../lib/clock.ts';
import { OpenRouterError } from '../../openrouter/api-error.ts';
import { type Key, listKeys } from '../../openrouter/resources/keys.ts';
import { findWorkspace, type Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Surroundings } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { blockedBy, stillThere, tearDown } from './teardown.ts';

export interface DeleteRequest {
  /** Its id or its slug. */
  workspace: string;
  /** What its slug must begin with. */
  expectSlugPrefix?: string | undefined;
  deleteKeys: boolean;
  /** Do everything but delete. */
  dryRun: boolean;
}

export interface DeleteResult {
  /** Absent where it was gone already. */
  workspace?: Workspace;
  /** Whether it was there, and is gone now. */
  deleted: boolean;
  /** Those that were deleted or, in a dry run, would have been. */
  keys: readonly Key[];
  /** Why it is not known to be gone. */
  failure?: OpenRouterError | Failure;
}

/**
 * Deletes a workspace, and what blocks its deletion. What has come to a halt half-way is told by
 * the result.
 * @param found told of the workspace before anything is deleted.
 * @throws {OpenRouterError} when it could not be looked for.
 * @throws {Failure} when it is none that may be deleted.
 */
export async function deleteOne(
  request: DeleteRequest,
  surroundings: Surroundings,
  found: (workspace: Workspace) => void,
): Promise<DeleteResult> {
  const { client, clock, log } = surroundings;
  const { deleteKeys, dryRun } = request;
  const start = clock.now();
  log.info(`Asked to delete the workspace ${request.workspace}.`);
  const { workspace } = await findWorkspace(client, request.workspace);
  if (!workspace) {
    log.info('There is none: it is gone already.');
    return { deleted: false, keys: [] };
  }
  found(workspace);
  const { slug, id, name } = workspace;
  log.info(`It is ${JSON.stringify(name)}, slug ${slug}, id ${id}.`);
  refuse(workspace, request);
  if (dryRun) return plan(workspace, request, surroundings);

  const { deletedKeys, failure } = await tearDown(
    workspace,
    { deleteKeys, looksAgain: true },
    surroundings,
  );
  if (failure) return { workspace, deleted: false, keys: deletedKeys, failure };
  const result = { workspace, deleted: true, keys: deletedKeys };
  const doubt = await doubtThatGone(workspace, surroundings);
  if (doubt) return { ...result, deleted: false, failure: doubt };
  const seconds = tellSeconds(clock.now() - start);
  log.info(`Deleted it, in ${seconds}. API keys deleted: ${deletedKeys.length}.`);
  return result;
}

/** @throws {Failure} */
function refuse({ slug, id }: Workspace, { expectSlugPrefix = '' }: DeleteRequest): void {
  if (slug === 'default') {
    throw new Failure('The default workspace is never deleted', [
      `The workspace ${id} is the default one of the account, and to delete that would disable the account's keys for good.`,
      'Nothing was deleted.',
    ]);
  }
  if (!slug.startsWith(expectSlugPrefix)) {
    throw new Failure(`The workspace ${slug} is not one that was meant`, [
      `Its slug does not begin with ${expectSlugPrefix}, as expect-slug-prefix says: ${slug}, id ${id}.`,
      'Nothing was deleted.',
    ]);
  }
}

async function plan(
  workspace: Workspace,
  { deleteKeys }: DeleteRequest,
  { client, log }: Surroundings,
): Promise<DeleteResult> {
  const { keys } = await listKeys(client, workspace);
  if (keys.length > 0 && !deleteKeys) throw blockedBy(keys, workspace);
  log.info(
    `It would be deleted, and API keys: ${keys.length}. This is a dry run: nothing was deleted.`,
  );
  return { workspace, deleted: false, keys };
}

/** Whether a workspace is gone that OpenRouter has said it has deleted. */
async function doubtThatGone(
  { slug, id }: Workspace,
  { client }: Surroundings,
): Promise<OpenRouterError | Failure | undefined> {
  try {
    const { workspace } = await findWorkspace(client, id);
    if (!workspace) return undefined;
  } catch (error) {
    if (!(error instanceof OpenRouterError)) throw error;
    return error.with({
      left: [`OpenRouter has answered that it has deleted the workspace ${slug}, id ${id}.`],
    });
  }
  return stillThere({ slug, id });
}
