import { createdAt } from '../../openrouter/resources/workspaces.ts';

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
