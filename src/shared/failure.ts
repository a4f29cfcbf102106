import type { Engine } from '../github/engine.ts';
import type { ApiError } from '../http/request.ts';
import type { Change } from '../lib/format.ts';
import type { Usd } from '../lib/usd.ts';
import type { Budgets, Interval } from '../openrouter/resources/budgets.ts';
import type { Key, KeyLimit } from '../openrouter/resources/keys.ts';
import type { Workspace, WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import type { UndeletedKey } from './delete-keys.ts';
import type { SweepResult } from './sweep-result.ts';
import type { DifferingClocks } from './time-window.ts';
import type { UsageGap } from './usage-gap.ts';

/** A problem with an input or with an environment variable. */
export interface InvalidInput {
  /** The name, as written in the workflow. */
  input: string;
  /** The positions of the invalid entries in a list, counted from 1. */
  entries?: readonly number[];
  /** The problem. It completes a sentence that begins with the name. */
  message: string;
  /** The text that the author wrote, unless it contains a secret. */
  provided?: string;
  /** Why the text is probably wrong. */
  cause?: string | undefined;
  /** What the author probably meant. */
  suggestion?: string | undefined;
}

/** How partly applied work is completed or undone. */
export type Recovery = 'deleted-after-job' | 'run-again-with-update' | 'run-again' | 'newest-run';

/** API keys that may be orphans of this step or keys of another job. */
export interface UnknownOwner {
  name: string;
  workspace: WorkspaceRef;
  /** Whether the name or the expiry is random, so that this step's keys can be recognized. */
  isDistinguishable: boolean;
  keys: readonly Key[];
}

/** What a workspace, or an API key in it, has cost. */
export interface Cost {
  workspace: WorkspaceRef;
  key: Key | undefined;
  cost: Usd;
  /** Why the cost may be higher. */
  gaps: readonly UsageGap[];
}

/** Why OpenRouter rejects each request with an API key. */
export type UnusableState = 'disabled' | 'expired';

/**
 * The details of each failure, by its code. `report/describe-failure.ts` describes each code, and
 * `docs/troubleshooting.md` has a section for it.
 */
export interface FailureDetails {
  'invalid-inputs': { problems: readonly InvalidInput[] };
  'slug-taken': {
    workspace: Workspace;
    /** Whether it cannot be determined if this step created the workspace. */
    creatorUnknown: boolean;
    /** The fields that `if-exists: update` would change. */
    changes: readonly Change[];
    /** The provided inputs for guardrail, budgets and members, by their names in the workflow. */
    governanceInputs: readonly string[];
  };
  'budgets-out-of-order': { shorter: Interval; longer: Interval; budgets: Budgets };
  'unknown-members': { members: readonly { written: string; matches: number }[] };
  'members-not-added': { workspace: WorkspaceRef; userIds: readonly string[] };
  'guardrail-not-found': { workspace: WorkspaceRef };
  'limits-differ': {
    workspace: WorkspaceRef;
    /** What has the values: `guardrail`, `weekly budget`. */
    what: string;
    values: Readonly<Record<string, unknown>>;
  };
  'partly-applied': {
    error: ApiError | Failure;
    workspace: WorkspaceRef;
    applied: readonly string[];
    notApplied: readonly string[];
    recovery: Recovery;
  };
  'workspace-not-found': { workspace: string };
  'unexpected-key': {
    key: Key;
    workspace: WorkspaceRef;
    name: string;
    /** Whether the post step revokes it. */
    revoked: boolean;
  };
  'key-looser': {
    key: Key;
    /** The values with which it may spend more or live longer than requested. */
    changes: readonly Change[];
    revoked: boolean;
    /** Why it could not be revoked; absent also if OpenRouter did not find it. */
    error?: ApiError | undefined;
  };
  'key-owner-unknown': UnknownOwner;
  'orphan-not-deleted': UndeletedKey;
  'replaced-keys-not-deleted': {
    /** The key that replaces the others. */
    key: Pick<Key, 'name' | 'label'>;
    undeleted: readonly UndeletedKey[];
    count: number;
  };
  'key-not-found': { hash: string; workspace: WorkspaceRef };
  'usage-unknown': { key: Key; warnings: readonly string[] };
  'spending-above-limit': Cost & { limit: Usd };
  'key-unusable': { key: Key; state: UnusableState };
  'remaining-too-low': { key: Key; minimum: Usd; limit: KeyLimit; remaining: Usd };
  'remaining-unknown': { key: Key; minimum: Usd };
  'figures-incomplete': Cost & {
    /** Why the cost may be higher, and why other figures are incomplete. */
    allGaps: readonly UsageGap[];
  };
  'default-workspace': { workspace: WorkspaceRef };
  'slug-prefix-mismatch': {
    /** The input `workspace`: an id or a slug. */
    written: string;
    slug: string;
    prefix: string;
  };
  'workspace-has-keys': { workspace: WorkspaceRef; keys: readonly Key[] };
  'keys-keep-appearing': { workspace: WorkspaceRef; rounds: number; deletedKeys: number };
  'workspace-still-exists': { workspace: WorkspaceRef };
  'deletion-not-verified': { workspace: WorkspaceRef; error: ApiError };
  'teardown-incomplete': {
    workspace: WorkspaceRef;
    errors: readonly ApiError[];
    /** Whether there may be more API keys than those that could not be deleted. */
    hasMore: boolean;
    deletedKeys: number;
  };
  'too-many-stale': {
    result: SweepResult;
    maxDeletions: number;
    /** What to check before more are deleted. */
    check: string;
  };
  'sweep-incomplete': { result: SweepResult };
  'created-workspace-missing': { workspace: WorkspaceRef };
  'created-key-missing': { key: Pick<Key, 'name' | 'label' | 'hash'> };
  'no-subject': { event: string };
  'preview-not-ours': {
    workspace: WorkspaceRef;
    /** What the description says, and what that of this preview says. */
    description: string;
    expected: string;
  };
  'stale-response': { number: number };
  'preview-reopened': { workspace: WorkspaceRef };
  'preview-deleted': { workspace: WorkspaceRef };
  'key-replaced': {
    key: Pick<Key, 'name' | 'label' | 'hash'>;
    /** When it expired, if that is why it does not work. */
    expiredAt?: string | undefined;
    /** Whether this step had already disabled or deleted the older keys. */
    olderEnded: boolean;
  };
  'state-invalid': { name: string };
  'outputs-not-written': { reason: string; values: Readonly<Record<string, string>> };
  'secret-output-not-written': { reason: string; name: string };
  'state-not-written': { reason: string; exists?: string | undefined };
}

export type FailureCode = keyof FailureDetails;

/**
 * An error that fails the step. It has a code and details; `report/` makes sentences of them. Where it can
 * end up in one line of a list, its message is the reason in a few words.
 */
export class Failure<Code extends FailureCode = FailureCode> extends Error {
  override readonly name = 'Failure';
  readonly code: Code;
  readonly details: FailureDetails[Code];

  constructor(code: Code, details: FailureDetails[Code], reason: string = code) {
    super(reason);
    this.code = code;
    this.details = details;
  }
}

/** The details of each warning, by its code. `report/describe-warning.ts` describes each code. */
export interface WarningDetails {
  'clocks-differ': DifferingClocks & {
    /** What the time is needed for. */
    purpose: 'age' | 'expiry' | 'period';
  };
  'workspace-differs': { workspace: WorkspaceRef; changes: readonly Change[] };
  'key-stricter': { key: Key; changes: readonly Change[] };
  'unknown-guardrail-fields': { fields: readonly string[] };
  'governance-not-applied': {
    workspace: WorkspaceRef;
    /** The inputs, by their names in the workflow. */
    inputs: readonly string[];
    creatorUnknown: boolean;
    dryRun: boolean;
  };
  'not-deleted-after-job': { workspace: Workspace };
  'workspace-left-alone': { workspace: WorkspaceRef };
  'key-owner-unknown': UnknownOwner;
  'key-limit-used-up': {
    name: string;
    /** What OpenRouter charged in the life of the key. */
    spent: Usd;
    /** What providers charged; undefined if unknown. */
    byok: Usd | undefined;
    limit: KeyLimit;
  };
  'spending-above-warning': Cost & { threshold: Usd };
  'usage-incomplete': Cost & {
    /** The inputs whose amount the cost may be above, by their names in the workflow. */
    undecided: readonly string[];
  };
  'stale-workspaces': { result: SweepResult };
  'preview-not-checked': { workspace: string; error: Error };
  'job-status-unknown': { text: string; engine: Engine };
  'main-still-running': { seconds: number; leftovers: string };
  'main-was-running': { leftovers: string };
  'state-not-written': { reason: string };
  'summary-not-written': { reason: string };
}

export type WarningCode = keyof WarningDetails;
