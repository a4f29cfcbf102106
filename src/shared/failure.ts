import type { Effect } from '../http/effect.ts';
import { ApiError } from '../http/request.ts';
import type { Folded, Table } from '../lib/table.ts';

/** What a failure or a warning says, without its code. */
export interface DescriptionText {
  title: string;
  /** One sentence each: what to do, then what is known about the effect. */
  lines: readonly string[];
  /** What only someone needs who looks into it, such as the request: last in a message, folded in a summary. */
  details?: readonly string[];
  /** Whether the lines need no title: in a log, they come without it. */
  linesSuffice?: boolean;
  /** What the tables show, for a message. It comes before `lines`. */
  rows?: readonly string[];
  /** For the summary, as are the next ones. */
  table?: Table | undefined;
  folded?: readonly Folded[] | undefined;
  /** After the tables. */
  notes?: readonly string[] | undefined;
}

/**
 * That nothing was changed, in a sentence. It is not shown where other steps may have left something, nor by a step
 * that only reads.
 */
export interface NoEffect {
  nothing: string;
}

/** A sentence about what a failure has changed at OpenRouter. */
export type EffectLine = string | NoEffect;

/** What a failure says. */
export interface FailureText extends DescriptionText {
  /**
   * What is known about its effect at OpenRouter, and what follows from that. Shown after `lines`. Without it,
   * the effect is that of all requests of the step. Empty if the table and `rows` show it, or if nothing can have one.
   */
  effect?: readonly EffectLine[];
}

/** A failure that can happen: its code, and how to make sentences of its facts. */
export interface FailureKind<Facts = unknown> {
  type: 'failure';
  /** The section of `docs/troubleshooting.md`. */
  code: string;
  /** @param effect what all requests of the step together may have changed at OpenRouter */
  describe(facts: Facts, effect: Effect): FailureText;
  /** The failed requests that it is about. */
  requestsOf(facts: Facts): readonly ApiError[];
}

/** A warning that can happen. */
export interface WarningKind<Facts = unknown> {
  type: 'warning';
  code: string;
  describe(facts: Facts): DescriptionText;
}

/** Declares a failure. Called in files named `failures.ts`, where the tests find all codes. */
export function declareFailure<Facts>(
  code: string,
  describe: FailureKind<Facts>['describe'],
  requestsOf: FailureKind<Facts>['requestsOf'] = () => [],
): FailureKind<Facts> {
  return { type: 'failure', code, describe, requestsOf };
}

/** Declares a warning, like `declareFailure`. */
export function declareWarning<Facts>(
  code: string,
  describe: WarningKind<Facts>['describe'],
): WarningKind<Facts> {
  return { type: 'warning', code, describe };
}

/**
 * An error that fails the step. Where it can end up in one line of a list, its message is the reason in a few
 * words.
 */
export class Failure<Facts = unknown> extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind<Facts>;
  readonly details: Facts;

  constructor(kind: FailureKind<Facts>, details: NoInfer<Facts>, reason = kind.code) {
    super(reason);
    this.kind = kind;
    this.details = details;
  }

  get code(): string {
    return this.kind.code;
  }

  /** The failed requests that it is about. */
  get requests(): readonly ApiError[] {
    return this.kind.requestsOf(this.details);
  }

  is<Other>(kind: FailureKind<Other>): this is Failure<Other> {
    return this.code === kind.code;
  }
}

/** The failed requests that `error` is about. */
export function failedRequests(error: unknown): readonly ApiError[] {
  if (error instanceof ApiError) return [error];
  return error instanceof Failure ? error.requests : [];
}
