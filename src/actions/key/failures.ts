import type { Engine } from '../../github/engine.ts';
import { type ApiError, formatAttempt } from '../../http/request.ts';
import { type Change, formatChange, truncateList } from '../../lib/format.ts';
import { formatExactUsd } from '../../lib/format-usd.ts';
import {
  describeKey,
  describeLimit,
  type Key,
  type KeyIdentity,
  type KeyLimit,
  type UndeletedKey,
} from '../../openrouter/resources/keys.ts';
import { dashboardUrl, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { describeCause, describePart } from '../../report/describe-api-error.ts';
import { formatLeftovers } from '../../report/description.ts';
import type { LeftAdvice } from '../../shared/context.ts';
import { whyAtLeast } from '../../shared/describe-spent.ts';
import { declareFailure, declareWarning } from '../../shared/failure.ts';
import { describeVanished } from '../../shared/failures.ts';
import { describeExpiry, describeLife, formatExpiry } from './expiry.ts';
import { formatSpend, type KeySpend } from './key-spend.ts';
import type { KeyTask } from './task.ts';

export const unexpectedKey = declareFailure<{
  key: Key;
  workspace: WorkspaceRef;
  name: string;
  /** Whether this step has created it: then the post step ends it. */
  isOwn: boolean;
}>('unexpected-key', ({ key, workspace, name, isOwn }) => ({
  title: 'OpenRouter returned another API key',
  lines: [
    `Requested: a new key named ${JSON.stringify(name)} in the workspace ${workspace.id}.`,
    `Returned: ${describeKey(key)}, hash ${key.hash}, in the workspace ${key.workspace_id}.`,
  ],
  effect: isOwn
    ? ['The post step, if it runs, ends it: OpenRouter shortened the name, which must be shorter.']
    : [
        "This step neither outputs nor revokes it, because it may be another job's key.",
        'Report this to OpenRouter, and check the workspace for a key that no one uses.',
      ],
}));

export const keyLooser = declareFailure<{
  key: Key;
  /** The values with which it may spend more or live longer than requested. */
  changes: readonly Change[];
  deleted: boolean;
  /** Why it could not be deleted; absent also if OpenRouter did not find it. */
  error?: ApiError | undefined;
}>('key-looser', ({ key, changes, deleted, error }) => ({
  title: `The API key ${describeKey(key)} is not limited as requested`,
  lines: ['OpenRouter created it with other values than requested:', ...changes.map(formatChange)],
  effect: [
    ...(deleted ? ['It was revoked. No other step has its secret.'] : describeUndeleted(error)),
    "Run this again. If it fails again, contact OpenRouter's support.",
  ],
}));

/** The lines about an API key that only the post step can still end. */
function describeUndeleted(error: ApiError | undefined): string[] {
  return [
    error
      ? `Could not revoke it: ${formatAttempt(error.details)}`
      : 'OpenRouter reports that it does not exist.',
    'The post step, if it runs, tries again. No other step has its secret.',
  ];
}

export const keyStricter = declareWarning<{ key: Key; changes: readonly Change[] }>(
  'key-stricter',
  ({ key, changes }) => ({
    title: `The API key ${describeKey(key)} has other values than requested`,
    lines: ['OpenRouter returned other values:', ...changes.map(formatChange)],
  }),
);

export const orphanNotDeleted = declareFailure<UndeletedKey>(
  'orphan-not-deleted',
  ({ key, error }) => ({
    ...describePart(error),
    title: `Could not delete the API key ${describeKey(key)}: ${describeCause(error.details)}`,
    effect: [
      `Orphaned: the API key ${describeKey(key)}, hash ${key.hash}. This step created it, but its secret was lost with the response.`,
    ],
  }),
);

export const replacedKeysNotDeleted = declareFailure<{
  /** The key that replaces the others. */
  key: Pick<Key, 'name' | 'label'>;
  undeleted: readonly UndeletedKey[];
  count: number;
}>('replaced-keys-not-deleted', ({ key, undeleted, count }) => {
  const [{ error }] = undeleted as readonly [UndeletedKey];
  const what =
    count === 1 ? 'the replaced API key' : `${undeleted.length} of ${count} replaced API keys`;
  return {
    ...describePart(error),
    title: `Could not delete ${what}: ${describeCause(error.details)}`,
    effect: [
      `The new API key exists, and the outputs are set: ${describeKey(key)}.`,
      ...truncateList(
        undeleted.map(({ key: old }) => `Not deleted, or unknown: ${describeKey(old)}.`),
      ),
      'What was not deleted can still work, until a later run deletes it.',
    ],
  };
});

export const createdKeyMissing = declareFailure<{ key: KeyIdentity }>(
  'created-key-missing',
  ({ key }) => describeVanished(`API key ${describeKey(key)}`, `hash ${key.hash}`),
);

export const keyReplaced = declareFailure<{
  key: KeyIdentity;
  /** When it expired, if that is why it does not work. */
  expiredAt?: string | undefined;
  /** Whether this step had already disabled or deleted the older keys. */
  olderEnded: boolean;
}>('key-replaced', ({ key, expiredAt, olderEnded }) => ({
  title: `The API key ${describeKey(key)} does not work any more`,
  lines: expiredAt
    ? [
        `It expired at ${formatExpiry(expiredAt)}.`,
        'Set expires-in to a longer lifetime, and start a new run.',
      ]
    : [
        'Another job has replaced it, or someone has disabled or deleted it.',
        'What was deployed with this key has no key that works. To recover, repeat the newest run that deploys there, even if it is green.',
        "Then give the jobs that replace each other's keys one concurrency group, with cancel-in-progress: false.",
        'If that job deploys something else, as a second call of one reusable workflow does, give each key a name of its own: key-name of preview, or name of key.',
      ],
  effect: [
    `The key, hash ${key.hash}, ${expiredAt ? 'has expired' : 'is disabled or deleted'}.`,
    olderEnded
      ? 'The older keys that it replaces are disabled or deleted.'
      : 'This step has not changed older keys.',
  ],
}));

export const jobStatusUnknown = declareWarning<{
  /** What the input `job-status` is. */
  text: string;
  engine: Engine;
}>('job-status-unknown', ({ text, engine }) => ({
  title: 'Whether the job succeeded is unknown',
  lines: [
    `The input job-status is ${JSON.stringify(text)}. ${adviseOnStatus(engine)}`,
    'The new API key and the older ones stay as they are.',
    'In a preview, the limits of all of them count towards preview-limit-usd.',
  ],
}));

/** What to do about a job whose status is unknown. */
function adviseOnStatus(engine: Engine): string {
  switch (engine) {
    case 'GitHub':
      return 'Leave it out: its default is the status of the job.';
    case 'Forgejo':
      return 'No value helps, because Forgejo reports a cancelled job as a success: delete or disable older API keys yourself.';
    default:
      return `For ${engine}, write job-status: \${{ job.status }}, because the default counts on GitHub only.`;
  }
}

export const keyLimitUsedUp = declareWarning<{
  /** What the key has spent in its life. */
  spend: Pick<KeySpend, 'name' | 'spent' | 'byok' | 'isSoFar'> & { limit: KeyLimit };
}>('key-limit-used-up', ({ spend }) => ({
  title: `${formatSpend(spend, 'at OpenRouter')}: the limit of the API key is used up`,
  rows: [`The API key is ${JSON.stringify(spend.name)}.`],
  lines: [
    'OpenRouter rejects requests beyond the limit with HTTP 403 or 402, so requests with this key may have failed.',
    'If more is needed, raise limit-usd.',
    ...whyAtLeast(spend.spent),
    // In the title, the limit is only next to what alone counts for it.
    ...(spend.limit.reset || spend.byok !== 0n ? [`${describeLimit(spend.limit)}.`] : []),
  ],
  folded: [{ title: 'Name of the API key', paragraphs: [{ code: spend.name }] }],
}));

/** What is left of the task of a key. */
export interface KeyLeft extends KeyTask {
  /** Whether the created key is disabled. */
  isDisabled?: boolean;
}

/**
 * Describes what may be left if a task fails: `the API key "CI" (sk-or-v1-0e6...1c96), hash 1c96…, may work until
 * 1 Jan 2026 06:00 UTC`. Empty if the task only reports what a key has spent.
 */
export function describeKeysLeft({ created, afterJob, isDisabled, ...task }: KeyLeft): string {
  const lost = describeOrphan(task);
  if (!created || afterJob !== 'ends') return lost;
  const { name, label, hash, expiresAt } = created;
  const state = isDisabled ? 'disabled' : describeLife(expiresAt);
  const found = `the API key ${JSON.stringify(name)} (${label}), hash ${hash}, ${state}`;
  return [lost, found].filter(Boolean).join('; ');
}

/** The key whose secret was lost; empty if there is none. */
function describeOrphan({
  desired: { name, expires_at },
  mayHaveOrphans,
}: Pick<KeyTask, 'desired' | 'mayHaveOrphans'>): string {
  if (!mayHaveOrphans) return '';
  return `an API key named ${JSON.stringify(name)} whose secret was lost, ${describeExpiry(expires_at, formatExpiry)}`;
}

/**
 * What the created key can still spend if it could not be ended, and how a person ends it.
 * @param verb how it is ended
 */
export function adviseOnKeyLeft(left: KeyLeft, verb: 'delete' | 'disable'): LeftAdvice | undefined {
  const { workspace, desired, created, isDisabled } = left;
  if (!created) return undefined;
  const orphan = describeOrphan(left);
  return {
    lines: [
      isDisabled ? 'The API key is disabled.' : describeRest(desired, created.expiresAt),
      `To ${isDisabled ? 'remove' : 'end'} it now, ${verb} it at OpenRouter: ${dashboardUrl(workspace.slug)}`,
      ...(orphan === '' ? [] : [formatLeftovers(orphan)]),
    ],
    details: [`Hash of the API key ${created.label}: ${created.hash}`],
  };
}

function describeRest(
  { limit, limit_reset: reset }: KeyTask['desired'],
  expiresAt: string | null,
): string {
  const most =
    limit === undefined
      ? 'spend without a limit of its own'
      : `spend at most ${formatExactUsd(limit)}${reset === undefined ? '' : ` ${reset}`} at OpenRouter`;
  const end =
    expiresAt === null
      ? '. It never expires.'
      : ` until ${formatExpiry(expiresAt)}; then it expires.`;
  return `The API key may still work, and can ${most}${end}`;
}
