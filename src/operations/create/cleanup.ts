import { findWorkspace, type Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Abortable } from '../shared/context.ts';
import { looks } from '../shared/poll-delays.ts';
import { isAsAsked, wasMadeIn } from '../shared/time-window.ts';
import { tearDown } from '../teardown/teardown.ts';
import type { Intent } from './request.ts';

/** What the step made, or what it was about to make. */
type Origin = { made: Pick<Workspace, 'id' | 'slug'> } | { intended: Intent };

/** What the step has left for its clean-up. */
export type Remains = Origin & {
  /** Whether the API keys in the workspace are deleted, too. */
  deleteKeys: boolean;
};

/** The slug of the workspace that may be left. */
export function slugOf(remains: Remains): string {
  return 'made' in remains ? remains.made.slug : remains.intended.asked.slug;
}

/**
 * Deletes the workspace that this step made; and nothing that it cannot be shown to have made.
 * @throws {OpenRouterError} when it could not be deleted, or looked for.
 * @throws {Failure} when it has API keys that are not to be deleted, or is still there afterwards.
 */
export async function cleanUp(remains: Remains, surroundings: Abortable): Promise<void> {
  const { log } = surroundings;
  const workspace = 'made' in remains ? remains.made : await findMade(remains, surroundings);
  if (!workspace) return;
  const { slug, id } = workspace;
  const options = { deleteKeys: remains.deleteKeys, looksAgain: false };
  const { deleted, failure } = await tearDown(workspace, options, surroundings);
  if (failure) throw failure;
  log.info(
    deleted
      ? `Deleted the workspace ${slug}, id ${id}, as delete-after-job asks for.`
      : `The workspace ${slug}, id ${id}, was gone already.`,
  );
}

/** The step was ended between its POST and the answer: what was sent may yet be carried out. */
async function findMade(
  { intended: { asked, span } }: Extract<Remains, { intended: Intent }>,
  surroundings: Abortable,
): Promise<Workspace | undefined> {
  const { client, log } = surroundings;
  for await (const _ of looks(surroundings)) {
    const { workspace } = await findWorkspace(client, asked.slug);
    if (!workspace) continue;
    const inTime = span !== undefined && wasMadeIn(workspace, span);
    if (inTime && isAsAsked(workspace, asked)) return workspace;
    log.warning(`The workspace ${asked.slug} was left alone`, [
      `It exists, id ${workspace.id}, but cannot be shown to be what this step made.`,
    ]);
    return undefined;
  }
  log.info(`There is no workspace ${asked.slug}: nothing to clean up.`);
  return undefined;
}
