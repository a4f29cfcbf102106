import type { ApiError } from '../../http/request.ts';
import { countKeys, truncateList } from '../../lib/format.ts';
import { formatExactUsd, formatUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import { sumUsd } from '../../lib/usd.ts';
import { describeKey, type Key, type KeyIdentity } from '../../openrouter/resources/keys.ts';
import { dashboardUrl, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { isWorking, type SeenKey } from '../../openrouter/settlement.ts';
import { describeCause, statusAdvice } from '../../report/describe-api-error.ts';
import type { LeftAdvice } from '../../shared/context.ts';
import {
  declareFailure,
  declareWarning,
  type Failure,
  failedRequests,
} from '../../shared/failure.ts';
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

export const previewNotEnded = declareFailure<{
  /** Of the preview. */
  slug: string;
  /** Why; at least one. */
  errors: readonly (ApiError | Failure)[];
  keysLeft: KeysLeft;
}>(
  'preview-not-ended',
  ({ slug, errors, keysLeft }) => {
    const [first] = errors.flatMap(failedRequests);
    const cause = first ? describeCause(first.details) : errors[0]?.message;
    const parts = first ? describeAll(errors.flatMap(failedRequests)) : { lines: [], details: [] };
    return {
      title: `Could not end the API keys of the closed preview "${slug}": ${cause}`,
      // Whether anything can spend comes first: it decides whether the rest can wait.
      lines: [
        ...describeLives(keysLeft),
        ...(canSpend(keysLeft)
          ? [`To stop any spending now, disable the API keys: ${dashboardUrl(slug)}`]
          : []),
        // A rejection fails again until its cause is corrected.
        ...(first?.details.kind === 'rejected' ? [...parts.lines, RETRY_AFTER] : retry(first)),
      ],
      details: parts.details,
      effect: [],
    };
  },
  ({ errors }) => errors.flatMap(failedRequests),
);

const RETRY = 'Run this again; otherwise the next clean-up ends them.';
const RETRY_AFTER = 'Then run this again, or wait for the next clean-up.';

function retry(error: ApiError | undefined): string[] {
  const status = error ? statusAdvice(error.details) : [];
  return status.length > 0 ? [...status, 'Otherwise, the next clean-up ends them.'] : [RETRY];
}

/** Which keys still work, and until when: that of a deployment first, because it works longest. */
function describeLives(keysLeft: KeysLeft): string[] {
  const working = keysLeft?.filter(isWorking) ?? [];
  const isDeployment = ({ key }: SeenKey) => readKeyName(key.name).kind === 'deployment';
  const sorted = [...working.filter(isDeployment), ...working.filter((one) => !isDeployment(one))];
  return [
    describeWorking(keysLeft),
    ...truncateList(
      sorted.map(({ key }) => `${describeKey(key)} ${describeLife(expiryIn(key))}.`),
      10,
    ),
  ];
}

/** ISO 8601; null for never, and if OpenRouter does not report it. */
function expiryIn(key: Key): string | null {
  const { expires_at: expiry } = key;
  return typeof expiry === 'string' ? expiry : null;
}

export const keyEndUnknown = declareWarning<{
  workspace: WorkspaceRef & { name: string };
  keys: readonly Key[];
}>('key-end-unknown', ({ workspace: { name, slug }, keys }) => ({
  title: `OpenRouter does not report when ${countKeys(keys.length)} of the preview "${name}" ended`,
  lines: [
    ...truncateList(keys.map(describeKey)),
    'A preview is deleted an hour after all its keys have ended, so this preview stays.',
    `If no one needs the bill, delete these keys: ${dashboardUrl(slug)}`,
  ],
}));

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
  effect: [`Its workspace has the id ${id}, and stays.`],
}));

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

/** `$1.40 of $3.00 spent, $1.00 held by keys of jobs`: what holds the cap. */
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
    name: 'keys of jobs',
    advice:
      'Run this again once the runs of these keys have ended. If a run has ended and its key is still here, no job has ended the key: the job with end-key is missing or has failed, or a runner has died. Disable the key, and do not delete it: three minutes later, it counts with what it has spent:',
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
      'Disable those of the API keys made by hand that nothing uses. Three minutes later, each counts with what it has spent. Do not delete them, and do not change their limits:',
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

function purposeOf(use: CapUse): (typeof HOLDERS)[number]['purpose'] {
  return isWorking(use) ? readKeyName(use.key.name).kind : 'ended';
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

/** Why a key cannot be counted. */
const PROBLEMS: Readonly<Record<CapProblem, string>> = {
  unlimited: 'has no limit',
  resets: 'has a limit that resets',
  'without-byok': 'has a limit without usage of your own provider keys',
  unread: 'has a limit or counter that could not be read',
};

export const keyNotCapped = declareFailure<{
  /** Of the workspace. */
  slug: string;
  keys: readonly { key: KeyIdentity; problem: CapProblem }[];
}>('key-not-capped', ({ slug, keys }) => {
  const [first] = keys;
  const what =
    first && keys.length === 1
      ? `the API key ${JSON.stringify(first.key.name)} ${PROBLEMS[first.problem]}`
      : `${countKeys(keys.length)} cannot be counted`;
  // OpenRouter documents no key of which something cannot be read.
  const known = keys.filter(({ problem }) => problem !== 'unread');
  return {
    title: `preview-limit-usd cannot be guaranteed: ${what}`,
    lines:
      known.length > 0
        ? [
            `Disable ${known.length === 1 ? 'this key' : 'these keys'}: ${dashboardUrl(slug)}`,
            ...truncateList(known.map(({ key }) => describeKey(key))),
            'Three minutes later, what is disabled counts with what it has spent. A key that is deleted counts no longer, and one with a new limit counts too little.',
            'Then run this again.',
          ]
        : ['Run this again.'],
    details: truncateList(
      keys.map(({ key, problem }) => `The API key ${describeKey(key)} ${PROBLEMS[problem]}.`),
    ),
  };
});

export const keyNotListed = declareFailure<{ key: KeyIdentity }>('key-not-listed', ({ key }) => ({
  title: `OpenRouter does not list the new API key ${describeKey(key)}`,
  lines: [
    'A job gets a key only once it is listed: otherwise, a close could miss it. Run this again.',
  ],
  effect: ['The job has no API key. The post step, if it runs, disables the new one.'],
}));

/**
 * What still works if the key of a deployment was not checked, or has not replaced the older ones, and what to do about
 * that. Undefined if there is no key.
 */
export function adviseOnDeployment({ created, replaced }: KeyTask): LeftAdvice | undefined {
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
      'Run this job again: if it succeeds, only the newest key works.',
    ],
    details: [`Hash of the API key ${label}: ${hash}`],
  };
}
