import type { Repository } from '../../github/repository.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { listKeys } from '../../openrouter/resources/keys.ts';
import { findWorkspace, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../../shared/context.ts';
import type { CommentData, ListedWorkspace } from './comment.ts';
import { isSame, readMark } from './naming.ts';

/** What is known of the workspace with the slug of a preview. */
export type KnownWorkspace =
  /** Nothing: it is looked up. */
  | { kind: 'unknown' }
  /** It existed a moment ago. */
  | { kind: 'found'; workspace: WorkspaceRef }
  /** It is about to be deleted, and its API keys were just listed. */
  | ({ kind: 'being-deleted' } & ListedWorkspace)
  /** It does not exist; `id` is that of the one that was deleted. */
  | { kind: 'gone'; id?: string };

/** A pull request, and the workspaces that it may have. */
export interface Search {
  /** The number of the pull request. */
  number: number;
  slug: string;
  known: KnownWorkspace;
  /** The ids of others, which the comment remembers. Anyone who may edit it can write ids there. */
  others: ReadonlySet<string>;
  /** Those that existed at the last look. */
  last: readonly ListedWorkspace[];
}

type SearchContext = Pick<Context, 'client'> & { repository: Repository };

/**
 * Lists the workspaces of a pull request, with their API keys. Only those that bear its mark.
 * @throws {ApiError}
 */
export async function listExisting(
  search: Search,
  context: SearchContext,
): Promise<ListedWorkspace[]> {
  const { slug, known, others, last } = search;
  const found: Promise<ListedWorkspace | undefined>[] = [];
  if (known.kind === 'being-deleted') found.push(Promise.resolve(known));
  else if (known.kind !== 'gone') {
    const before = last.find(({ workspace }) => workspace.slug === slug)?.workspace;
    const first = known.kind === 'found' ? known.workspace : undefined;
    found.push(listWorkspace(slug, before ?? first, search, context));
  }
  for (const id of others) {
    const before = last.find(({ workspace }) => workspace.id === id)?.workspace;
    found.push(listWorkspace(id, before, search, context));
  }
  return (await Promise.all(found)).flatMap((one) => one ?? []);
}

/**
 * Lists the API keys of a workspace. The list of one that is gone may be empty or rejected: then it is looked
 * up, as one is that was not known before.
 * @throws {ApiError}
 */
async function listWorkspace(
  idOrSlug: string,
  before: WorkspaceRef | undefined,
  { number }: Search,
  { client, repository }: SearchContext,
): Promise<ListedWorkspace | undefined> {
  const list = before && (await catching(listKeys(client, before), ApiError));
  if (list?.error && list.error.details.kind !== 'rejected') throw list.error;
  const keys = list?.value?.keys;
  if (before && keys && keys.length > 0) return { workspace: before, keys };
  const { workspace } = await findWorkspace(client, idOrSlug);
  const mark = readMark(workspace?.['description'], repository);
  if (!workspace || !mark || !isSame(mark, { kind: 'pull', number })) return undefined;
  if (workspace.id === before?.id && keys) return { workspace, keys };
  return { workspace, keys: (await listKeys(client, workspace)).keys };
}

/**
 * The ids of the remembered workspaces that may exist, although they are not among `existing`. Only one
 * workspace has a slug, so others with that of this preview are gone. If the workspace of this preview is known to be gone, no workspace
 * with its slug was looked up: then others may have it.
 */
export function findOthers(
  { workspaces }: CommentData,
  { slug, known, others }: Search,
  existing: readonly ListedWorkspace[],
): string[] {
  return Object.entries(workspaces)
    .filter(([, { deletion }]) => deletion?.state !== 'finished')
    .filter(([id, other]) => (known.kind === 'gone' ? id !== known.id : other.slug !== slug))
    .map(([id]) => id)
    .filter((id) => !others.has(id) && !existing.some(({ workspace }) => workspace.id === id));
}
