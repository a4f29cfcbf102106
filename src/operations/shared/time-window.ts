import {
  type CreateWorkspaceRequest,
  createdAt,
  type Workspace,
} from '../../openrouter/resources/workspaces.ts';
import { diffReturned } from './diff.ts';

/** A span of the server's own time, in milliseconds since 1970. */
export interface TimeWindow {
  from: number;
  to: number;
}

/**
 * What `created_at` may be off a span by, in milliseconds: it may come without its fraction of a
 * second, as `Date` always does.
 */
const SLACK_MS = 1_000;

/** Whether `workspace` is as it was asked for. */
export function matchesDesired(workspace: Workspace, desired: CreateWorkspaceRequest): boolean {
  return diffReturned(workspace, desired).length === 0;
}

/** Whether `thing` was made within `span`; undefined where it does not say when it was made. */
export function wasCreatedWithin(
  thing: Readonly<Record<string, unknown>>,
  { from, to }: TimeWindow,
): boolean | undefined {
  const created = createdAt(thing);
  return created === undefined ? undefined : created >= from - SLACK_MS && created <= to + SLACK_MS;
}
