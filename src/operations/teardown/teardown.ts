import { countKeys, truncateList } from '../../lib/format.ts';
import { settle } from '../../lib/settle.ts';
import { ApiError, formatAttempt } from '../../openrouter/api-error.ts';
import { describeKey, type Key, listKeys } from '../../openrouter/resources/keys.ts';
import {
  deleteWorkspace,
  findUnlessMissing,
  type WorkspaceRef,
} from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { deleteEach } from '../shared/delete-keys.ts';
import { Failure } from '../shared/failure.ts';

interface TeardownOptions {
  /** Delete the API keys of the workspace, which block its deletion. If false, keys fail the teardown. */
  deleteKeys: boolean;
  /**
   * After deleting keys, list them again before deleting the workspace. If false, do so only after
   * OpenRouter rejects the deletion.
   */
  relistKeys: boolean;
  /** The maximum size of the list of keys, as in `listKeys`. */
  maxListSize?: number;
}

/** What a teardown did, whether or not it finished. */
interface TeardownResult {
  deletedKeys: readonly Key[];
  /** Whether it deleted the workspace; false also if that was already deleted. */
  deleted: boolean;
  /** Why the workspace still exists or may still exist. */
  problem?: TeardownProblem;
}

interface TeardownProblem {
  failure: Failure;
  /** A short form for one line of a list. */
  reason: string;
}

/** How often the keys are listed at most: something may keep creating keys. */
const MAX_ROUNDS = 5;

/** Keys in one line of a list. */
const MAX_NAMED = 3;

/** Deletes a workspace and what blocks its deletion. Deleting what is already deleted succeeds. */
export async function teardown(
  workspace: WorkspaceRef,
  options: TeardownOptions,
  context: Context,
): Promise<TeardownResult> {
  const deletedKeys: Key[] = [];
  let rejection: ApiError | undefined;
  for (let number = 1; number <= MAX_ROUNDS; number += 1) {
    const round = await runRound(workspace, { ...options, rejection }, context);
    deletedKeys.push(...round.deletedKeys);
    if (round.kind === 'finished') return { deletedKeys, deleted: round.deleted };
    if (round.kind === 'blocked') return { deletedKeys, deleted: false, problem: round.problem };
    if (round.kind === 'failed') return conclude(workspace, { ...round, deletedKeys }, context);
    rejection = round.rejection;
  }
  const details = { workspace, rounds: MAX_ROUNDS, deletedKeys: deletedKeys.length };
  const failure = new Failure('keys-keep-appearing', details);
  return {
    deletedKeys,
    deleted: false,
    problem: { failure, reason: 'new API keys keep appearing in it' },
  };
}

type Round = { deletedKeys: readonly Key[] } & (
  | { kind: 'finished'; deleted: boolean }
  /** Keys were deleted, or OpenRouter rejected the deletion, probably because of a new key. */
  | { kind: 'repeat'; rejection?: ApiError }
  /** The workspace must not or cannot be deleted. */
  | { kind: 'blocked'; problem: TeardownProblem }
  | { kind: 'failed'; errors: readonly ApiError[] }
);

async function runRound(
  workspace: WorkspaceRef,
  options: TeardownOptions & { rejection: ApiError | undefined },
  context: Context,
): Promise<Round> {
  const { deleteKeys, relistKeys, rejection } = options;
  const { client, log } = context;
  const deletedKeys: Key[] = [];
  const failed = (...errors: ApiError[]): Round => ({ kind: 'failed', deletedKeys, errors });
  const blocked = (failure: Failure, reason: string): Round => ({
    kind: 'blocked',
    deletedKeys,
    problem: { failure, reason },
  });

  const list = await settle(
    listKeys(client, workspace, { maxSize: options.maxListSize }),
    ApiError,
  );
  if (list.error) return failed(list.error);
  const { keys } = list.value;
  if (keys.length > 0 && !deleteKeys) {
    const failure = new Failure('workspace-has-keys', { workspace, keys });
    const names = truncateList(keys.map(describeKey), MAX_NAMED).join(', ');
    return blocked(failure, `it has ${countKeys(keys.length)}, and delete-keys is false: ${names}`);
  }
  if (keys.length === 0 && rejection) return failed(rejection);

  const undeleted = await deleteEach(keys, client, (key) => {
    deletedKeys.push(key);
    log.info(`Deleted the API key ${describeKey(key)} of the workspace ${workspace.slug}.`);
  });
  if (undeleted.length > 0) return failed(...undeleted.map(({ error }) => error));
  if (keys.length > 0 && relistKeys) return { kind: 'repeat', deletedKeys };

  const deletion = await settle(deleteWorkspace(client, workspace), ApiError);
  if (deletion.error) {
    if (isRejection(deletion.error)) {
      return { kind: 'repeat', deletedKeys, rejection: deletion.error };
    }
    return failed(deletion.error);
  }
  // A 404 counts only if a lookup confirms it.
  if (deletion.value || (await isGone(workspace, context))) {
    return { kind: 'finished', deletedKeys, deleted: deletion.value };
  }
  const failure = new Failure('workspace-still-exists', { workspace });
  return blocked(failure, 'OpenRouter reported that it does not exist, but still returns it');
}

/** Concludes a failed round. A rejection counts as success if the workspace no longer exists. */
async function conclude(
  workspace: WorkspaceRef,
  { errors, deletedKeys }: { errors: readonly ApiError[]; deletedKeys: readonly Key[] },
  context: Context,
): Promise<TeardownResult> {
  if (errors.every(isRejection) && (await isGone(workspace, context))) {
    return { deletedKeys, deleted: false };
  }
  const details = { workspace, errors, deletedKeys: deletedKeys.length };
  const failure = new Failure('teardown-incomplete', details);
  const reason = errors.map((error) => formatAttempt(error.details)).join('; ');
  return { deletedKeys, deleted: false, problem: { failure, reason } };
}

/** Whether OpenRouter rejected the request because of this workspace, not because of the key. */
function isRejection({ details: { kind, status = 0 } }: ApiError): boolean {
  return kind === 'rejected' && status !== 401 && status !== 403;
}

async function isGone({ id }: WorkspaceRef, { client }: Context): Promise<boolean> {
  const { value: found, error } = await settle(findUnlessMissing(client, id), ApiError);
  return !error && !found;
}
