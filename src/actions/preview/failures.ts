import type { ApiError, ApiErrorDetails } from '../../http/request.ts';
import { countKeys, truncateList } from '../../lib/format.ts';
import { formatExactUsd, formatUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import type { Usd } from '../../lib/usd.ts';
import { describeKey, type KeyIdentity } from '../../openrouter/resources/keys.ts';
import { dashboardUrl, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { describeCause, rejectionAdvice, statusAdvice } from '../../report/describe-api-error.ts';
import { declareFailure, declareWarning, failedRequests } from '../../shared/failure.ts';
import { readKeyName } from '../../shared/key-name.ts';
import { describeAll } from '../../teardown/failures.ts';
import { countWorking, describeWorking, type KeysLeft } from '../../teardown/keys-left.ts';
import { type Cap, type CapProblem, type CapUse, totalsOf } from './cap.ts';

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

/** What was to be deleted, and why that failed. */
export interface UndeletedPreview {
  slug: string;
  /** Of the deletion, or of a lookup that it needs. */
  errors: readonly ApiError[];
  keysLeft: KeysLeft;
}

export const previewNotDeleted = declareFailure<UndeletedPreview>(
  'preview-not-deleted',
  ({ slug, errors, keysLeft }) => {
    const [{ details: first }] = errors as readonly [ApiError];
    const { lines, details } = describeAll(errors);
    return {
      title: `Could not delete the preview "${slug}": ${describeCause(first)}`,
      // Whether anything can spend comes first: it decides whether the rest can wait.
      lines: [
        describeWorking(keysLeft),
        ...endSpending(keysLeft, slug),
        // A rejection fails again until its cause is corrected.
        ...(first.kind === 'rejected' ? [...lines, RETRY_AFTER] : retryAfter(first)),
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
  return countWorking(keysLeft) === 0
    ? []
    : [`To stop any spending now, disable the API keys: ${dashboardUrl(slug)}`];
}

/** The same, where only what is left is news. */
export function describeUndeleted({ slug, keysLeft }: UndeletedPreview): string[] {
  return [`The preview "${slug}" still exists. ${RETRY}`, describeWorking(keysLeft)];
}

export const staleResponse = declareFailure<{
  /** The number of the pull request. */
  number: number;
}>('stale-response', ({ number }) => ({
  title: `GitHub does not yet show the current state of pull request #${number}`,
  lines: ['Its response is older than the event of this run. Run this again.'],
}));

export const previewReopened = declareFailure<{
  workspace: WorkspaceRef;
  deleted: boolean;
  /** Otherwise, what API keys in it are. */
  whatOfKeys?: string | undefined;
}>('preview-reopened', ({ workspace: { slug, id }, deleted, whatOfKeys }) => ({
  title: deleted
    ? `The preview "${slug}" was deleted with its API keys, while its pull request or branch was reopened`
    : `The pull request or branch of the preview "${slug}" was reopened: its API keys ${whatOfKeys}`,
  lines: [
    'Run the newest workflow runs of the pull request or branch again: each then gets a new API key.',
  ],
  effect: [`The id of its workspace: ${id}.`],
}));

export const previewDeleted = declareFailure<{ workspace: WorkspaceRef }>(
  'preview-deleted',
  ({ workspace }) => ({
    title: `The workspace "${workspace.slug}" was deleted during this job`,
    lines: ['Its pull request or branch is open. Run this again.'],
    effect: [`The workspace with the id ${workspace.id} does not exist any more.`],
  }),
);

export const previewNotChecked = declareWarning<{
  /** The slug. */
  workspace: string;
  error: Error;
}>('preview-not-checked', ({ workspace, error }) => ({
  title: `Whether the preview "${workspace}" is still needed could not be checked`,
  lines: [
    `${error.message}.`,
    ...rejectionAdvice(failedRequests(error)),
    'Nothing was deleted. The next clean-up checks it again.',
  ],
}));

interface ReachedCap {
  cap: Cap;
  /** Of all keys, but for one that was created in vain. */
  uses: readonly CapUse[];
}

/** A new key that no step gets. The post step ends it if this step could not disable it. */
type KeyInVain = { isDisabled: boolean };

export const previewLimitReached = declareFailure<ReachedCap & { created?: KeyInVain }>(
  'preview-limit-reached',
  ({ created, ...reached }) => ({
    title: `Nothing is left of preview-limit-usd: ${describeUse(reached)}`,
    lines: [...adviceOnCap(reached), 'If this check is required, it stays red until then.'],
    effect: [describeInVain(created)],
    details: [countSpent(reached)],
  }),
);

function describeInVain(created: KeyInVain | undefined): string {
  if (!created) return 'No API key was created.';
  const end = created.isDisabled
    ? 'The new API key was disabled.'
    : 'The post step ends the new API key.';
  return `${end} No other step has its secret.`;
}

/** The same, about a key that the job has deployed. */
export const previewLimitReachedWarning = declareWarning<ReachedCap & { key: KeyIdentity }>(
  'preview-limit-reached',
  ({ key, ...reached }) => ({
    title: `Nothing is left of preview-limit-usd: ${describeUse(reached)}`,
    lines: [
      ...adviceOnCap(reached),
      `The limit of the API key ${describeKey(key)} was lowered to what it has spent.`,
    ],
    details: [countSpent(reached)],
  }),
);

/** `7 API keys spent $3.90 of $5.00.` */
function countSpent({ cap, uses }: ReachedCap): string {
  return `${countKeys(uses.length)} spent ${describeSpent(cap, totalsOf(uses).spent)}.`;
}

/** `$3.90 of $5.00` */
function describeSpent({ amount }: Cap, spent: Usd): string {
  return `${formatUsdNextTo(amount, spent)} of ${formatExactUsd(amount)}`;
}

/** `$2.00 of $2.00 spent`, `$1.40 spent, $0.60 reserved for running jobs` */
function describeUse({ cap, uses }: ReachedCap): string {
  const { spent } = totalsOf(uses);
  const [first, ...others] = holdersOf({ cap, uses });
  if (!first) return `${describeSpent(cap, spent)} spent`;
  return [
    `${formatUsdNextTo(cap.amount, spent)} spent`,
    `${formatUsd(first.held)} reserved for ${first.name}`,
    ...others.map(({ name, held }) => `${formatUsd(held)} for ${name}`),
  ].join(', ');
}

/** Whose keys may still spend something, and what to do about that. */
const HOLDERS = [
  {
    purpose: 'job',
    name: 'running jobs',
    advice:
      'Run this again once the running jobs have ended. If none is running, disable these keys, and do not delete them:',
  },
  {
    purpose: 'deployment',
    name: 'deployments',
    advice:
      'Run this again once no deployment is running. If a deployment has failed, one that succeeds disables these keys. If nothing uses a key, disable this key, and do not delete it:',
  },
  {
    purpose: 'other',
    name: 'API keys made by hand',
    advice:
      'Lower the limits of the API keys made by hand, or disable them, and do not delete them:',
  },
] as const;

/** Who holds what is not spent. If all is spent, it does not help that keys hold less. */
function holdersOf({ cap, uses }: ReachedCap) {
  if (totalsOf(uses).spent >= cap.amount) return [];
  return HOLDERS.flatMap((holder) => {
    const holding = uses.filter(
      ({ key, held }) => held > 0n && readKeyName(key.name).kind === holder.purpose,
    );
    if (holding.length === 0) return [];
    const keys = holding.map(({ key }) => describeKey(key));
    return [{ ...holder, held: totalsOf(holding).held, keys }];
  });
}

function adviceOnCap(reached: ReachedCap): string[] {
  const holders = holdersOf(reached);
  return [
    ...holders.flatMap(({ advice, keys }) => [advice, ...truncateList(keys)]),
    holders.length > 0
      ? 'Or raise preview-limit-usd, and push.'
      : 'To go on, raise preview-limit-usd and push: running this again repeats the old value.',
  ];
}

/** Why a key cannot be counted, or why the new one was not given out. */
const PROBLEMS: Readonly<Record<CapProblem | 'unlisted' | 'unchanged', string>> = {
  unlimited: 'has no limit',
  resets: 'has a limit that resets',
  'without-byok': 'has a limit without usage of your own provider keys',
  unread: 'has a limit or counter that could not be read',
  unlisted: 'is not listed with its limit',
  unchanged: 'has a higher limit than requested',
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
