import { createdAt } from '../openrouter/time.ts';

/** A period of the server's own time, in milliseconds since 1970. */
export interface TimeWindow {
  from: number;
  to: number;
}

/** The tolerance in milliseconds: `created_at` may lack its fraction of a second, as `Date` always does. */
const SLACK_MS = 1_000;

/**
 * Whether `resource` was created within the window; undefined if it has no `created_at` that can be
 * read.
 */
export function wasCreatedWithin(
  resource: Readonly<Record<string, unknown>>,
  { from, to }: TimeWindow,
): boolean | undefined {
  const created = createdAt(resource);
  return created === undefined ? undefined : created >= from - SLACK_MS && created <= to + SLACK_MS;
}

/**
 * The times of OpenRouter, by the `Date` of a response, and of the runner, both when that response
 * arrived, in milliseconds since 1970.
 */
export interface Clocks {
  /** Undefined if the response had no `Date`. */
  server: number | undefined;
  runner: number;
}

/** How much later than `Date` something may have been created, in milliseconds: each server has a clock. */
const TOLERANCE_MS = 60_000;

/**
 * The current time: OpenRouter's. The runner's without `Date`, or if that is wrong, because the
 * response shows something that was created over a minute later.
 * @param shown the resources in the response, or in the list that it begins
 */
export function currentTime(
  { server, runner }: Clocks,
  shown: readonly Readonly<Record<string, unknown>>[],
): number {
  if (server === undefined) return runner;
  const isLater = (resource: (typeof shown)[number]) =>
    (createdAt(resource) ?? server) > server + TOLERANCE_MS;
  return shown.some(isLater) ? runner : server;
}

/**
 * The earlier time of both clocks, for what must not happen too early: what is older than an age, or has
 * expired, is so by both. Undefined without `Date`: then nothing is known to be.
 */
export function earlierTime({ server, runner }: Clocks): number | undefined {
  return server === undefined ? undefined : Math.min(server, runner);
}
