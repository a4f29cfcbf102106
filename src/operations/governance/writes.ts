import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../../lib/change.ts';
import { settle } from '../../lib/settle.ts';
import { ApiError } from '../../openrouter/api-error.ts';
import type { Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { Failure, type Recovery } from '../shared/failure.ts';

/** One write to a workspace, or to what governs it. */
export interface PlannedWrite {
  /** What it writes, as the object of a sentence: `the weekly budget`. */
  name: string;
  /** The log line for its success. */
  done: string;
  changes: readonly Change[];
  /**
   * Returns the workspace as it is then, if that changed.
   * @throws {ApiError | Failure}
   */
  write(workspace: Workspace): Promise<Workspace | undefined>;
}

/** What `writes` change. */
export function changesOf(writes: readonly PlannedWrite[]): Change[] {
  return writes.flatMap(({ changes }) => changes);
}

/**
 * Applies `writes`, one after the other, until one fails. Returns the workspace as it is then.
 * @param recovery what completes the work, or undoes it, if one of them fails.
 * @throws {Failure} `partly-applied`
 */
export async function applyWrites(
  writes: readonly PlannedWrite[],
  { workspace, recovery }: { workspace: Workspace; recovery: Recovery },
  { log }: Pick<Context, 'log'>,
): Promise<Workspace> {
  let current = workspace;
  for (const [at, write] of writes.entries()) {
    const { value, error } = await settle(write.write(current), ApiError, Failure);
    if (error) {
      throw new Failure('partly-applied', {
        error,
        workspace,
        applied: writes.slice(0, at).map(({ name }) => name),
        notApplied: writes.slice(at).map(({ name }) => name),
        recovery,
      });
    }
    current = value ?? current;
    log.info(write.done);
  }
  return current;
}

/** Those of `changes` that change something. */
export function onlyChanges(changes: Change[]): Change[] {
  return changes.filter(({ from, to }) => !isDeepStrictEqual(from, to));
}
