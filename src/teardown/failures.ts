import { type ApiError, formatCause } from '../http/request.ts';
import { countKeys, countOf, truncateList } from '../lib/format.ts';
import type { Folded } from '../lib/table.ts';
import { describeKey, isDisabled } from '../openrouter/resources/keys.ts';
import { dashboardUrl, type WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import { type SettlingKey, spentBy } from '../openrouter/settlement.ts';
import { describeCause, describePart, rejectionAdvice } from '../report/describe-api-error.ts';
import { NOTHING_DELETED } from '../report/description.ts';
import { keysTable, whyAtLeast } from '../report/key-table.ts';
import { declareFailure, Failure, failedRequests } from '../shared/failure.ts';
import {
  countWorking,
  describeWorking,
  type KeysLeft,
  mayWork,
  summarizeWorking,
} from './keys-left.ts';
import { describeSwept, foldedGroups, ordered, sweptTable, THINGS } from './report.ts';
import {
  failuresIn,
  type SweepKind,
  type SweepResult,
  type SweptWorkspace,
  withOutcome,
} from './sweep-result.ts';

export const workspaceHasKeys = declareFailure<{
  workspace: WorkspaceRef;
  keys: readonly SettlingKey[];
}>('workspace-has-keys', ({ workspace, keys }) => ({
  title: `Cannot delete the workspace "${workspace.slug}": it has ${countKeys(keys.length)}, and delete-keys is false`,
  rows: truncateList(keys.map((one) => `${describeKey(one.key)}: ${stateOf(one)}`)),
  lines: [
    'To delete the keys too, set delete-keys: true, which is false by default. Whatever uses them then stops working.',
    'OpenRouter does not delete a workspace that has API keys.',
  ],
  effect: [NOTHING_DELETED],
  table: keysTable(keys, 'Total', stateOf),
  notes: whyAtLeast(spentBy(keys)),
}));

function stateOf({ key, settlesIn }: SettlingKey): string {
  if (settlesIn === undefined) return 'works';
  return isDisabled(key) ? 'disabled' : 'expired';
}

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
  effect: describeRemaining(workspace, { deletedKeys, keysLeft: 'not-listed' }),
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

export const teardownIncomplete = declareFailure<{
  workspace: WorkspaceRef;
  errors: readonly ApiError[];
  deletedKeys: number;
  keysLeft: KeysLeft;
}>(
  'teardown-incomplete',
  ({ workspace, errors, ...keys }) => {
    const [first] = errors as readonly [ApiError];
    const what =
      errors.length === 1
        ? `Could not ${first.details.operation}`
        : `Could not delete ${errors.length} API keys of the workspace "${workspace.slug}"`;
    const { lines, details } = describeAll(errors, keys.keysLeft);
    return {
      lines: [...lines, ...(keys.keysLeft === 'blocked' ? [] : [AGAIN])],
      details,
      title: `${what}: ${describeCause(first.details)}`,
      effect: describeRemaining(workspace, keys),
    };
  },
  ({ errors }) => errors,
);

const AGAIN = 'Deleting the workspace again finishes the work.';

/** What to do if OpenRouter rejects each deletion as if there were API keys, and lists none. */
const LOOK_FOR_KEYS =
  "Look for API keys in OpenRouter's dashboard, also those of OAuth apps, and delete them before the workspace.";

/** The lines about requests of a deletion, of which the first is described, and the others are listed. */
export function describeAll(errors: readonly ApiError[], keysLeft: KeysLeft) {
  const [first] = errors as readonly [ApiError];
  const advice = keysLeft === 'blocked' ? [LOOK_FOR_KEYS] : undefined;
  const { lines, details = [] } = describePart(first, advice);
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

/** What a sweep, and a clean-up, have found too many of, and what to check before all are deleted. */
const STALE: Readonly<Record<SweepKind, { is: string; check: string }>> = {
  sweep: { is: 'older than older-than', check: 'Check slug-pattern, older-than and keep. ' },
  'clean-up': { is: 'closed', check: '' },
};

export const tooManyStale = declareFailure<{
  result: SweepResult;
  kind: SweepKind;
  maxDeletions: number;
}>('too-many-stale', ({ result, kind, maxDeletions }) => {
  const found = withOutcome(result, 'too-many');
  const { is, check } = STALE[kind];
  const { folded, notes } = foldedGroups(result, kind);
  return {
    title: `${found.length} ${THINGS[kind].many} are ${is}, more than max-deletions allows (${maxDeletions}): none was deleted`,
    lines: [
      `${check}If all of them are to be deleted, set max-deletions to ${found.length} and start a new run.`,
    ],
    effect: [mayWork('Their')],
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
    const failed = ordered(failuresIn(result));
    return {
      title: `${failed.length} of ${describeAttempts(result, kind)}`,
      rows: [
        ...truncateList(
          failed.map((entry) => `${entry.slug}: ${reasonsOf(entry).join('; ')}`),
          10,
        ),
        `Deleted: ${describeSwept(withOutcome(result, 'deleted'))}.`,
      ],
      lines: [...endSpending(failed), ...adviceFor(failed, kind)],
      effect: [],
      table: sweptTable(failed, kind, reasonOf),
      ...foldedGroups(result, kind),
    };
  },
);

/** How many workspaces a sweep was about, and what it could not do with some. A clean-up may not even read their state. */
function describeAttempts(result: SweepResult, kind: SweepKind): string {
  const { one, stale } = THINGS[kind];
  if (withOutcome(result, 'unread').length === 0) {
    const all = withOutcome(result, 'failed', 'deleted', 'already-deleted').length;
    return `${countOf(all, stale)} could not be deleted`;
  }
  const isDeletionLeft = withOutcome(result, 'failed').length > 0;
  const verbs = isDeletionLeft ? 'checked or deleted' : 'checked';
  return `${countOf(result.length, one)} could not be ${verbs}`;
}

/** How to stop what can spend until the next attempt. Keys that delete-keys keeps are in use, or nobody minds. */
function endSpending(failed: readonly SweptWorkspace[]): string[] {
  const spending = failed.filter(
    ({ error, keysLeft }) =>
      !isBlockedByKeys(error) && keysLeft && (countWorking(keysLeft) ?? 0) > 0,
  );
  if (spending.length === 0) return [];
  const urls = truncateList(
    spending.map(({ slug }) => dashboardUrl(slug)),
    MAX_NAMED,
  );
  return [`To stop the spending now, disable the API keys: ${urls.join(', ')}`];
}

const DELETE_KEYS =
  'With delete-keys: true, API keys are deleted first. Whatever uses them then stops working.';

/** What to do about each failure, naming those that it is for if that differs. */
function adviceFor(failed: readonly SweptWorkspace[], kind: SweepKind): string[] {
  const retry = `this again, or wait for the next ${kind}.`;
  const groups = new Map<string, { lines: readonly string[]; slugs: string[] }>();
  for (const { slug, error, keysLeft } of failed) {
    const rejection =
      keysLeft === 'blocked' ? [LOOK_FOR_KEYS] : rejectionAdvice(failedRequests(error));
    const other = rejection.length > 0 ? [...rejection, `Then run ${retry}`] : [`Run ${retry}`];
    // Those that have keys would fail in the same way.
    const lines = isBlockedByKeys(error) ? [DELETE_KEYS] : other;
    const key = lines.join('\n');
    const group = groups.get(key) ?? { lines, slugs: [] };
    group.slugs.push(slug);
    groups.set(key, group);
  }
  const all = [...groups.values()];
  if (all.length === 1) return all.flatMap(({ lines }) => lines);
  return all.map(
    ({ lines, slugs }) => `For ${truncateList(slugs, MAX_NAMED).join(', ')}: ${lines.join(' ')}`,
  );
}

/** Workspaces in one sentence. */
const MAX_NAMED = 3;

/** Why a workspace could not be deleted or checked, and whether its keys can spend: the content of a cell. */
function reasonOf(entry: SweptWorkspace): string {
  return reasonsOf(entry).join('\n');
}

/** The same as phrases, in words: without ids and requests. */
function reasonsOf({ outcome, error, reason, keysLeft = 'not-listed' }: SweptWorkspace): string[] {
  const cause = causeOf(error) ?? reason;
  return [
    outcome === 'unread' ? `not checked, and kept. ${cause}` : cause,
    summarizeWorking(keysLeft),
  ];
}

function causeOf(error: Error | undefined): string | undefined {
  if (error instanceof Failure && error.is(workspaceHasKeys)) {
    return `has ${countKeys(error.details.keys.length)}, and delete-keys is false`;
  }
  if (error instanceof Failure && error.is(teardownIncomplete)) {
    const { errors } = error.details;
    const [first] = errors as readonly [ApiError];
    const left = errors.length > 1 ? `${errors.length} API keys not deleted. ` : '';
    return left + formatCause(first.details);
  }
  const [request] = failedRequests(error);
  return request && formatCause(request.details);
}

/** What `error` says of the API keys that a failed teardown left; undefined if nothing. */
export function keysLeftAfter(error: Failure): KeysLeft | undefined {
  if (error.is(teardownIncomplete)) return error.details.keysLeft;
  return error.is(workspaceHasKeys) ? error.details.keys : undefined;
}

function isBlockedByKeys(error: Error | undefined): boolean {
  return error instanceof Failure && error.is(workspaceHasKeys);
}
