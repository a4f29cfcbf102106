import type { ApiError } from '../../http/request.ts';
import { countKeys, truncateList } from '../../lib/format.ts';
import { formatUsd } from '../../lib/format-usd.ts';
import { describeKey, type KeyIdentity } from '../../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { describeCause, rejectionAdvice } from '../../report/describe-api-error.ts';
import { declareFailure, declareWarning, failedRequests } from '../../shared/failure.ts';
import { readKeyName } from '../../shared/key-name.ts';
import { describeAll, describeWorking, type KeysLeft } from '../../teardown/failures.ts';
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
      // Nothing but a rejection needs more than the time until the next attempt.
      lines: [...(first.kind === 'rejected' ? lines : []), RETRY],
      details,
      effect: [describeWorking(keysLeft)],
    };
  },
  ({ errors }) => errors,
);

const RETRY = 'Run this again; otherwise the next clean-up deletes it.';

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
  title: `The workspace "${slug}" was ${deleted ? 'deleted' : 'to be deleted'}, and its pull request or branch is open again`,
  lines: [
    'It was reopened during the deletion. To recover, repeat the newest run of each workflow that gets an API key for it.',
  ],
  effect: [
    deleted
      ? `The workspace with the id ${id} was deleted, with its API keys.`
      : `API keys of the workspace with the id ${id} ${whatOfKeys}.`,
  ],
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
    title: 'Nothing is left of preview-limit-usd',
    lines: [...linesOfReached(reached), 'Until then, a required check stays red.'],
    effect: [`The workspace and its keys stay. ${describeInVain(created)}`],
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
    title: `Nothing is left of preview-limit-usd for the API key ${describeKey(key)}`,
    lines: ['Its limit was lowered to what it has spent.', ...linesOfReached(reached)],
  }),
);

function linesOfReached({ cap, uses }: ReachedCap): string[] {
  const { spent } = totalsOf(uses);
  return [
    `${countKeys(uses.length)} spent ${formatUsd(spent)} of ${formatUsd(cap.amount)}.`,
    // If all is spent, it does not help that keys hold less.
    ...(spent < cap.amount ? HOLDERS.flatMap((holder) => linesOfHolder(holder, uses)) : []),
    'To go on, raise preview-limit-usd and push: running this again repeats the old value.',
  ];
}

/** Whose keys may still spend something, and what to do about that. */
const HOLDERS = [
  ['job', 'Keys of jobs', 'run this again once the jobs have ended.'],
  [
    'deployment',
    'Keys of deployments',
    'run this again once no deployment is running, or lower their limits.',
  ],
  ['other', 'Keys made by hand', 'lower their limits or disable them, and do not delete them.'],
] as const;

function linesOfHolder(
  [purpose, keys, advice]: (typeof HOLDERS)[number],
  uses: readonly CapUse[],
): string[] {
  const holding = uses.filter(
    ({ key, held }) => held > 0n && readKeyName(key.name).kind === purpose,
  );
  if (holding.length === 0) return [];
  return [
    `${keys} hold ${formatUsd(totalsOf(holding).held)}: ${advice}`,
    // A job ends its own.
    ...(purpose === 'job' ? [] : truncateList(holding.map(({ key }) => describeKey(key)))),
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

/** What a person can correct. The rest is not what OpenRouter documents. */
const CORRECTABLE: ReadonlySet<string> = new Set(['unlimited', 'resets', 'without-byok']);

export const keyNotCapped = declareFailure<{
  keys: readonly { key: KeyIdentity; problem: keyof typeof PROBLEMS }[];
}>('key-not-capped', ({ keys }) => ({
  title: 'preview-limit-usd cannot be guaranteed',
  lines: [
    ...truncateList(
      keys.map(({ key, problem }) => `The API key ${describeKey(key)} ${PROBLEMS[problem]}.`),
    ),
    keys.some(({ problem }) => CORRECTABLE.has(problem))
      ? "In OpenRouter's dashboard, correct that, or disable the key if nothing uses it. Then repeat the newest run. Do not delete the key: what it has spent would no longer count."
      : 'Run this again.',
  ],
}));
