import { type ApiError, formatCause } from '../http/request.ts';
import { countKeys, countOf, truncateList } from '../lib/format.ts';
import type { Folded } from '../lib/table.ts';
import { describeKey, isDisabled, type Key } from '../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import { describeCause, describePart, rejectionAdvice } from '../report/describe-api-error.ts';
import { NOTHING_DELETED } from '../report/description.ts';
import { keysTable } from '../report/key-table.ts';
import { declareFailure, Failure, failedRequests } from '../shared/failure.ts';
import { describeSwept, foldedGroups, sweptTable, THINGS } from './report.ts';
import {
  failuresIn,
  type SweepKind,
  type SweepResult,
  type SweptWorkspace,
  withOutcome,
} from './sweep-result.ts';

export const workspaceHasKeys = declareFailure<{ workspace: WorkspaceRef; keys: readonly Key[] }>(
  'workspace-has-keys',
  ({ workspace, keys }) => ({
    title: `Cannot delete the workspace "${workspace.slug}": it has ${countKeys(keys.length)}, and delete-keys is false`,
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
  title: `New API keys keep appearing in the workspace "${workspace.slug}"`,
  lines: [
    `Stop whatever creates them: the keys were listed ${rounds} times, and the last list still had new ones.`,
    AGAIN,
  ],
  effect: describeRemaining(workspace, { deletedKeys, keysLeft: NOT_LISTED }),
}));

export const workspaceStillExists = declareFailure<{ workspace: WorkspaceRef }>(
  'workspace-still-exists',
  ({ workspace }) => ({
    title: `The workspace "${workspace.slug}" still exists`,
    lines: [],
    effect: [
      `OpenRouter reported that it was deleted or missing, but still returns it: id ${workspace.id}.`,
      'Delete it again, and report it to OpenRouter if that does not help.',
    ],
  }),
);

/** What is known of the API keys of a workspace that was to be deleted. */
export interface KeysLeft {
  /** Those that were listed and not deleted, as they are then. */
  keys: readonly Key[];
  /** Whether there are no others. */
  isComplete: boolean;
}

export const NOT_LISTED: KeysLeft = { keys: [], isComplete: false };

/** How many of the API keys that are left still work; undefined if none is known to, and there may be others. */
export function countWorking({ keys, isComplete }: KeysLeft): number | undefined {
  const working = keys.filter((key) => !isDisabled(key)).length;
  return working === 0 && !isComplete ? undefined : working;
}

/** Whether the API keys that are left can spend, in a sentence. */
export function describeWorking(keysLeft: KeysLeft): string {
  const count = countWorking(keysLeft);
  if (count === undefined) return 'Whether its API keys still work is unknown.';
  if (count === 0) return 'None of its API keys works any more, so nothing can spend.';
  const working = keysLeft.keys.filter((key) => !isDisabled(key)).map(describeKey);
  const others = keysLeft.isComplete ? '' : ' or more';
  return `Still working, and able to spend: ${countKeys(count)}${others}: ${truncateList(working, MAX_NAMED).join(', ')}.`;
}

/** Keys in one sentence. */
const MAX_NAMED = 3;

export const teardownIncomplete = declareFailure<{
  workspace: WorkspaceRef;
  errors: readonly ApiError[];
  /** Whether there may be more API keys than those that could not be deleted. */
  hasMore: boolean;
  deletedKeys: number;
  keysLeft: KeysLeft;
}>(
  'teardown-incomplete',
  ({ workspace, errors, hasMore, ...keys }) => {
    const [first] = errors as readonly [ApiError];
    const what =
      errors.length === 1
        ? `Could not ${first.details.operation}`
        : `Could not delete ${errors.length}${hasMore ? ' or more' : ''} API keys of the workspace "${workspace.slug}"`;
    const { lines, details } = describeAll(errors);
    return {
      lines: [...lines, AGAIN],
      details,
      title: `${what}: ${describeCause(first.details)}`,
      effect: describeRemaining(workspace, keys),
    };
  },
  ({ errors }) => errors,
);

const AGAIN = 'Deleting the workspace again finishes the work.';

/** The lines about requests of which the first is described, and the others are listed. */
export function describeAll(errors: readonly ApiError[]) {
  const [first] = errors as readonly [ApiError];
  const { lines, details = [] } = describePart(first);
  const others = truncateList(errors.slice(1).map(({ message }) => message));
  return { lines, details: [...details, ...others] };
}

