import type { Usd } from '../lib/usd.ts';
import type { WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';

/** A workspace in the result of a sweep. */
export interface SweepEntry extends WorkspaceRef {
  /** ISO 8601, as OpenRouter returns it; null if it does not. */
  created_at: string | null;
  /**
   * In milliseconds, by the server's clock, or by the runner's if that is more than a day behind;
   * undefined if unknown.
   */
  age: number | undefined;
  /** Why the workspace is stale, could not be deleted, or is kept: one line that is safe to show. */
  reason: string;
  /** Why it could not be deleted, if a request failed. */
  error?: Error;
  /** Whether it could not be deleted because of its API keys. */
  hasKeys?: boolean;
  /**
   * What the API keys had spent that were deleted or, in a clean-up, disabled; null if that is unknown, absent if
   * none was.
   */
  keysSpent?: Usd | null;
  /** Whether that is a lower bound, because other API keys of the workspace may have spent something. */
  isLowerBound?: boolean;
}

/** The result of a sweep, or of a clean-up of previews. */
export interface SweepResult {
  deleted: readonly SweepEntry[];
  failed: readonly SweepEntry[];
  /** The stale workspaces that another job deleted in the meantime. */
  alreadyDeleted: readonly SweepEntry[];
  /** The workspaces that a dry run would delete; empty otherwise. */
  wouldDelete: readonly SweepEntry[];
  /** The stale workspaces that were kept because there are more than `max-deletions`; 1,000 at most. */
  tooMany: readonly SweepEntry[];
  /** The workspaces that match the pattern but are not stale; 1,000 at most. */
  kept: readonly SweepEntry[];
  /** The number of stale workspaces. */
  staleCount: number;
  /** The number of workspaces that match the pattern but are not stale. */
  keptCount: number;
}

/**
 * Entries of workspaces that could not be deleted, whose reasons are safe to show. They can have text of a
 * response, and are in an output, which is written as it is.
 */
export function withSafeReasons(
  failed: readonly SweepEntry[],
  { toLine }: Pick<Context, 'toLine'>,
): SweepEntry[] {
  return failed.map((entry) => ({ ...entry, reason: toLine(entry.reason) }));
}

/** About a dry run without `delete-keys`. */
export const KEYS_NOT_CHECKED =
  'Whether they have API keys was not checked. Without delete-keys: true, a workspace that has any is not deleted.';

export const TOO_MANY = 'more workspaces are stale than max-deletions allows';
