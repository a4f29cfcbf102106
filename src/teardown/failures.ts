import { ApiError } from '../http/request.ts';
import { countKeys, countWorkspaces, truncateList } from '../lib/format.ts';
import { describeKey, type Key } from '../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import { linesOfPart, rejectionAdvice } from '../report/describe-api-error.ts';
import { NOTHING_DELETED } from '../report/description.ts';
import { keysTable } from '../report/key-table.ts';
import { declareFailure, Failure } from '../shared/failure.ts';
import { sweepTables } from './report.ts';
import { failuresIn, type SweepResult, withOutcome } from './sweep-result.ts';

export const workspaceHasKeys = declareFailure<{ workspace: WorkspaceRef; keys: readonly Key[] }>(
  'workspace-has-keys',
  ({ workspace, keys }) => ({
    title: `Cannot delete the workspace ${workspace.slug}: it has ${countKeys(keys.length)}, and delete-keys is false`,
    rows: truncateList(keys.map(describeKey)),
    lines: [
      'OpenRouter does not delete a workspace that has API keys.',
      'With delete-keys: true, the keys are deleted first. Whatever uses them then stops working.',
    ],
    effect: [NOTHING_DELETED],
    table: keysTable(keys),
  }),
);

export const keysKeepAppearing = declareFailure<{
  workspace: WorkspaceRef;
  /** How often the keys were listed. */
  rounds: number;
  deletedKeys: number;
}>('keys-keep-appearing', ({ workspace, rounds, deletedKeys }) => ({
  title: `New API keys keep appearing in the workspace ${workspace.slug}`,
  lines: [
    `The keys were listed ${rounds} times, and the last list still had new ones. Stop whatever creates them.`,
  ],
  effect: describeRemaining(workspace, deletedKeys),
}));

export const workspaceStillExists = declareFailure<{ workspace: WorkspaceRef }>(
  'workspace-still-exists',
  ({ workspace }) => ({
    title: `The workspace ${workspace.slug} still exists`,
    lines: [],
    effect: [
      `OpenRouter reported that it was deleted or missing, but still returns it: id ${workspace.id}.`,
      'Delete it again, and report it to OpenRouter if that does not help.',
    ],
  }),
);

export const teardownIncomplete = declareFailure<{
  workspace: WorkspaceRef;
  errors: readonly ApiError[];
  /** Whether there may be more API keys than those that could not be deleted. */
  hasMore: boolean;
  deletedKeys: number;
}>('teardown-incomplete', ({ workspace, errors, hasMore, deletedKeys }) => {
  const [first] = errors as readonly [ApiError];
  const title =
    errors.length === 1
      ? `Could not ${first.details.operation}`
      : `Could not delete ${errors.length}${hasMore ? ' or more' : ''} API keys of the workspace ${workspace.slug}`;
  return {
    title,
    lines: [...linesOfPart(first), ...truncateList(errors.slice(1).map(({ message }) => message))],
    effect: describeRemaining(workspace, deletedKeys),
  };
});

/** What an incomplete teardown deleted and left. */
function describeRemaining(
  { slug, id }: WorkspaceRef,
  deletedKeys: number,
): [string, string, string] {
  return [
    `API keys deleted before that: ${deletedKeys}.`,
    `Not deleted, or unknown: the workspace ${slug}, id ${id}.`,
    'Deleting the workspace again finishes the work.',
  ];
}

/** The requests that `error` is about. */
export function failedRequests(error: Error | undefined): readonly ApiError[] {
  if (error instanceof ApiError) return [error];
  const isTeardown = error instanceof Failure && error.is(teardownIncomplete);
  return isTeardown ? error.details.errors : [];
}

export const tooManyStale = declareFailure<{
  result: SweepResult;
  maxDeletions: number;
  /** What to check before more are deleted. */
  check: string;
}>('too-many-stale', ({ result, maxDeletions, check }) => {
  const count = withOutcome(result, 'too-many').length;
  return {
    title: `${countWorkspaces(count)} would be deleted, and max-deletions is ${maxDeletions}`,
    lines: [
      `Check ${check}. If that is right, raise max-deletions to ${count} or more for a new run.`,
    ],
    effect: [NOTHING_DELETED],
    ...sweepTables(result),
  };
});

export const sweepIncomplete = declareFailure<{ result: SweepResult }>(
  'sweep-incomplete',
  ({ result }) => {
    const failed = failuresIn(result);
    const deleted = withOutcome(result, 'deleted').length;
    // A clean-up cannot even read some of these.
    const attempted = failed.length + deleted + withOutcome(result, 'already-deleted').length;
    const byKeys = failed.filter(({ error }) => isBlockedByKeys(error)).length;
    return {
      title: `${failed.length} of ${countWorkspaces(attempted)} could not be deleted`,
      rows: truncateList(
        failed.map(({ slug, reason }) => `${slug}: ${reason}`),
        10,
      ),
      lines: [
        ...rejectionAdvice(failed.flatMap(({ error }) => failedRequests(error))),
        ...(byKeys > 0
          ? [
              'With delete-keys: true, API keys are deleted first. Whatever uses them then stops working.',
            ]
          : []),
        // Those that have keys would fail in the same way.
        ...(byKeys < failed.length ? ['Running this again retries the others.'] : []),
      ],
      effect: [`Deleted: ${countWorkspaces(deleted)}.`],
      ...sweepTables(result),
    };
  },
);

function isBlockedByKeys(error: Error | undefined): boolean {
  return error instanceof Failure && error.is(workspaceHasKeys);
}
