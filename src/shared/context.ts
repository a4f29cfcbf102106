import type { Client } from '../http/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { CounterMemory } from '../openrouter/counters.ts';
import type { WarningKind } from './failure.ts';

/** What an operation needs to run. */
export interface Context {
  client: Client;
  counters: CounterMemory;
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

/**
 * Saves what the post step has to do, in place of what it had to do before; null for nothing.
 * @throws {Failure} `state-not-written`
 */
export type SaveTask<Task> = (task: Task | null, options?: SaveOptions) => void;

export interface SaveOptions {
  /** What already exists at OpenRouter, for the failure's description. */
  exists?: string | undefined;
  /** Whether the task before does no harm: then a failure to save this one is only a warning. */
  orWarn?: boolean;
}

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
