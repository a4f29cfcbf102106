import {
  type CreateWorkspaceRequest,
  createdAt,
  type Workspace,
} from '../../openrouter/resources/workspaces.ts';
import { answeredDrift } from './diff.ts';

/** A span of the server's own time, in milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

/**
 * What `created_at` may be off a span by, in milliseconds: it may come without its fraction of a
 * second, as `Date` always does.
 */
const SLACK_MS = 1_000;

/** Whether `workspace` is as it was asked for. */
export function isAsAsked(workspace: Workspace, asked: CreateWorkspaceRequest): boolean {
  return answeredDrift(workspace, asked).length === 0;
}

/** Whether `thing` was made within `span`; undefined where it does not say when it was made. */
export function wasMadeIn(
  thing: Readonly<Record<string, unknown>>,
  { from, to }: Span,
): boolean | undefined {
  const made = createdAt(thing);
  return made === undefined ? undefined : made >= from - SLACK_MS && made <= to + SLACK_MS;
}
