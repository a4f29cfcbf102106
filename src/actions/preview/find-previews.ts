import {
  isDefault,
  type ListedWorkspace,
  listWorkspaces,
} from '../../openrouter/resources/workspaces.ts';
import { identify, type MarkedWorkspace, readMark } from './naming.ts';
import type { GitHubContext } from './read-subject.ts';

/**
 * Lists the workspaces that bear the mark of this repository.
 * @throws {ApiError}
 */
export async function findMarked({
  client,
  repository,
}: Pick<GitHubContext, 'client' | 'repository'>): Promise<MarkedWorkspace[]> {
  const { items } = await listWorkspaces(client);
  return markedIn(items, { repository });
}

/** Those of `workspaces` that bear the mark of this repository. */
export function markedIn(
  workspaces: readonly ListedWorkspace[],
  { repository }: Pick<GitHubContext, 'repository'>,
): MarkedWorkspace[] {
  return workspaces.flatMap(({ id, slug, description = '', created_at }) => {
    const mark = readMark(description, repository);
    if (!mark || isDefault({ slug })) return [];
    const { name } = identify(mark.subject, repository, undefined);
    return [{ id, slug, description, created_at, ...mark, name: mark.isLocked ? name : slug }];
  });
}
