import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';

/** A workspace that a sweep found. */
export interface SweepEntry extends WorkspaceRef {
  /** ISO 8601, as OpenRouter returns it; null if it does not. */
  created_at: string | null;
  /** In milliseconds, by the server's clock; undefined if that is not known. */
  age: number | undefined;
  /** Why it is stale, was not deleted, or is protected. */
  reason: string;
}

/** What a sweep did. */
export interface SweepResult {
  deleted: readonly SweepEntry[];
  failed: readonly SweepEntry[];
  /** What a dry run would delete; empty otherwise. */
  wouldDelete: readonly SweepEntry[];
  /** Stale, but not deleted because there are more than max-deletions; the first thousand. */
  skipped: readonly SweepEntry[];
  /** Not stale, although they match the pattern; the first thousand. */
  retained: readonly SweepEntry[];
  /** How many are stale. */
  stale: number;
  /** How many match the pattern and are not stale. */
  notStale: number;
}
