import { type CallFacts, OpenRouterError, whatHappened } from '../../openrouter/api-error.ts';
import {
  type CreateWorkspaceRequest,
  findWorkspace,
  type Look,
  postWorkspace,
  type Workspace,
} from '../../openrouter/resources/workspaces.ts';
import type { Surroundings } from '../shared/context.ts';
import { canBeLookedInto, lookInto, nextAttempt, told } from '../shared/reconcile.ts';
import { isAsAsked, wasMadeIn } from '../shared/time-window.ts';

/** What became of the wish for a workspace. */
export interface Posted {
  workspace: Workspace;
  /** Whether this step made it; `unknown` where that cannot be told. */
  made: boolean | 'unknown';
}

/**
 * Creates a workspace once, however many tries that takes, and finds out what became of a try
 * whose answer does not say.
 *
 * A slug is unique, so a second POST cannot make a second workspace; what has to be told is whether
 * the workspace with the slug is ours. How a taken slug is answered is documented nowhere (400, 409
 * and 500 are all plausible), and texts change. So it is decided by three things: whether a POST of
 * ours may have landed since the slug was last seen to be free, the fields, and, where it was never
 * looked at before, when the workspace was made, by the server's own clock. `seenFree` says whether
 * a look before the first POST has found the slug free.
 *
 * @throws {OpenRouterError} when it was not made, or that could not be found out in time.
 */
export async function postOnce(
  asked: CreateWorkspaceRequest,
  seenFree: boolean,
  { client, clock, log }: Surroundings,
): Promise<Posted> {
  const start = clock.now();
  let wasFree = seenFree;
  let doubt: Doubt = 'none';
  let mayComeLate = false;
  let wasThrottled = false;
  let provenTaken = false;

  for (let attempt = 1; ; ) {
    try {
      return { workspace: await postWorkspace(client, asked, attempt), made: true };
    } catch (caught) {
      if (!(caught instanceof OpenRouterError)) throw caught;
      wasThrottled ||= caught.facts.pleaded === true;
      const error = caught.with({ pleaded: wasThrottled });
      if (!isWorthALook(error.facts)) throw told(error, doubt !== 'none' || mayComeLate);
      attempt = error.facts.attempts + 1;
      // What was sent to a slug that is taken cannot have landed.
      if (!provenTaken) doubt = doubtAfter(doubt, error.facts);

      log.info(`${whatHappened(error.facts)}. Looking whether the workspace is there.`);
      const mayExist = doubt !== 'none' || mayComeLate;
      const look = await lookInto(told(error, mayExist), () => findWorkspace(client, asked.slug));
      if (!look.workspace) {
        wasFree = true;
        provenTaken = false;
        // That settles what was answered; what was lost may be on its way.
        mayComeLate ||= doubt === 'lost';
        doubt = 'none';
        await nextAttempt(error, mayComeLate, client);
        continue;
      }

      const { workspace } = look;
      const isNew = wasFree || isNewSince(look, workspace, start);
      const wasRefused = !error.facts.mayHaveLanded;
      // That a throttled POST was not applied is only the server's word, so this may be ours.
      const isOpen = mayExist || wasThrottled;
      const found = { workspace, asked, wasFree, isNew, doubt, isOpen, wasRefused };
      const made = makerOf(found);
      if (made !== 'unsettled') return { workspace, made };

      // Either it landed and 500 was the answer nevertheless, or 500 is how a taken slug is
      // answered and the workspace is a twin's. Now that the slug is taken, one more POST shows it.
      if (provenTaken) {
        if (error.facts.status === 500) return { workspace, made: 'unknown' };
        await client.untilNextAttempt(told(error, true));
      } else {
        log.info(
          'It is. Posting once more, to see whether 500 is how a slug that is taken is answered.',
        );
      }
      provenTaken = true;
    }
  }
}

/**
 * Why a POST may have landed since the slug was last seen to be free: it was lost on its way there
 * or back; or it was answered with 500, which may as well be how the server refuses a slug that is
 * taken.
 */
type Doubt = 'none' | 'answered 500' | 'lost';

function doubtAfter(doubt: Doubt, { status, mayHaveLanded }: CallFacts): Doubt {
  if (!mayHaveLanded || doubt === 'lost') return doubt;
  return status === 500 ? 'answered 500' : 'lost';
}

/** What is known of a workspace that a look has found. */
interface Found {
  workspace: Workspace;
  asked: CreateWorkspaceRequest;
  /** Whether a look has found the slug free before the POST that may have landed. */
  wasFree: boolean;
  /** Whether it was made since the step began. */
  isNew: boolean | undefined;
  doubt: Doubt;
  /** Whether any POST may have landed, or may yet. */
  isOpen: boolean;
  /** Whether the last POST was refused, which makes the slug a taken one. */
  wasRefused: boolean;
}

/** Whether this step made a workspace; `unsettled` where one more POST can show it. */
function makerOf(found: Found): Posted['made'] | 'unsettled' {
  const { workspace, asked, wasFree, isNew, doubt, isOpen, wasRefused } = found;
  if (!isOpen || isNew === false) return false;
  if (!isAsAsked(workspace, asked)) {
    // Another's, or ours with a value that the server has brought into a form of its own.
    return wasFree ? 'unknown' : false;
  }
  if (isNew === undefined || doubt === 'none') return 'unknown';
  return doubt === 'lost' || wasRefused ? true : 'unsettled';
}

/**
 * After what may have landed, unless time is over or the run was cancelled; and after what may be
 * a refusal of the slug. 401 and 403 refuse the key.
 */
function isWorthALook(facts: CallFacts): boolean {
  const { status, again, mayHaveLanded } = facts;
  if (mayHaveLanded) return canBeLookedInto(facts);
  return status !== undefined && !again && status !== 401 && status !== 403;
}

/** Whether `workspace` was made since `start`, by the server's own clock. */
function isNewSince({ serverTime, heardAt }: Look, workspace: Workspace, start: number) {
  if (serverTime === undefined) return undefined;
  const from = serverTime - (heardAt - start);
  return wasMadeIn(workspace, { from, to: Number.POSITIVE_INFINITY });
}
