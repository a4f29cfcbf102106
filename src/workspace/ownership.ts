import type { CreateWorkspaceRequest, Workspace } from '../openrouter/workspaces.ts';
import { driftOf } from './drift.ts';

/**
 * How much earlier than the first POST a workspace may seem to have been made and still be ours,
 * in milliseconds: `created_at` may come without its fraction of a second.
 */
const SLACK_MS = 1_000;

/**
 * Whether `workspace` is what a POST of `asked` has made that was not sent before `since`, in the
 * server's own time; undefined where the server has not said what time it is or was.
 */
export function isOurs(
  workspace: Workspace,
  asked: CreateWorkspaceRequest,
  since: number | undefined,
): boolean | undefined {
  if (driftOf(workspace, asked).length > 0) return false;
  const made = Date.parse(String(workspace['created_at']));
  if (since === undefined || Number.isNaN(made)) return undefined;
  return made >= since - SLACK_MS;
}
