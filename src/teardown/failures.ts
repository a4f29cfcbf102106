import { type ApiError, rejectsResource } from '../http/request.ts';
import { countKeys, countOf, truncateList } from '../lib/format.ts';
import { describeKey } from '../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import { type SeenKey, spentBy } from '../openrouter/settlement.ts';
import { describeCause, describePart, rejectionAdvice } from '../report/describe-api-error.ts';
import { NOTHING_DELETED } from '../report/description.ts';
import { whyAtLeast } from '../shared/describe-spent.ts';
import { declareFailure, Failure, failedRequests } from '../shared/failure.ts';
import { keysTable } from '../shared/key-table.ts';
import { describeWorking, type KeysLeft } from './keys-left.ts';
import { type DeletionOutcome, type SweepResult, type SweepWords, withOutcome } from './outcome.ts';
import { describeSwept, foldedGroups, sweptTable } from './report.ts';

export const workspaceHasKeys = declareFailure<{
  workspace: WorkspaceRef;
  keys: readonly SeenKey[];
}>('workspace-has-keys', ({ workspace, keys }) => ({
  title: `Cannot delete the workspace "${workspace.slug}": it has ${countKeys(keys.length)}, and delete-keys is false`,
  rows: truncateList(keys.map((one) => `${describeKey(one.key)}: ${one.state}`)),
  lines: [
    'To delete the keys too, set delete-keys: true, which is false by default. Whatever uses them then fails.',
    'OpenRouter does not delete a workspace that has API keys.',
  ],
  effect: [NOTHING_DELETED],
  table: keysTable(keys, 'Total', ({ state }) => state),
  notes: whyAtLeast(spentBy(keys)),
}));

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
  effect: describeRemaining(workspace, { deletedKeys, keysLeft: undefined }),
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

/** What to do if OpenRouter rejects a deletion for what it is about, as it does for a workspace with API keys. */
const LOOK_FOR_KEYS =
  "Look for API keys in OpenRouter's dashboard, also those of OAuth apps, and delete them before the workspace.";

/** The lines about requests of a deletion, of which the first is described, and the others are listed. */
export function describeAll(errors: readonly ApiError[]) {
  const [first] = errors as readonly [ApiError];
  const isRejected = first.details.method === 'DELETE' && rejectsResource(first.details);
  const advice = isRejected ? [LOOK_FOR_KEYS] : undefined;
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

export const tooManyStale = declareFailure<{
  result: SweepResult;
  words: SweepWords;
  maxDeletions: number;
}>('too-many-stale', ({ result, words, maxDeletions }) => {
  const found = withOutcome(result, 'too-many');
  return {
    title: `${countOf(found.length, 'OpenRouter workspace')} are stale, more than max-deletions allows (${maxDeletions}): none was deleted`,
    lines: [
      `Check slug-pattern, older-than and keep. If all of them are to be deleted, set max-deletions to ${found.length} and start a new run.`,
    ],
    effect: ['Their API keys may still work, each up to its own limit.'],
    table: sweptTable(found, words),
    ...foldedGroups(result, words),
  };
});

export const sweepIncomplete = declareFailure<{ result: SweepResult; words: SweepWords }>(
  'sweep-incomplete',
  ({ result, words }) => {
    const all = withOutcome(result, 'failed');
    const { thing, action, run } = words;
    return {
      title: `Could not ${action} ${countOf(all.length, thing)}`,
      rows: [
        ...truncateList(
          all.map(({ slug, reason }) => `${slug}: ${reason}`),
          10,
        ),
        `Deleted: ${describeSwept(withOutcome(result, 'deleted'))}.`,
      ],
      lines: [
        ...rejectionAdvice(all.flatMap(({ failure }) => failedRequests(failure))),
        `Correct what does not pass by itself. Then run this again, or wait for the next ${run}.`,
      ],
      effect: [],
      table: sweptTable(all, words),
      ...foldedGroups(result, words, { except: 'failed' }),
    };
  },
);

/** The failure of the step after a sweep or a clean-up, if it fails. */
export function sweepFailure(
  result: SweepResult,
  words: SweepWords,
  { maxDeletions = 0 }: { maxDeletions?: number } = {},
): Failure | undefined {
  const has = (outcome: DeletionOutcome) => withOutcome(result, outcome).length > 0;
  if (has('too-many')) return new Failure(tooManyStale, { result, words, maxDeletions });
  return has('failed') ? new Failure(sweepIncomplete, { result, words }) : undefined;
}
