import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { countWorkspaces } from '../../lib/format.ts';
import { totalSpent } from '../../openrouter/resources/keys.ts';
import {
  isDefault,
  type ListedWorkspace,
  listWorkspaces,
} from '../../openrouter/resources/workspaces.ts';
import { Failure, type FailureCode } from '../shared/failure.ts';
import type { SweepEntry, SweepResult } from '../shared/sweep-result.ts';
import { deletePreview } from './delete-preview.ts';
import { readMark } from './naming.ts';
import { type GitHubContext, readStanding } from './standing.ts';
import type { Subject } from './subject.ts';

interface MarkedWorkspace extends ListedWorkspace {
  subject: Subject;
}

interface Outdated {
  workspace: MarkedWorkspace;
  /** When its pull request is known to have changed. */
  since: number | undefined;
  entry: SweepEntry;
}

/**
 * Deletes the previews of this repository whose pull request is closed or whose branch is gone. One that
 * cannot be read is kept, and the others go on.
 * @throws {ApiError} if the workspaces cannot be listed; then none is deleted
 */
export async function cleanUp(
  { maxDeletions, dryRun }: { maxDeletions: number; dryRun: boolean },
  context: GitHubContext,
): Promise<SweepResult> {
  const { log } = context;
  const marked = await findMarked(context);
  log.info(`Previews of this repository: ${countWorkspaces(marked.length)}.`);
  const outdated: Outdated[] = [];
  const failed: SweepEntry[] = [];
  const kept: SweepEntry[] = [];
  for (const workspace of marked) {
    const entry = toEntry(workspace);
    const { value: standing, error } = await catching(
      readStanding(workspace.subject, undefined, context),
      ApiError,
      Failure,
    );
    if (error) failed.push({ ...entry, reason: reasonOf(error) });
    else if (standing.isOpen) kept.push({ ...entry, reason: 'it is open' });
    else outdated.push({ workspace, since: standing.since, entry });
  }
  const stale = outdated.map(({ entry }) => entry);
  const result = {
    deleted: [],
    alreadyDeleted: [],
    wouldDelete: [],
    tooMany: [],
    failed,
    kept,
    staleCount: stale.length,
    keptCount: kept.length,
  };
  if (stale.length > maxDeletions) return { ...result, tooMany: stale };
  if (dryRun) return { ...result, wouldDelete: stale };
  return deleteAll(outdated, result, context);
}

async function deleteAll(
  outdated: readonly Outdated[],
  result: SweepResult,
  context: GitHubContext,
): Promise<SweepResult> {
  const lists = {
    deleted: [] as SweepEntry[],
    alreadyDeleted: [] as SweepEntry[],
    failed: [...result.failed],
    kept: [...result.kept],
  };
  for (const { workspace, since, entry } of outdated) {
    const { slug, subject, description } = workspace;
    const identity = { slug, name: slug, description: String(description) };
    const preview = { subject, since, identity };
    const { value: deletion, error } = await catching(
      deletePreview(preview, { dryRun: false }, context),
      ApiError,
      Failure,
    );
    if (error) lists.failed.push({ ...entry, reason: reasonOf(error) });
    else if (deletion.kind === 'reopened')
      lists.kept.push({ ...entry, reason: 'it is open again' });
    else if (deletion.kind === 'missing' || !deletion.deleted) lists.alreadyDeleted.push(entry);
    else lists.deleted.push({ ...entry, keysSpent: totalSpent(deletion.deletedKeys) });
  }
  return { ...result, ...lists };
}

/** The failure of the step after a clean-up, if it fails. */
export function cleanUpFailure(
  result: SweepResult,
  { maxDeletions }: { maxDeletions: number },
): Failure | undefined {
  if (result.tooMany.length > 0) {
    const check = 'the table in the job summary';
    return new Failure('too-many-stale', { result, maxDeletions, check });
  }
  return result.failed.length > 0 ? new Failure('sweep-incomplete', { result }) : undefined;
}

/** The failures that are not about a request, in a few words. */
const REASONS: Partial<Record<FailureCode, string>> = {
  'preview-not-ours': 'its slug is taken',
  'preview-reopened': 'deleted, and open again: run its workflow again',
};

function reasonOf(error: ApiError | Failure): string {
  return error instanceof ApiError ? error.message : (REASONS[error.code] ?? error.code);
}

async function findMarked({ client, repository }: GitHubContext): Promise<MarkedWorkspace[]> {
  const marked: MarkedWorkspace[] = [];
  for await (const { items } of listWorkspaces(client)) {
    for (const workspace of items) {
      const subject = readMark(workspace.description, repository);
      if (subject && !isDefault(workspace)) marked.push({ ...workspace, subject });
    }
  }
  return marked;
}

function toEntry({ id, slug, created_at }: MarkedWorkspace): SweepEntry {
  return {
    id,
    slug,
    created_at: created_at ?? null,
    age: undefined,
    reason: 'its pull request or branch is closed',
  };
}
