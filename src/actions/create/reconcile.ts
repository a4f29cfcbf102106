import type { Decision, FailedAttempt } from '../../creation/post-once.ts';
import { type AttemptFailure, rejectsResource } from '../../http/request.ts';
import { FAILURE_CLASSES } from '../../http/retry-policy.ts';
import type {
  CreateWorkspaceRequest,
  Lookup,
  Workspace,
} from '../../openrouter/resources/workspaces.ts';
import { wasCreatedWithin } from '../../shared/time-window.ts';
import { matchesDesired } from './diff.ts';

/** Who created a workspace, if that can be determined. */
export type Creator = 'this-step' | 'another-job' | 'unknown';

/** The workspace with the desired slug. */
export interface ExistingWorkspace {
  workspace: Workspace;
  creator: Creator;
}

/** What was known before the first POST. */
export interface CreateFacts {
  desired: CreateWorkspaceRequest;
  /** Whether a lookup found no workspace with the slug. */
  slugWasFree: boolean;
  /** When the step began to create the workspace, by the client's clock. */
  start: number;
}

/**
 * Decides what to do after a failed `POST /workspaces`.
 *
 * A slug is unique, so a second POST cannot create a second workspace. The question is who created the
 * workspace that has the slug. The status for a taken slug is not documented (400, 409 and 500 are all
 * plausible), and message texts change. So the decision is based on three facts:
 *
 * - whether a POST of this step may have been applied since a lookup last found the slug free
 * - whether the workspace has the desired fields
 * - if there was no lookup before the first POST: when the workspace was created, by the server's clock
 */
export function reconcileWorkspace(
  attempts: readonly FailedAttempt<Lookup>[],
  facts: CreateFacts,
): Decision<ExistingWorkspace> {
  const { failure, found } = attempts.at(-1) as FailedAttempt<Lookup>;
  const { retryable } = FAILURE_CLASSES[failure.kind];
  const evidence = collectEvidence(attempts, facts);
  const ambiguous = evidence.canArriveLate || evidence.mayBeApplied;
  if (!found) {
    if (skipsLookup(failure)) return { kind: retryable ? 'retry' : 'give-up', ambiguous };
    return { kind: 'check', ambiguous };
  }
  const { workspace } = found;
  if (!workspace) {
    return { kind: retryable ? 'retry' : 'give-up', ambiguous: evidence.canArriveLate };
  }
  const creator = decideCreator(evidence);
  if (creator === 'needs-probe') return { kind: 'retry', ambiguous: true };
  return { kind: 'done', result: { workspace, creator } };
}

/** Whether no lookup is needed or possible: OpenRouter did not process the request, or the step ends. */
function skipsLookup(failure: AttemptFailure): boolean {
  const { kind } = failure;
  if (kind === 'rejected') return !rejectsResource(failure);
  return ['unsent', 'prevented', 'throttled', 'conflict', 'aborted'].includes(kind);
}

/** What the attempts show together. */
interface Evidence {
  /** Whether a POST may have been applied since a lookup last found the slug free. */
  mayBeApplied: boolean;
  /**
   * Whether each POST that `mayBeApplied` counts returned 500, which OpenRouter may also return for
   * a taken slug.
   */
  returnedOnly500: boolean;
  /** Whether a POST from before the last lookup that found the slug free may still be applied. */
  canArriveLate: boolean;
  /** Whether a POST was throttled. OpenRouter reports that it did not apply it. */
  wasThrottled: boolean;
  /** Whether the workspace, if there is one, has the desired fields. */
  isAsDesired: boolean;
  /** Whether the workspace was created since the step began; undefined if that is unknown. */
  isRecent: boolean | undefined;
  /** Whether any lookup found the slug free. */
  slugWasFree: boolean;
  /** Whether the last POST was rejected, as for a taken slug. */
  wasRejected: boolean;
  /** Whether the last POST was sent although the slug was known to be taken, and returned 500 again. */
  wasProbed: boolean;
}

function collectEvidence(attempts: readonly FailedAttempt<Lookup>[], facts: CreateFacts): Evidence {
  const last = attempts.at(-1) as FailedAttempt<Lookup>;
  const lastFree = attempts.findLastIndex(({ found }) => found && !found.workspace);
  const sinceFree = attempts.slice(lastFree + 1);
  const firstTaken = sinceFree.findIndex(({ found }) => found?.workspace);
  // A POST for a taken slug is never applied.
  const applicable = firstTaken < 0 ? sinceFree : sinceFree.slice(0, firstTaken + 1);
  const isAmbiguous = ({ failure: { kind } }: FailedAttempt<Lookup>) =>
    FAILURE_CLASSES[kind].ambiguous;
  const ambiguousRounds = applicable.filter(isAmbiguous);
  const slugWasFree = facts.slugWasFree || lastFree >= 0;
  const workspace = last.found?.workspace;
  return {
    mayBeApplied: ambiguousRounds.length > 0,
    returnedOnly500: ambiguousRounds.every(({ failure }) => failure.status === 500),
    canArriveLate: attempts.slice(0, lastFree + 1).some(isAmbiguous),
    wasThrottled: attempts.some(({ failure }) => failure.kind === 'throttled'),
    isAsDesired: workspace !== undefined && matchesDesired(workspace, facts.desired),
    isRecent: slugWasFree
      ? isCreatedSince(last.found, facts.start - LOOKUP_TOLERANCE_MS) !== false
      : isCreatedSince(last.found, facts.start),
    slugWasFree,
    wasRejected: last.failure.kind === 'rejected',
    wasProbed: last.failure.status === 500 && firstTaken >= 0 && firstTaken < sinceFree.length - 1,
  };
}

/**
 * A lookup that found the slug free can be wrong, but not about a workspace that was created while the step
 * was running, by servers whose clocks differ by less than this.
 */
const LOOKUP_TOLERANCE_MS = 60_000;

/** Uses the server's clock only: the runner's may be days off. */
function isCreatedSince(lookup: Lookup | undefined, start: number): boolean | undefined {
  if (!lookup?.workspace || lookup.serverTime === undefined) return undefined;
  const from = lookup.serverTime - (lookup.headersAt - start);
  return wasCreatedWithin(lookup.workspace, { from, to: Number.POSITIVE_INFINITY });
}

/**
 * Decides who created the workspace. `needs-probe`: one more POST, for the slug that is
 * now taken, shows whether 500 is how this server rejects a taken slug.
 */
function decideCreator(evidence: Evidence): Creator | 'needs-probe' {
  const { mayBeApplied, isRecent, slugWasFree } = evidence;
  if (isRecent === false) return 'another-job';
  const mayBeOurs = mayBeApplied || evidence.canArriveLate || evidence.wasThrottled;
  if (!evidence.isAsDesired) {
    // Created by another job, or by this step with a value that OpenRouter normalized.
    return mayBeOurs ? 'unknown' : 'another-job';
  }
  // A proxy that repeats a request can apply it and return the rejection of its own repetition.
  if (!mayBeOurs && !slugWasFree) return 'another-job';
  if (isRecent === undefined || !mayBeApplied) return 'unknown';
  if (!evidence.returnedOnly500 || evidence.wasRejected) return 'this-step';
  return evidence.wasProbed ? 'unknown' : 'needs-probe';
}
