import type { ApiError, ApiErrorDetails } from '../../http/request.ts';
import { countKeys, truncateList } from '../../lib/format.ts';
import { formatExactUsd, formatUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import { sumUsd } from '../../lib/usd.ts';
import { describeKey, type KeyIdentity } from '../../openrouter/resources/keys.ts';
import { dashboardUrl, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { describeCause, statusAdvice } from '../../report/describe-api-error.ts';
import type { LeftAdvice } from '../../shared/context.ts';
import { declareFailure } from '../../shared/failure.ts';
import { readKeyName } from '../../shared/key-name.ts';
import { describeAll } from '../../teardown/failures.ts';
import { canSpend, describeWorking, type KeysLeft } from '../../teardown/keys-left.ts';
import { describeLife } from '../key/expiry.ts';
import type { KeyTask } from '../key/task.ts';
import { type Cap, type CapProblem, type CapUse, isSpent } from './cap.ts';

export const noSubject = declareFailure<{ event: string }>('no-subject', ({ event }) => ({
  title: 'Cannot tell which pull request or branch this preview is of',
  lines: [
    `The event ${event || '(unknown)'} names none.`,
    'Set the input pull-request to the number of a pull request.',
  ],
}));

export const previewNotOurs = declareFailure<{
  workspace: WorkspaceRef;
  /** What the description says, and what that of this preview says. */
  description: string;
  expected: string;
}>('preview-not-ours', ({ workspace, description, expected }) => ({
  title: `The workspace "${workspace.slug}" is not this preview`,
  lines: [
    `Its description is ${JSON.stringify(description)}. That of this preview is ${JSON.stringify(expected)}.`,
    'Set slug-prefix to a text that no other repository uses, or delete that workspace.',
  ],
  effect: [`The workspace, id ${workspace.id}, was left alone.`],
}));

export const previewNotDeleted = declareFailure<{
  workspace: Pick<WorkspaceRef, 'slug'> & { name: string };
  /** Of the deletion, or of a lookup that it needs; none if the run was cancelled while it waited. */
  errors: readonly ApiError[];
  keysLeft: KeysLeft;
}>(
  'preview-not-deleted',
  ({ workspace: { name, slug }, errors, keysLeft }) => {
    const [first] = errors;
    const working = [describeWorking(keysLeft), ...endSpending(keysLeft, slug)];
    if (!first) {
      return {
        title: `The preview "${name}" is not deleted yet: the run was cancelled`,
        lines: [...working, RETRY],
        effect: [],
      };
    }
    const { lines, details } = describeAll(errors);
    return {
      title: `Could not delete the preview "${name}": ${describeCause(first.details)}`,
      // Whether anything can spend comes first: it decides whether the rest can wait.
      lines: [
        ...working,
        // A rejection fails again until its cause is corrected.
        ...(first.details.kind === 'rejected'
          ? [...lines, RETRY_AFTER]
          : retryAfter(first.details)),
      ],
      details,
      effect: [],
    };
  },
  ({ errors }) => errors,
);

const RETRY = 'Run this again; otherwise the next clean-up deletes it.';
const RETRY_AFTER = 'Then run this again, or wait for the next clean-up.';

function retryAfter(details: ApiErrorDetails): string[] {
  const status = statusAdvice(details);
  return status.length > 0 ? [...status, 'Otherwise, the next clean-up deletes it.'] : [RETRY];
}

/** How to stop what can spend until the next attempt. */
function endSpending(keysLeft: KeysLeft, slug: string): string[] {
  return canSpend(keysLeft)
    ? [`To stop any spending now, disable the API keys: ${dashboardUrl(slug)}`]
    : [];
}

export const staleResponse = declareFailure<{
  /** The number of the pull request. */
  number: number;
}>('stale-response', ({ number }) => ({
  title: `GitHub does not yet show the current state of pull request #${number}`,
  lines: ['Its response is older than the event of this run. Run this again.'],
}));

export const previewReopened = declareFailure<{
  workspace: WorkspaceRef & { name: string };
}>('preview-reopened', ({ workspace: { name, id } }) => ({
  title: `The pull request or branch of the preview "${name}" was reopened after its API keys were disabled`,
  lines: [
    'Run the newest workflow runs of the pull request or branch again: each then gets a new API key.',
  ],
  effect: [`Its workspace has the id ${id}. If that is closed, the next run creates a new one.`],
}));

export const previewDeleted = declareFailure<{ workspace: WorkspaceRef }>(
  'preview-deleted',
  ({ workspace }) => ({
    title: `The workspace "${workspace.slug}" was deleted during this job`,
    lines: ['Its pull request or branch is open. Run this again.'],
    effect: [`The workspace with the id ${workspace.id} is closed, or does not exist any more.`],
  }),
);

interface ReachedCap {
  cap: Cap;
  /** What each key counts. */
  uses: readonly CapUse[];
}

export const previewLimitReached = declareFailure<ReachedCap>(
  'preview-limit-reached',
  (reached) => ({
    title: `preview-limit-usd has no room for another API key: ${describeUse(reached)}`,
    lines: [...adviceOnCap(reached), 'If this check is required, it stays red until then.'],
    effect: ['The job has no API key.'],
    details: [
      `${countKeys(reached.uses.length)}; limit-usd is ${formatExactUsd(reached.cap.limit)}.`,
    ],
  }),
);

/** `$1.40 of $3.00 spent, $1.00 held by running jobs`: what holds the cap. */
function describeUse({ cap, uses }: ReachedCap): string {
  const spent = sumUsd(uses.map((use) => use.spent));
  return [
    `${formatUsdNextTo(cap.amount, spent)} of ${formatExactUsd(cap.amount)} spent`,
    ...holdersOf(uses).map(({ name, held }) => `${formatUsd(held)} held by ${name}`),
  ].join(', ');
}

/** Whose keys may still spend something, and what to do about that. */
const HOLDERS = [
  {
    purpose: 'job',
    name: 'running jobs',
    advice:
      'Run this again once the running jobs have ended. If none is running, a runner has died: its key counts until it expires, or for three minutes more if you disable it. Do not delete it:',
  },
  {
    purpose: 'deployment',
    name: 'the deployment',
    advice:
      'The key of a deployment counts with its whole limit until a newer one replaces it. If nothing uses a key, disable it, and do not delete it:',
  },
  {
    purpose: 'other',
    name: 'API keys made by hand',
    advice:
      'Lower the limits of the API keys made by hand, or disable them, and do not delete them:',
  },
  {
    purpose: 'ended',
    name: 'API keys that ended a moment ago',
    advice: 'OpenRouter counts late what these keys have spent. Run this again in three minutes:',
  },
] as const;

/** Who holds what is not spent. */
function holdersOf(uses: readonly CapUse[]) {
  return HOLDERS.flatMap((holder) => {
    const holding = uses.filter(
      (use) => use.counted > use.spent && purposeOf(use) === holder.purpose,
    );
    if (holding.length === 0) return [];
    const held = sumUsd(holding.map(({ counted, spent }) => counted - spent));
    return [{ ...holder, held, keys: holding.map(({ key }) => describeKey(key)) }];
  });
}

function purposeOf({ key, settlesIn }: CapUse): (typeof HOLDERS)[number]['purpose'] {
  return settlesIn === undefined ? readKeyName(key.name).kind : 'ended';
}

function adviceOnCap({ cap, uses }: ReachedCap): string[] {
  // What others hold is no help then.
  const holders = isSpent(uses, cap) ? [] : holdersOf(uses);
  return [
    ...holders.flatMap(({ advice, keys }) => [advice, ...truncateList(keys)]),
    holders.length > 0
      ? 'Or raise preview-limit-usd, and push.'
      : 'To go on, raise preview-limit-usd and push: running this again repeats the old value.',
  ];
}

/** Why a key cannot be counted, or why the new one was not given out. */
const PROBLEMS: Readonly<Record<CapProblem | 'unlisted', string>> = {
  unlimited: 'has no limit',
  resets: 'has a limit that resets',
  'without-byok': 'has a limit without usage of your own provider keys',
  unread: 'has a limit or counter that could not be read',
  unlisted: 'is not listed with its limit',
};

/** How a person corrects a key. The other problems are not what OpenRouter documents. */
const CORRECTIONS: Readonly<Partial<Record<keyof typeof PROBLEMS, string>>> = {
  unlimited: 'Set a limit for',
  resets: 'Set a limit that does not reset for',
  'without-byok': 'Include usage of your own provider keys in the limit of',
};

export const keyNotCapped = declareFailure<{
  /** Of the workspace. */
  slug: string;
  keys: readonly { key: KeyIdentity; problem: keyof typeof PROBLEMS }[];
}>('key-not-capped', ({ slug, keys }) => {
  const [first] = keys;
  const what =
    first && keys.length === 1
      ? `the API key ${JSON.stringify(first.key.name)} ${PROBLEMS[first.problem]}`
      : `${countKeys(keys.length)} cannot be counted`;
  const corrections = keys.flatMap(({ key, problem }) => {
    const correction = CORRECTIONS[problem];
    return correction ? [`${correction} ${describeKey(key)}: ${dashboardUrl(slug)}`] : [];
  });
  return {
    title: `preview-limit-usd cannot be guaranteed: ${what}`,
    lines:
      corrections.length > 0
        ? [
            ...truncateList(corrections),
            'If nothing uses the key, disable it instead. Do not delete the key: what it has spent would no longer count.',
            'Then run this again.',
          ]
        : ['Run this again.'],
    details: truncateList(
      keys.map(({ key, problem }) => `The API key ${describeKey(key)} ${PROBLEMS[problem]}.`),
    ),
  };
});

/**
 * What still works if the key of a deployment was not checked, or has not replaced the older ones, and what to do about
 * that. Undefined if there is no key.
 */
export function adviseOnDeployment({ created, replaced = [] }: KeyTask): LeftAdvice | undefined {
  if (!created) return undefined;
  const { name, label, hash, expiresAt } = created;
  const older =
    replaced.length > 0
      ? [
          `${countKeys(replaced.length)} of earlier deployments may work, too, each until it expires.`,
          'All of them count with their whole limits towards preview-limit-usd.',
        ]
      : [];
  return {
    lines: [
      `The API key of this deployment ${describeLife(expiresAt)}: ${describeKey({ name, label })}.`,
      ...older,
      'Run this job again: if it succeeds, only its new key works.',
    ],
    details: [`Hash of the API key ${label}: ${hash}`],
  };
}
