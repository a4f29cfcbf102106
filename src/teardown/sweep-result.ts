import type { WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import type { Spent } from '../openrouter/settlement.ts';
import type { KeysLeft } from './keys-left.ts';

/** What became of a workspace that a sweep, or a clean-up of previews, looked at. */
export type SweepOutcome =
  | 'deleted'
  /** Another job deleted it in the meantime. */
  | 'already-deleted'
  /** It could not be deleted, or whether it was is unknown. */
  | 'failed'
  /** A dry run would delete it. */
  | 'would-delete'
  /** It is stale, and was kept because there are more than `max-deletions`. */
  | 'too-many'
  /** It is a preview that ends: nothing can spend, and a later clean-up deletes it once all is counted. */
  | 'settling'
  /** Its pull request was open again before anything was changed. */
  | 'reopened'
  /** Whether its pull request or branch is open could not be read. */
  | 'unread'
  /** It is not stale. */
  | 'kept';

/** What deletes: `sweep` by age, a clean-up of previews by their pull requests and branches. */
export type SweepKind = 'sweep' | 'clean-up';

/** A workspace that a sweep has found. */
export interface FoundWorkspace extends WorkspaceRef {
  /** In a clean-up, the pull request or branch of the preview. */
  link?: { text: string; url: string };
  /** ISO 8601, as OpenRouter returns it; null if it does not. */
  created_at: string | null;
  /**
   * In milliseconds, by the server's clock, or by the runner's if that is more than a day behind;
   * undefined if unknown.
   */
  age: number | undefined;
  /** Why it is stale or kept: one line that is safe to show. */
  reason: string;
}

/** A workspace in the result of a sweep. */
export interface SweptWorkspace extends FoundWorkspace {
  outcome: SweepOutcome;
  /** Why it is stale or kept or, if it is neither, why it could not be deleted or read. */
  reason: string;
  /** What failed, if it could not be deleted or read. */
  error?: Error;
  /** What is known of its API keys then; absent if nothing is. */
  keysLeft?: KeysLeft;
  /**
   * What the API keys had spent that were deleted or, if it could not be deleted or in a clean-up, what was read;
   * absent if nothing was deleted or read.
   */
  spent?: Spent;
}

/** All workspaces that a sweep, or a clean-up of previews, looked at. Deletions are in the order in which they ended. */
export type SweepResult = readonly SweptWorkspace[];

/** The workspaces with one of `outcomes`, in the order of these. */
export function withOutcome(
  result: SweepResult,
  ...outcomes: readonly SweepOutcome[]
): SweptWorkspace[] {
  return outcomes.flatMap((outcome) => result.filter((entry) => entry.outcome === outcome));
}

/** The workspaces that could not be deleted or read. */
export function failuresIn(result: SweepResult): SweptWorkspace[] {
  return withOutcome(result, 'unread', 'failed');
}

/** What becomes of stale workspaces if none is deleted; undefined if they are deleted. */
export function outcomeOfNone(
  stale: readonly FoundWorkspace[],
  { maxDeletions, dryRun }: { maxDeletions: number; dryRun: boolean },
): 'too-many' | 'would-delete' | undefined {
  if (stale.length > maxDeletions) return 'too-many';
  return dryRun ? 'would-delete' : undefined;
}

/**
 * What a result means for its step, which `too-many` and `incomplete` fail: the first that applies. `deleted` also
 * if other jobs deleted all that was stale.
 */
export function meaningOf(
  result: SweepResult,
): 'too-many' | 'incomplete' | 'nothing-stale' | 'would-delete' | 'deleted' {
  if (withOutcome(result, 'too-many').length > 0) return 'too-many';
  if (failuresIn(result).length > 0) return 'incomplete';
  if (result.every(({ outcome }) => outcome === 'kept')) return 'nothing-stale';
  return withOutcome(result, 'would-delete').length > 0 ? 'would-delete' : 'deleted';
}

/** About a dry run without `delete-keys`. */
export const KEYS_NOT_CHECKED =
  'Whether they have API keys was not checked. Without delete-keys: true, a workspace that has any is not deleted.';

export const TOO_MANY = 'more workspaces are stale than max-deletions allows';
