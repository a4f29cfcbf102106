import type { Client } from '../http/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { WarningKind } from './failure.ts';

/** What an operation needs to run. */
export interface Context {
  client: Client;
  clock: Clock;
  /** The runner's time in milliseconds since 1970, which may be wrong. */
  timeOfDay(): number;
  /** Waits `ms` milliseconds, for which the timeout of the step stands still. An abort ends the wait at once. */
  rest(ms: number): Promise<void>;
  /** Aborts when the run is cancelled and when the timeout expires. The reason is an `Error`. */
  signal: AbortSignal;
  log: Log;
  /** Makes a text one line that is safe to show, as the log does: without secrets and control characters. */
  toLine(text: string): string;
  /** Reports a problem that does not fail the step. */
  warn<Facts>(kind: WarningKind<Facts>, facts: NoInfer<Facts>): void;
}

/** Saves what the post step has to do. */
export interface Journal<Task> {
  /**
   * Replaces the task of the post step; null leaves it nothing to do.
   * @param exists what already exists at OpenRouter, for the failure's description
   * @throws {Failure} `state-not-written`
   */
  saveOrFail(task: Task | null, exists?: string): void;
  /** Replaces the task, for when the old one does no harm: a failure to save it is only a warning. */
  saveOrWarn(task: Task): void;
  /** Leaves the post step nothing to do, as `saveOrWarn` does. */
  clearOrWarn(): void;
}

/** The journal of a step that leaves its post step nothing to do: it saves nothing. */
export const noJournal: Journal<unknown> = {
  saveOrFail: () => undefined,
  saveOrWarn: () => undefined,
  clearOrWarn: () => undefined,
};

/** What is left, and what to do about it. */
export interface LeftAdvice {
  lines: readonly string[];
  details: readonly string[];
}

/** A post step that failed. `left` is what remains of its task. */
export interface IncompleteTask<Task> {
  error: Error;
  left: Task;
  /** What to do about what is left, if that matters more than what to do about a failed request. */
  advice?: LeftAdvice | undefined;
}
