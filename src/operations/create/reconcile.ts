import type { AttemptFailure } from '../../openrouter/api-error.ts';
import { FAILURE_CLASSES } from '../../openrouter/failure-class.ts';
import type {
  CreateWorkspaceRequest,
  Lookup,
  Workspace,
} from '../../openrouter/resources/workspaces.ts';
import type { Decision, Round } from '../shared/create-once.ts';
import { matchesDesired } from '../shared/diff.ts';
import { wasCreatedWithin } from '../shared/time-window.ts';

/** The workspace with the desired slug, and who created it. */
export interface CreatedWorkspace {
  workspace: Workspace;
  /** Whether this step did; `unknown` where that cannot be determined. */
  created: boolean | 'unknown';
}

/** What was known before the first POST. */
export interface CreateFacts {
  desired: CreateWorkspaceRequest;
  /** Whether a lookup before it found the slug free. */
  slugWasFree: boolean;
  /** When the step began to create, by the client's clock. */
  start: number;
}

/**
 * What follows after a `POST /workspaces` without a usable response.
 *
 * A slug is unique, so a second POST cannot create a second workspace. What has to be decided is
 * who created the workspace that has the slug. How OpenRouter rejects a taken slug is documented
 * nowhere (400, 409 and 500 are all plausible) and texts change, so the decision rests on three
 * things: whether a POST of ours can have been applied since the slug was last seen free, the fields
 * of the workspace, and, if nobody looked before the first POST, when it was created, by the
 * server's own clock.
 */
export function reconcileWorkspace(
  rounds: readonly Round<Lookup>[],
  facts: CreateFacts,
): Decision<CreatedWorkspace> {
  const { failure, found } = rounds.at(-1) as Round<Lookup>;
  const { retryable } = FAILURE_CLASSES[failure.kind];
  const evidence = weigh(rounds, facts);
  const ambiguous = evidence.canArriveLate || evidence.applied !== 'no';
  if (!found) {
    if (isInconclusive(failure)) return { kind: retryable ? 'retry' : 'give-up', ambiguous };
    return { kind: 'lookup', ambiguous };
  }
  const { workspace } = found;
  if (!workspace) {
    return { kind: retryable ? 'retry' : 'give-up', ambiguous: evidence.canArriveLate };
  }
  const created = decideCreator(workspace, { ...evidence, desired: facts.desired });
  if (created === 'needs-probe') return { kind: 'retry', ambiguous: true };
  return { kind: 'done', result: { workspace, created } };
}

/** Whether a lookup would show nothing: no request was received, or none can be sent any more. */
function isInconclusive({ kind, status }: AttemptFailure): boolean {
  if (kind === 'rejected') return status === 401 || status === 403;
  return ['unsent', 'unsendable', 'throttled', 'conflict', 'aborted'].includes(kind);
}

interface Evidence {
  /** Whether a POST can have been applied since the slug was last seen free. */
  applied: 'no' | 'maybe, or 500 is how a taken slug is rejected' | 'maybe';
  /** Whether a POST before that can be applied late. */
  canArriveLate: boolean;
  /** Whether a POST was throttled. That it was not applied is only the server's word. */
  wasThrottled: boolean;
  /** Whether the workspace was created since the step began; undefined where that is not known. */
  isNew: boolean | undefined;
  /** Whether the slug was seen free before. */
  slugWasFree: boolean;
  /** Whether the last POST was rejected, as it is for a taken slug. */
  wasRejected: boolean;
  /** Whether the last POST was sent for a slug that was known to be taken, and got 500 again. */
  wasProbed: boolean;
}

function weigh(rounds: readonly Round<Lookup>[], facts: CreateFacts): Evidence {
  const last = rounds.at(-1) as Round<Lookup>;
  const lastFree = rounds.findLastIndex(({ found }) => found && !found.workspace);
  const sinceFree = rounds.slice(lastFree + 1);
  const firstTaken = sinceFree.findIndex(({ found }) => found?.workspace);
  // A POST for a slug that is taken is never applied.
  const canApply = firstTaken < 0 ? sinceFree : sinceFree.slice(0, firstTaken + 1);
  const isAmbiguous = ({ failure: { kind } }: Round<Lookup>) => FAILURE_CLASSES[kind].ambiguous;
  const attempts = canApply.filter(isAmbiguous);
  const slugWasFree = facts.slugWasFree || lastFree >= 0;
  return {
    applied:
      attempts.length === 0
        ? 'no'
        : attempts.every(({ failure }) => failure.status === 500)
          ? 'maybe, or 500 is how a taken slug is rejected'
          : 'maybe',
    canArriveLate: rounds.slice(0, lastFree + 1).some(isAmbiguous),
    wasThrottled: rounds.some(({ failure }) => failure.kind === 'throttled'),
    isNew: slugWasFree || isCreatedSince(last.found, facts.start),
    slugWasFree,
    wasRejected: last.failure.kind === 'rejected',
    wasProbed: last.failure.status === 500 && firstTaken >= 0 && firstTaken < sinceFree.length - 1,
  };
}

/** By the server's own clock alone: the runner's may be days off. */
function isCreatedSince(lookup: Lookup | undefined, start: number): boolean | undefined {
  if (!lookup?.workspace || lookup.serverTime === undefined) return undefined;
  const from = lookup.serverTime - (lookup.headersAt - start);
  return wasCreatedWithin(lookup.workspace, { from, to: Number.POSITIVE_INFINITY });
}

/** `needs-probe`: one more POST shows whether 500 is how this server rejects a taken slug. */
function decideCreator(
  workspace: Workspace,
  evidence: Evidence & Pick<CreateFacts, 'desired'>,
): CreatedWorkspace['created'] | 'needs-probe' {
  const { applied, isNew, slugWasFree, wasRejected, wasProbed, desired } = evidence;
  const canBeOurs = applied !== 'no' || evidence.canArriveLate || evidence.wasThrottled;
  if (!canBeOurs || isNew === false) return false;
  // Another job's; or ours, with a value that OpenRouter has normalized.
  if (!matchesDesired(workspace, desired)) return slugWasFree ? 'unknown' : false;
  if (isNew === undefined || applied === 'no') return 'unknown';
  if (applied === 'maybe' || wasRejected) return true;
  return wasProbed ? 'unknown' : 'needs-probe';
}
