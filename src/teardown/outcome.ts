import type { ApiError } from '../http/request.ts';
import { countKeys } from '../lib/format.ts';
import type { WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import type { SeenKey, Spent } from '../openrouter/settlement.ts';
import { describeSpent } from '../shared/describe-spent.ts';
import type { Failure } from '../shared/failure.ts';

/** What became of a workspace that a step was to delete, or that it looked at for that. */
export type DeletionOutcome =
  | 'deleted'
  /** Another job deleted it in the meantime. */
  | 'already-deleted'
  /** It exists, or may still exist: it could not be deleted, or whether to delete it could not be read. */
  | 'failed'
  /** A dry run would delete it. */
  | 'would-delete'
  /** It is stale, and was kept because there are more than `max-deletions`. */
  | 'too-many'
  /** It is a preview that has ended, and is left to the next clean-up: not all is counted, or no time was left. */
  | 'left'
  /** It is not to be deleted. */
  | 'kept';

/** What a step did with a workspace that it was to delete. */
export interface Deletion {
  outcome: DeletionOutcome;
  /** The API keys that this step deleted in it or, in a dry run, would delete. */
  keys: readonly SeenKey[];
  /** What those had spent and, of a preview, what all its keys had; absent if there were none, or if it is unknown. */
  spent?: Spent | undefined;
  /** Why the step is to fail. */
  failure?: Failure | ApiError;
}

/**
 * What a report calls what a run has looked at: the heading of its column, one of them, those that are deleted, what could
 * not be done with those that failed, and the run.
 */
export type SweepWords = Readonly<Record<'heading' | 'thing' | 'stale' | 'action' | 'run', string>>;

/** A workspace that a sweep, or a clean-up, has found. */
export interface FoundWorkspace extends WorkspaceRef {
  /** In a clean-up, the pull request or branch of the preview. */
  link?: { text: string; url: string };
  /** ISO 8601, as OpenRouter returns it. */
  created_at?: string | undefined;
  /**
   * In milliseconds, by the server's clock, or by the runner's if that is more than a day behind;
   * undefined if unknown, and in a clean-up, where it decides nothing.
   */
  age: number | undefined;
  /** Why it is stale, kept or left or, if it is none of these, why it failed: one line that is safe to show. */
  reason: string;
}

/** A workspace in the result of a sweep. */
export interface SweptWorkspace extends FoundWorkspace, Deletion {}

/** All workspaces that a sweep, or a clean-up of previews, looked at. Deletions are in the order in which they ended. */
export type SweepResult = readonly SweptWorkspace[];

/** The deletions with one of `outcomes`, in the order of these. */
export function withOutcome<One extends Deletion>(
  deletions: readonly One[],
  ...outcomes: readonly DeletionOutcome[]
): One[] {
  return outcomes.flatMap((outcome) => deletions.filter((one) => one.outcome === outcome));
}

/**
 * The line of the log about a workspace that does not exist any more:
 * `Deleted the preview "preview-42": 2 API keys, at least $0.84 spent.`
 * @param what the workspace, as in that sentence
 */
export function deletionLine(what: string, { outcome, keys, spent }: Deletion): string {
  const amount = spent ? describeSpent(spent) : 'spending unknown';
  const deleted = keys.length === 0 ? 'no API keys' : `${countKeys(keys.length)}, ${amount}`;
  return outcome === 'deleted'
    ? `Deleted ${what}: ${deleted}.`
    : `Another job had deleted ${what}. This step deleted ${deleted}.`;
}
