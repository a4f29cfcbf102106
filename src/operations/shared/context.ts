import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Client } from '../../openrouter/client.ts';
import type { WarningCode, WarningDetails } from './failure.ts';

/** What the operations work with. */
export interface Context {
  client: Client;
  clock: Clock;
  log: Log;
  /** Reports what is not wrong enough to fail the step. */
  warn<Code extends WarningCode>(code: Code, details: WarningDetails[Code]): void;
}

/** The same, for an operation that waits by itself and can be aborted. */
export interface AbortableContext extends Context {
  signal: AbortSignal;
}

/**
 * What a step keeps for its post step. That of a step which leaves nothing to clean up does nothing.
 */
export interface CleanupJournal<Task> {
  /**
   * Replaces the task of the post step.
   * @param exists what the step has created at OpenRouter by then
   * @throws {Failure} `state-not-written`
   */
  save(task: Task, exists?: string): void;
  /** The same once the outcome is known: a task that cannot be saved is only a warning. */
  amend(task: Task): void;
  /** Leaves the post step nothing to do. */
  clear(): void;
}

/** A cleanup that failed, and what it may have left. */
export interface IncompleteCleanup<Task> {
  error: Error;
  left: Task;
}