/** What an incomplete teardown deleted and left. */
function describeRemaining(
  { slug, id }: WorkspaceRef,
  { deletedKeys, keysLeft }: { deletedKeys: number; keysLeft: KeysLeft },
): [string, string, string] {
  return [
    `Not deleted, or unknown: the workspace "${slug}", id ${id}.`,
    `API keys deleted before that: ${deletedKeys}.`,
    describeWorking(keysLeft),
  ];
}

/** What to check before more workspaces are deleted than `max-deletions`. */
const CHECKS: Readonly<Record<SweepKind, string>> = {
  sweep: 'slug-pattern, older-than and keep',
  'clean-up': 'that their pull requests or branches are closed',
};

export const tooManyStale = declareFailure<{
  result: SweepResult;
  kind: SweepKind;
  maxDeletions: number;
}>('too-many-stale', ({ result, kind, maxDeletions }) => {
  const found = withOutcome(result, 'too-many');
  const count = found.length;
  const { folded, notes } = foldedGroups(result, kind);
  return {
    title: `${countOf(count, THINGS[kind])} would be deleted, and max-deletions is ${maxDeletions}`,
    lines: [
      `Check ${CHECKS[kind]}. If that is right, raise max-deletions to ${count} or more for a new run.`,
    ],
    effect: [NOTHING_DELETED],
    table: sweptTable(found, kind),
    folded: [...foldedFailures(failuresIn(result), kind), ...folded],
    notes,
  };
});

function foldedFailures(failed: readonly SweptWorkspace[], kind: SweepKind): Folded[] {
  if (failed.length === 0) return [];
  return [{ title: `Not checked: ${failed.length}`, table: sweptTable(failed, kind, reasonOf) }];
}

export const sweepIncomplete = declareFailure<{ result: SweepResult; kind: SweepKind }>(
  'sweep-incomplete',
  ({ result, kind }) => {
    const failed = failuresIn(result);
    const { all, verbs } = attemptsIn(result);
    const byKeys = failed.filter(({ error }) => isBlockedByKeys(error)).length;
    return {
      title: `${failed.length} of ${countOf(all, THINGS[kind])} could not be ${verbs}`,
      rows: [
        ...truncateList(
          failed.map((entry) => `${entry.slug}: ${reasonOf(entry)}`),
          10,
        ),
        `Deleted: ${describeSwept(withOutcome(result, 'deleted'))}.`,
      ],
      lines: [
        ...rejectionAdvice(failed.flatMap(({ error }) => failedRequests(error))),
        ...(byKeys > 0
          ? [
              'With delete-keys: true, API keys are deleted first. Whatever uses them then stops working.',
            ]
          : []),
        // Those that have keys would fail in the same way.
        ...(byKeys < failed.length ? [`Run this again, or wait for the next ${kind}.`] : []),
      ],
      effect: [],
      table: sweptTable(failed, kind, reasonOf),
      ...foldedGroups(result, kind),
    };
  },
);

/** How many workspaces a sweep was about, and what it could not do with some. A clean-up may not even read their state. */
function attemptsIn(result: SweepResult): { all: number; verbs: string } {
  if (withOutcome(result, 'unread').length === 0) {
    const all = withOutcome(result, 'failed', 'deleted', 'already-deleted').length;
    return { all, verbs: 'deleted' };
  }
  const isDeletionLeft = withOutcome(result, 'failed').length > 0;
  return { all: result.length, verbs: isDeletionLeft ? 'checked or deleted' : 'checked' };
}

/** Why a workspace could not be deleted or checked, in words: without ids and requests. */
function reasonOf({ outcome, error, reason }: SweptWorkspace): string {
  const cause = causeOf(error) ?? reason;
  return outcome === 'unread' ? `not checked, and kept. ${cause}` : cause;
}

function causeOf(error: Error | undefined): string | undefined {
  if (error instanceof Failure && error.is(workspaceHasKeys)) {
    return `has ${countKeys(error.details.keys.length)}, and delete-keys is false`;
  }
  if (error instanceof Failure && error.is(teardownIncomplete)) {
    const { errors, hasMore, keysLeft } = error.details;
    const [first] = errors as readonly [ApiError];
    const count = hasMore ? `${errors.length} or more API keys` : countKeys(errors.length);
    const working = countWorking(keysLeft) ?? 0;
    return [
      errors.length > 1 ? `${count} not deleted. ` : '',
      formatCause(first.details),
      working > 0 ? `. ${countKeys(working)} still ${working === 1 ? 'works' : 'work'}` : '',
    ].join('');
  }
  const [request] = failedRequests(error);
  return request && formatCause(request.details);
}

function isBlockedByKeys(error: Error | undefined): boolean {
  return error instanceof Failure && error.is(workspaceHasKeys);
}
