import type { Effect } from '../http/effect.ts';
import { ApiError, formatAttempt } from '../http/request.ts';
import { countKeys, countWorkspaces, formatChange, truncateList } from '../lib/format.ts';
import { exactUsd } from '../lib/usd.ts';
import { describeKey } from '../openrouter/resources/keys.ts';
import { dashboardUrl, type WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import {
  Failure,
  type FailureCode,
  type FailureDetails,
  type Recovery,
  type UnknownOwner,
} from '../shared/failure.ts';
import type { SweepResult } from '../shared/sweep-result.ts';
import { linesOfPart, rejectionAdvice } from './describe-api-error.ts';
import { describeInvalidInputs } from './describe-invalid-inputs.ts';
import {
  type Description,
  type DescriptionText,
  describeEffect,
  type FailureText,
  withEffect,
} from './description.ts';
import { keysTable } from './key-table.ts';
import { describeGap, describeSpender } from './spending.ts';
import { sweepNotes, sweepTable } from './sweep.ts';

/** How many workspaces a step wanted to delete; a clean-up cannot even read some. */
function attempted({ deleted, alreadyDeleted, failed }: SweepResult): number {
  return deleted.length + alreadyDeleted.length + failed.length;
}

/** The requests that `error` is about. */
export function failedRequests(error: Error | undefined): readonly ApiError[] {
  if (error instanceof ApiError) return [error];
  const isTeardown = error instanceof Failure && error.code === 'teardown-incomplete';
  return isTeardown ? (error as Failure<'teardown-incomplete'>).details.errors : [];
}

/** `the workspace preview-42, id 0f1e…` */
const describeWorkspace = ({ slug, id }: WorkspaceRef) => `the workspace ${slug}, id ${id}`;

const ANOTHER_ACCOUNT =
  'Either something else has deleted it, or the management key of the post step belongs to another account and cannot see it. GitHub evaluates the inputs again for a post step.';
const NOTHING_DELETED = 'Nothing was deleted.';
const RUN_AGAIN = 'Deleting the workspace again finishes the work.';

const RECOVERIES: Readonly<Record<Recovery, string>> = {
  'deleted-after-job': 'With delete-after-job, the workspace is deleted when the job ends.',
  'run-again-with-update':
    'Once the cause is gone, running this again with if-exists: update finishes the work.',
  'run-again': 'Once the cause is gone, running this again finishes the work.',
  'newest-run':
    'Once the cause is gone, the newest run of the pull request or branch finishes the work. This one is older.',
};

/** A failure. Without an effect of its own, it has that of all requests of the step. */
type PartialText = DescriptionText & Partial<FailureText>;

/** How to describe each failure, in the order of `FailureDetails`. */
const DESCRIPTIONS: {
  [Code in FailureCode]: (details: FailureDetails[Code], effect: Effect) => PartialText;
} = {
  'invalid-inputs': describeInvalidInputs,

  'slug-taken': ({ workspace, creatorUnknown, changes, governanceInputs }) => {
    const { slug, name, id, created_at: createdAt } = workspace;
    const fields = changes.map(({ field }) => field).join(', ');
    const changed = fields || (governanceInputs.length > 0 ? 'none of its fields' : 'nothing');
    return {
      title: creatorUnknown
        ? `Cannot determine who created the workspace ${slug}`
        : `The slug ${slug} is taken`,
      lines: [
        `It belongs to the workspace ${JSON.stringify(name)}, id ${id}, created at ${typeof createdAt === 'string' ? createdAt : 'an unknown time'}: ${dashboardUrl(slug)}`,
        'It may belong to another repository. When that deletes its preview, this repository loses the workspace too.',
        'With if-exists: reuse, the step would use it unchanged.',
        `With if-exists: update, the step would change ${changed}.`,
        ...(governanceInputs.length > 0
          ? [`It would also apply ${governanceInputs.join(', ')}, where that differs.`]
          : []),
      ],
      // A slug is unique: if another job has it, no request of this step was applied.
      effect: [
        creatorUnknown
          ? 'The workspace was created while this step was creating one, by this step or by another job.'
          : describeEffect('none'),
      ],
    };
  },

  'budgets-out-of-order': ({ shorter, longer, budgets }) => ({
    title: 'The budgets would be out of order',
    lines: [
      `The ${longer} budget would be ${budgets[longer]} USD. It must exceed the ${shorter} budget, which would be ${budgets[shorter]} USD.`,
      'A budget without an input keeps its value.',
    ],
  }),

  'unknown-members': ({ members }) => ({
    title: 'Not all members belong to the organization',
    lines: [
      ...members.map(({ written, matches }) =>
        matches === 0
          ? `members: no one in the organization has the id or e-mail address ${written}`
          : `members: ${matches} people in the organization have the id or e-mail address ${written}`,
      ),
      'Each entry must be the user id or the e-mail address of one member of the organization.',
    ],
  }),

  'members-not-added': ({ workspace, userIds }) => ({
    title: `Not all members were added to the workspace ${workspace.slug}`,
    lines: [
      `OpenRouter reported success, but does not list these users as members: ${userIds.join(', ')}.`,
    ],
  }),

  'guardrail-not-found': ({ workspace }) => ({
    title: `The guardrail of the workspace ${workspace.slug} is unknown`,
    lines: ['OpenRouter does not report which guardrail the workspace has.'],
  }),

  'limits-differ': ({ workspace, what, values }) => ({
    title: `The ${what} of the workspace ${workspace.slug} has unexpected values`,
    lines: [
      'OpenRouter accepted the request, but returned other values than requested:',
      ...Object.entries(values).map(([field, value]) => `${field}: ${JSON.stringify(value)}`),
    ],
  }),

  'partly-applied': ({ error, applied, notApplied, recovery }, effect) => {
    const { title, lines } =
      error instanceof ApiError
        ? { title: `Could not ${error.details.operation}`, lines: linesOfPart(error) }
        : textOf(error, effect);
    return {
      title,
      lines,
      effect: [
        ...(effect === 'none' ? [describeEffect(effect)] : []),
        ...(applied.length > 0 ? [`Applied: ${applied.join(', ')}.`] : []),
        `Not applied, or unknown: ${notApplied.join(', ')}.`,
        RECOVERIES[recovery],
      ],
    };
  },

  'workspace-not-found': ({ workspace }) => ({
    title: `The workspace ${workspace} does not exist`,
    lines: [
      'No workspace has that id or slug in the account of the management key.',
      'Check the id or slug for a typo. Otherwise, create the workspace in an earlier step, with the same management key. If it existed before, it may have been deleted.',
    ],
  }),

  'unexpected-key': ({ key, workspace, name, revoked }) => ({
    title: 'OpenRouter returned another API key',
    lines: [
      `Requested: a new key named ${JSON.stringify(name)} in the workspace ${workspace.id}.`,
      `Returned: ${describeKey(key)}, hash ${key.hash}, in the workspace ${key.workspace_id}.`,
    ],
    effect: revoked
      ? ['The post step revokes it: OpenRouter shortened the name. Choose a shorter one.']
      : [
          "This step neither outputs nor revokes it, because it may be another job's key.",
          'Report this to OpenRouter, and check the workspace for a key that no one uses.',
        ],
  }),

  'key-looser': ({ key, changes, revoked, error }) => ({
    title: `The API key ${describeKey(key)} is not limited as requested`,
    lines: [
      'OpenRouter created it with other values than requested:',
      ...changes.map(formatChange),
    ],
    effect: [
      ...(revoked ? ['It was revoked. No other step has its secret.'] : describeUnrevoked(error)),
      "Run this again. If it fails again, contact OpenRouter's support.",
    ],
  }),

  'key-owner-unknown': describeUnknownOwner,

  'orphan-not-deleted': ({ key, error }) => ({
    title: `Could not ${error.details.operation}`,
    lines: linesOfPart(error),
    effect: [
      `Orphaned: the API key ${describeKey(key)}, hash ${key.hash}. This step created it, but its secret was lost with the response.`,
    ],
  }),

  'replaced-keys-not-deleted': ({ key, undeleted, count }) => ({
    title:
      count === 1
        ? 'Could not delete the replaced API key'
        : `Could not delete ${undeleted.length} of ${count} replaced API keys`,
    lines: undeleted.slice(0, 1).flatMap(({ error }) => linesOfPart(error)),
    effect: [
      `The new API key exists, and the outputs are set: ${describeKey(key)}.`,
      ...truncateList(
        undeleted.map(({ key: old }) => `Not deleted, or unknown: ${describeKey(old)}.`),
      ),
      `Running this again creates another key, then deletes this one and the ${undeleted.length === 1 ? 'older one' : 'older ones'}.`,
    ],
  }),

  'key-not-found': ({ hash, workspace }) => ({
    title: `The workspace ${workspace.slug} has no API key with this hash`,
    lines: [
      `key-hash is ${hash}. The key may have been deleted, or belong to another workspace.`,
      'Without key-hash, the usage of the whole workspace includes that of deleted keys.',
    ],
  }),

  'usage-unknown': ({ key, warnings }) => ({
    title: `The usage of the API key ${describeKey(key)} in this period is unknown`,
    lines: [
      "OpenRouter's analytics found nothing about the key, and the key has no counter for the period.",
      ...truncateList(warnings.map((text) => describeGap({ kind: 'warning', text }))),
      'With since: created, the total comes from the key itself, if OpenRouter reports it.',
    ],
  }),

  'spending-above-limit': ({ cost, limit, ...details }) => ({
    title: `${describeSpender(details)} has spent more than ${exactUsd(limit)} USD`,
    lines: [
      `The cost is ${details.gaps.length > 0 ? 'at least ' : ''}${exactUsd(cost)} USD, and fail-above-usd is ${exactUsd(limit)}.`,
      'This does not stop spending. If the cost is expected, raise fail-above-usd.',
    ],
  }),

  'key-unusable': ({ key, state }) => ({
    title: `The API key ${describeKey(key)} ${state === 'disabled' ? 'is disabled' : 'has expired'}`,
    lines: [
      'OpenRouter rejects requests with it, so it cannot spend what fail-below-remaining-usd requires.',
      `key-hash is ${key.hash}. Check whether it is that of an older key.`,
    ],
  }),

  'remaining-too-low': ({ key, minimum, limit: { amount, reset }, remaining }) => ({
    title: `Less than ${exactUsd(minimum)} USD remains of the limit of the API key ${describeKey(key)}`,
    lines: [
      `The ${reset ? `${reset} ` : ''}limit is ${exactUsd(amount)} USD, of which ${exactUsd(remaining)} USD remains, and fail-below-remaining-usd is ${exactUsd(minimum)}.`,
      `Raise the limit of the key, ${reset ? 'wait until it resets, ' : ''}or lower fail-below-remaining-usd.`,
    ],
  }),

  'remaining-unknown': ({ key, minimum }) => ({
    title: `What remains of the limit of the API key ${describeKey(key)} is unknown`,
    lines: [
      `OpenRouter did not return the limit, or what remains of it. So whether ${exactUsd(minimum)} USD remains is unknown.`,
      'Run this again later.',
    ],
  }),

  'figures-incomplete': ({ cost, gaps, allGaps, ...spender }) => ({
    title: `${describeSpender(spender)} has incomplete figures`,
    lines: [
      `The cost is ${gaps.length > 0 ? 'at least ' : ''}${exactUsd(cost)} USD, and fail-if-incomplete is true.`,
      ...truncateList(allGaps.map(describeGap)),
      'If these figures are enough, set fail-if-incomplete to false.',
    ],
  }),

  'default-workspace': ({ workspace }) => ({
    title: 'The default workspace is never deleted',
    lines: [
      `The workspace ${workspace.id} is the default workspace of the account. Deleting it would permanently disable the account's keys.`,
    ],
    effect: [NOTHING_DELETED],
  }),

  'slug-prefix-mismatch': ({ written, slug, prefix }) => ({
    title: `The slug ${slug} does not begin with ${prefix}`,
    lines: [
      `expect-slug-prefix is ${prefix}, but the workspace is ${written}${written === slug ? '' : `, whose slug is ${slug}`}.`,
      'Correct the workspace or, if it is right, expect-slug-prefix.',
    ],
    effect: [NOTHING_DELETED],
  }),

  'workspace-has-keys': ({ workspace, keys }) => ({
    title: `The workspace ${workspace.slug} has ${countKeys(keys.length)}, and delete-keys is false`,
    lines: [
      ...truncateList(keys.map(describeKey)),
      'OpenRouter does not delete a workspace that has API keys.',
      'With delete-keys: true, the keys are deleted first. Whatever uses them then stops working.',
    ],
    effect: [NOTHING_DELETED],
    table: keysTable(keys),
  }),

  'keys-keep-appearing': ({ workspace, rounds, deletedKeys }) => ({
    title: `New API keys keep appearing in the workspace ${workspace.slug}`,
    lines: [
      `The keys were listed ${rounds} times, and the last list still had new ones. Stop whatever creates them.`,
    ],
    effect: describeRemaining(workspace, deletedKeys),
  }),

  'workspace-still-exists': ({ workspace }) => ({
    title: `The workspace ${workspace.slug} still exists`,
    lines: [],
    effect: [
      `OpenRouter reported that it was deleted or missing, but still returns it: id ${workspace.id}.`,
      'Run this again, and report it to OpenRouter if that does not help.',
    ],
  }),

  'deletion-not-verified': ({ workspace, error }) => ({
    title: `Could not verify that the workspace ${workspace.slug} was deleted`,
    lines: linesOfPart(error),
    effect: [`OpenRouter reported that it deleted ${describeWorkspace(workspace)}.`],
  }),

  'teardown-incomplete': ({ workspace, errors, hasMore, deletedKeys }) => {
    const [first] = errors as readonly [ApiError];
    const title =
      errors.length === 1
        ? `Could not ${first.details.operation}`
        : `Could not delete ${errors.length}${hasMore ? ' or more' : ''} API keys of the workspace ${workspace.slug}`;
    return {
      title,
      lines: [
        ...linesOfPart(first),
        ...truncateList(errors.slice(1).map(({ message }) => message)),
      ],
      effect: describeRemaining(workspace, deletedKeys),
    };
  },

  'too-many-stale': ({ result, maxDeletions, check }) => ({
    title: `${countWorkspaces(result.staleCount)} would be deleted, and max-deletions is ${maxDeletions}`,
    lines: [
      `Check ${check}. If that is right, raise max-deletions to ${result.staleCount} or more.`,
    ],
    effect: [NOTHING_DELETED],
    table: sweepTable(result),
    notes: sweepNotes(result),
  }),

  'sweep-incomplete': ({ result }) => ({
    title: `${result.failed.length} of ${countWorkspaces(attempted(result))} could not be deleted`,
    lines: [
      ...truncateList(
        result.failed.map(({ slug, reason }) => `${slug}: ${reason}`),
        10,
      ),
      ...rejectionAdvice(result.failed.flatMap(({ error }) => failedRequests(error))),
    ],
    effect: [
      `Deleted: ${countWorkspaces(result.deleted.length)}.`,
      ...(result.failed.some(({ hasKeys }) => hasKeys)
        ? [
            'With delete-keys: true, API keys are deleted first. Whatever uses them then stops working.',
          ]
        : []),
      'Running this again retries the others.',
    ],
    table: sweepTable(result),
    notes: sweepNotes(result),
  }),

  'created-workspace-missing': ({ workspace }) => ({
    title: `The workspace ${workspace.slug} cannot be found`,
    lines: [],
    effect: [
      `This step created it, id ${workspace.id}, and OpenRouter now reports that it does not exist.`,
      ANOTHER_ACCOUNT,
    ],
  }),

  'created-key-missing': ({ key }) => ({
    title: `The API key ${describeKey(key)} cannot be found`,
    lines: [],
    effect: [
      `This step created it, hash ${key.hash}, and OpenRouter now reports that it does not exist.`,
      ANOTHER_ACCOUNT,
    ],
  }),

  'no-subject': ({ event }) => ({
    title: 'Cannot tell which pull request or branch this preview is of',
    lines: [
      `The event ${event || '(unknown)'} names none.`,
      'Set the input pull-request to the number of a pull request.',
    ],
  }),

  'preview-not-ours': ({ workspace, description, expected }) => ({
    title: `The workspace ${workspace.slug} is not this preview`,
    lines: [
      `Its description is ${JSON.stringify(description)}. That of this preview is ${JSON.stringify(expected)}.`,
      'Set slug-prefix to a text that no other repository uses, or delete that workspace.',
    ],
    effect: [`The workspace, id ${workspace.id}, was left alone.`],
  }),

  'stale-response': ({ number }) => ({
    title: `GitHub does not yet show the current state of pull request #${number}`,
    lines: ['Its response is older than the event of this run. Run this again.'],
  }),

  'preview-reopened': ({ workspace }) => ({
    title: `The workspace ${workspace.slug} was deleted, and its pull request or branch is open again`,
    lines: [
      'It was reopened during the deletion. Run the workflow of the pull request again, not this run: that creates a new workspace.',
    ],
    effect: [`The workspace with the id ${workspace.id} was deleted, with its API keys.`],
  }),

  'preview-deleted': ({ workspace }) => ({
    title: `The workspace ${workspace.slug} was deleted during this job`,
    lines: ['Its pull request or branch is open. Run this again.'],
    effect: [`The workspace with the id ${workspace.id} does not exist any more.`],
  }),

  'key-replaced': ({ key, expiredAt, olderEnded }) => ({
    title: `The API key ${describeKey(key)} does not work any more`,
    lines: expiredAt
      ? [`It expired at ${expiredAt}.`, 'Set expires-in to a longer lifetime, and run this again.']
      : [
          'Another job has replaced it, or someone has disabled or deleted it.',
          'Give the jobs that share the name of a key a concurrency group with cancel-in-progress: false, and run this again.',
        ],
    effect: [
      `The key, hash ${key.hash}, ${expiredAt ? 'has expired' : 'is disabled or deleted'}.`,
      olderEnded
        ? 'The older keys with this name are disabled or deleted.'
        : 'Older keys were left alone.',
    ],
  }),

  'state-invalid': ({ name }) => ({
    title: 'The post step cannot read its saved state',
    lines: [
      `The state ${name} does not have the expected form.`,
      'Something in the job sets variables that begin with STATE_, or the action changed during the job.',
    ],
  }),

  'outputs-not-written': ({ reason, values }) => ({
    title: 'The outputs could not be written',
    lines: [
      `The runner's file for outputs cannot be written: ${reason}`,
      'The step stopped there. What it had to do after that was not done.',
      ...Object.entries(values).map(([name, value]) => `${name}: ${value}`),
    ],
  }),

  'secret-output-not-written': ({ reason, name }) => ({
    title: `The output ${name} could not be written`,
    lines: [`The runner's file for outputs cannot be written: ${reason}`],
    effect: ['The step stopped there. The post step deletes the API key.'],
  }),

  'state-not-written': ({ reason, exists }, effect) => ({
    ...describeStateNotWritten({ reason }),
    effect: [exists ? `Already exists at OpenRouter: ${exists}.` : describeEffect(effect)],
  }),
};

/** The codes of failures. */
export function failureCodes(): string[] {
  return Object.keys(DESCRIPTIONS);
}

/**
 * Describes a failure.
 * @param effect what the step may have changed at OpenRouter
 */
export function describeFailure(failure: Failure, effect: Effect): Description {
  const ofStep = [describeEffect(effect)] as const;
  return { code: failure.code, ...withEffect({ effect: ofStep, ...textOf(failure, effect) }) };
}

function textOf<Code extends FailureCode>(
  { code, details }: Failure<Code>,
  effect: Effect,
): PartialText {
  return DESCRIPTIONS[code](details, effect);
}

/** Describes API keys of an unknown owner. Also a warning, if the step itself succeeded. */
export function describeUnknownOwner({
  name,
  workspace,
  isDistinguishable,
  keys,
}: UnknownOwner): FailureText {
  const isOne = keys.length === 1;
  const noun = isOne ? 'API key' : 'API keys';
  return {
    title: `Cannot determine which job created the ${noun} named ${JSON.stringify(name)}`,
    lines: [
      `A response was lost. Since then, the workspace ${workspace.slug} has ${isOne ? 'a' : 'these'} new ${noun}: ${keys.map(describeKey).join(', ')}.`,
    ],
    effect: [
      isDistinguishable
        ? 'There are more of them than this step can have created, so none was deleted.'
        : 'With expires-in: never and a custom name, keys of this step and keys of other jobs cannot be distinguished, so none was deleted.',
      isOne
        ? 'Check whether it is in use, and delete it if not.'
        : 'Check which of them are in use, and delete the others.',
    ],
  };
}

/** The lines about an API key that only the post step can still revoke. */
function describeUnrevoked(error: ApiError | undefined): string[] {
  return [
    error
      ? `Could not revoke it: ${formatAttempt(error.details)}`
      : 'OpenRouter reports that it does not exist.',
    'The post step tries again. No other step has its secret.',
  ];
}

/** Describes a state that could not be written. Also a warning, once the outcome is known. */
export function describeStateNotWritten({ reason }: { reason: string }): DescriptionText {
  return {
    title: 'The state for the post step could not be written',
    lines: [`The runner's state file cannot be written: ${reason}`],
  };
}

/** What an incomplete teardown deleted and left. */
function describeRemaining(workspace: WorkspaceRef, deletedKeys: number): FailureText['effect'] {
  return [
    `API keys deleted before that: ${deletedKeys}.`,
    `Not deleted, or unknown: ${describeWorkspace(workspace)}.`,
    RUN_AGAIN,
  ];
}
