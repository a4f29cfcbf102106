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

/** The times of OpenRouter, if that is known, and of the runner at one moment, in milliseconds since 1970. */
interface Clocks {
  server: number | undefined;
  runner: number;
}

export interface DifferingClocks extends Clocks {
  server: number;
}

/** More than the clock of a machine is usually wrong by, and less than most ages and expiries. */
const TRUSTED_MS = 86_400_000;

/**
 * Both clocks, if they differ by more than a day: one of them is wrong then, so the safer of both has to
 * decide, with a warning. Undefined if the server's clock decides alone, or if it is unknown.
 */
export function differingClocks({ server, runner }: Clocks): DifferingClocks | undefined {
  if (server === undefined || Math.abs(server - runner) <= TRUSTED_MS) return undefined;
  return { server, runner };
}

/**
 * The time by which something has not expired for certain: the later one of clocks that differ. Without the
 * server's, that of the runner.
 */
export function latestTime(clocks: Clocks): number {
  const { server, runner } = clocks;
  return differingClocks(clocks) ? Math.max(server ?? runner, runner) : (server ?? runner);
}
