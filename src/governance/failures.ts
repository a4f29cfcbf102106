import { ApiError } from '../http/request.ts';
import { formatExactUsd } from '../lib/format-usd.ts';
import { toJson } from '../lib/json.ts';
import type { Budgets, Interval } from '../openrouter/resources/budgets.ts';
import type { WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import { describePart } from '../report/describe-api-error.ts';
import { describeEffect } from '../report/description.ts';
import { declareFailure, declareWarning, type Failure } from '../shared/failure.ts';

export const budgetsOutOfOrder = declareFailure<{
  shorter: Interval;
  longer: Interval;
  budgets: Budgets;
}>('budgets-out-of-order', ({ shorter, longer, budgets }) => ({
  title: 'The budgets would be out of order',
  lines: [
    `The ${longer} budget would be ${formatExactUsd(budgets[longer] ?? 0n)}. It must exceed the ${shorter} budget, which would be ${formatExactUsd(budgets[shorter] ?? 0n)}.`,
    'A budget without an input keeps its value.',
  ],
}));

export const unknownMembers = declareFailure<{
  members: readonly { written: string; matches: number }[];
}>('unknown-members', ({ members }) => ({
  title: 'Not all members belong to the organization',
  lines: [
    ...members.map(({ written, matches }) =>
      matches === 0
        ? `members: no one in the organization has the id or e-mail address ${written}`
        : `members: ${matches} people in the organization have the id or e-mail address ${written}`,
    ),
    'Each entry must be the user id or the e-mail address of one member of the organization.',
  ],
}));

export const membersNotAdded = declareFailure<{
  workspace: WorkspaceRef;
  userIds: readonly string[];
}>('members-not-added', ({ workspace, userIds }) => ({
  title: `Not all members were added to the workspace "${workspace.slug}"`,
  lines: [
    `OpenRouter reported success, but does not list these users as members: ${userIds.join(', ')}.`,
  ],
}));

export const guardrailNotFound = declareFailure<{ workspace: WorkspaceRef }>(
  'guardrail-not-found',
  ({ workspace }) => ({
    title: `The guardrail of the workspace "${workspace.slug}" is unknown`,
    lines: ['OpenRouter does not report which guardrail the workspace has.'],
  }),
);

export const limitsDiffer = declareFailure<{
  workspace: WorkspaceRef;
  /** What has the values: `guardrail`, `weekly budget`. */
  what: string;
  values: Readonly<Record<string, unknown>>;
}>('limits-differ', ({ workspace, what, values }) => ({
  title: `The ${what} of the workspace "${workspace.slug}" has unexpected values`,
  lines: [
    'OpenRouter accepted the request, but returned other values than requested:',
    ...Object.entries(values).map(([field, value]) => `${field}: ${toJson(value)}`),
  ],
}));

export const unknownGuardrailFields = declareWarning<{ fields: readonly string[] }>(
  'unknown-guardrail-fields',
  ({ fields }) => ({
    title: 'The input guardrail has fields that this version does not know',
    lines: [
      `Unknown: ${fields.join(', ')}.`,
      'Check their names. The step fails if OpenRouter rejects them, or returns other values than requested.',
    ],
  }),
);

/** How partly applied work is completed or undone: as `RECOVERIES` says, or by something newer than this run. */
export type Recovery = keyof typeof RECOVERIES | { supersededBy: string };

const RECOVERIES = {
  'deleted-after-job': 'With delete-after-job, the post step, if it runs, deletes the workspace.',
  'run-again-with-update':
    'Once the cause is gone, a new run with if-exists: update finishes the work.',
  'run-again': 'Once the cause is gone, running this again finishes the work.',
} as const;

function describeRecovery(recovery: Recovery): string {
  if (typeof recovery === 'string') return RECOVERIES[recovery];
  return `Once the cause is gone, ${recovery.supersededBy} finishes the work. This one is older.`;
}

export const partlyApplied = declareFailure<{
  error: ApiError | Failure;
  workspace: WorkspaceRef;
  applied: readonly string[];
  notApplied: readonly string[];
  recovery: Recovery;
}>('partly-applied', ({ error, applied, notApplied, recovery }, effect) => {
  const { lines, ...part } =
    error instanceof ApiError ? describePart(error) : error.kind.describe(error.details, effect);
  return {
    ...part,
    lines: [...lines, describeRecovery(recovery)],
    effect: [
      ...(effect === 'none' ? [describeEffect(effect)] : []),
      ...(applied.length > 0 ? [`Applied: ${applied.join(', ')}.`] : []),
      `Not applied, or unknown: ${notApplied.join(', ')}.`,
    ],
  };
});
