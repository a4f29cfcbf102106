/**
 * How the comment of a preview comes to say what is right, although several runs write it at once, and GitHub has no
 * conditional write: a run can overwrite what another has just written.
 *
 * A workspace has one comment, which is made of the API keys that OpenRouter lists. So a run reads the comment, lists the
 * keys, writes the comment, and does that again until the comment says what the run would write: then the last of several
 * runs is right. Code of a job can forge a comment, so what the comment said before decides nothing: if its sum was
 * larger, because someone has deleted a key, the new one is a lower bound from then on.
 *
 * Once a workspace is locked, only a clean-up writes: it deletes the keys that the comment is made of.
 */
import { readLogin } from '../../github/comments.ts';
import type { Repository } from '../../github/repository.ts';
import type { Client } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import type { Usd } from '../../lib/usd.ts';
import { listKeys } from '../../openrouter/resources/keys.ts';
import { findWorkspace } from '../../openrouter/resources/workspaces.ts';
import { type SeenKey, seenIn, spentBy } from '../../openrouter/settlement.ts';
import type { Context } from '../../shared/context.ts';
import { isUnused } from './cap.ts';
import { type CommentContent, type CommentData, isBill } from './comment.ts';
import { isInUse, type MarkedWorkspace } from './naming.ts';
import { concernsAll, keepOnly, listOwn, type OwnPlace, writeOwn } from './own-comment.ts';
import { describeSum } from './render-comment.ts';

/** What the comments of a step share. */
export interface Comments {
  /** Why GitHub accepts none of them now, if that is known. */
  failure: ApiError | undefined;
  /** The notices so far. What several comments meet is reported once. */
  noticed: Set<string>;
  /**
   * The login that they are written under, which is read once.
   * @throws {ApiError}
   */
  login(github: Client): Promise<string>;
  /** Renders the body, which begins with the data. */
  render(content: CommentContent): string;
}

interface OpenOptions extends Pick<Comments, 'render'> {
  repository: Pick<Repository, 'isGitea'>;
  /** The login of the token of a job, where the server does not tell it. */
  jobLogin: string;
}

/** What the comments of a step share. */
export function openComments({ jobLogin, repository, render }: OpenOptions): Comments {
  let login: Promise<string> | undefined;
  return {
    failure: undefined,
    noticed: new Set(),
    login(github) {
      login ??= readLogin(github, repository, jobLogin);
      return login;
    },
    render,
  };
}

/** What writes the comments of previews. */
export interface CommentWriter extends Pick<Context, 'client' | 'counters' | 'log'> {
  github: Client;
  repository: Repository;
  /** Undefined if the step writes none. */
  comments: Comments | undefined;
}

/** A comment that says what is right, and the keys that it is made of. */
interface WrittenComment {
  kind: 'written';
  data: CommentData;
  keys: readonly SeenKey[];
}

/** What became of the comment of a preview. */
export type CommentOutcome =
  | WrittenComment
  /** There is no comment and no key to write about, or a clean-up has locked the workspace and writes its bill. */
  | { kind: 'nothing' }
  /** The step writes no comments, or not for a branch. */
  | { kind: 'skipped' }
  | { kind: 'failed'; error: ApiError };

interface CommentRequest {
  workspace: Pick<MarkedWorkspace, 'id' | 'slug' | 'subject' | 'name'>;
  /** What all keys may spend together, if this run has a cap. */
  cap?: Usd | undefined;
  /** Whether only a comment that exists is to be written. */
  addsNone?: boolean;
}

/** The bill of a workspace that is locked. */
export interface Bill extends CommentRequest {
  /** Its keys, all of which are counted. */
  keys: readonly SeenKey[];
  /** Whether these are all keys that have spent. */
  isComplete: boolean;
  /** Whether a bill that the comment has already stays as it is. */
  leavesBill: boolean;
}

/** Writes what the keys of a workspace have spent so far. A failure is a notice. */
export async function writeComment(
  request: CommentRequest,
  context: CommentWriter,
): Promise<CommentOutcome> {
  const outcome = await write(request, context);
  if (outcome.kind === 'failed') noticeError(outcome.error, context);
  return outcome;
}

/** Writes what the keys of a workspace have spent in the end. A rejection is a notice: there is no bill then. */
export async function writeBill(bill: Bill, context: CommentWriter): Promise<CommentOutcome> {
  const outcome = await write(bill, context);
  const isRejected = outcome.kind === 'failed' && outcome.error.details.kind === 'rejected';
  if (isRejected) noticeError(outcome.error, context);
  return outcome;
}

async function write(
  request: CommentRequest | Bill,
  context: CommentWriter,
): Promise<CommentOutcome> {
  const { comments } = context;
  const { subject } = request.workspace;
  if (!comments || subject.kind !== 'pull') return { kind: 'skipped' };
  if (comments.failure) return { kind: 'failed', error: comments.failure };
  const { value, error } = await catching(
    writeUntilRight(request, { ...context, comments, number: subject.number }),
    ApiError,
  );
  if (value) return value;
  if (concernsAll(error)) comments.failure = error;
  return { kind: 'failed', error };
}

type Place = CommentWriter & { comments: Comments; number: number };

/** How often a run reads the comment at most: several runs agree sooner. */
const MAX_ROUNDS = 8;

/** How long a list of comments may lag behind a write, in milliseconds. */
const LAG_MS = 2_000;

/** @throws {ApiError} */
async function writeUntilRight(
  request: CommentRequest | Bill,
  place: Place,
): Promise<CommentOutcome> {
  const { comments, log } = place;
  const own: OwnPlace = {
    ...place,
    workspace: request.workspace.id,
    login: await comments.login(place.github),
  };
  let [{ cap }, hasWritten, hasAdded, hasPaused] = [request, false, false, false];
  let last: WrittenComment | undefined;
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const found = await listOwn(own);
    const [oldest] = found;
    if (oldest && isBill(oldest.data) && isToStay(request)) {
      await keepOnly(oldest, found, own);
      return { kind: 'written', data: oldest.data, keys: request.keys };
    }
    // After the comment, whose sum is larger only if something is missing now.
    const keys = await keysOf(request, place);
    const isNone = keys.length === 0 || request.addsNone;
    if (!oldest && isNone) return { kind: 'nothing' };
    const data = dataOf(request, { keys, before: oldest?.data, cap });
    last = { kind: 'written', data, keys };
    const body = comments.render({ data, slug: request.workspace.name, keys });
    if (oldest?.comment.body === body) {
      await keepOnly(oldest, found, own);
      log.info(`The comment on #${place.number} says: ${describeSum(data)}.`);
      return last;
    }
    // A list that is behind looks like a change by another run, and a counter that is behind like a deleted key.
    const isBehind = hasWritten || (isSmaller(data, oldest?.data) && !hasPaused);
    if (isBehind) {
      [hasWritten, hasPaused] = [false, true];
      await place.github.pause(LAG_MS);
      continue;
    }
    // Someone has deleted it, or the list stays behind: each run adds one at most.
    if (hasAdded && !oldest) return last;
    if (!(await mayWrite(request, place))) return { kind: 'nothing' };
    const isLast = round === MAX_ROUNDS;
    hasWritten = await writeOwn({ body, oldest, attempt: round, isLast }, own);
    hasAdded ||= hasWritten && !oldest;
    // Of several runs with a cap each, the last one that begins to write has its cap shown.
    cap = undefined;
  }
  log.info(`The comment on #${place.number} keeps changing: the run that ends last writes it.`);
  return last ?? { kind: 'nothing' };
}

function isToStay(request: CommentRequest | Bill): request is Bill {
  return 'leavesBill' in request && request.leavesBill;
}

/** The keys that someone may have had. */
async function keysOf(request: CommentRequest | Bill, place: Place): Promise<readonly SeenKey[]> {
  const keys = 'keys' in request ? request.keys : seenIn(await listKeys(place, request.workspace));
  return keys.filter(({ key }) => !isUnused(key) || key.usage !== 0n);
}

/** Whether the list of the keys can be trusted: once a workspace is locked, a clean-up deletes some. */
async function mayWrite(request: CommentRequest | Bill, { client }: Place): Promise<boolean> {
  if ('keys' in request) return true;
  const { workspace } = await findWorkspace(client, request.workspace.id);
  return isInUse(workspace);
}

function isSmaller({ spent }: CommentData, before: CommentData | undefined): boolean {
  return before !== undefined && spent < before.spent;
}

interface Known {
  keys: readonly SeenKey[];
  /** What the comment says until now. */
  before: CommentData | undefined;
  cap: Usd | undefined;
}

function dataOf(request: CommentRequest | Bill, { keys, before, cap }: Known): CommentData {
  const { amount: spent, isExact } = spentBy(keys);
  const bill = 'keys' in request ? request : undefined;
  const isAtLeast = before !== undefined && (before.isAtLeast || spent < before.spent);
  return {
    workspace: request.workspace.id,
    spent,
    state: bill ? 'bill' : 'so far',
    isAtLeast: isAtLeast || (bill !== undefined && !(bill.isComplete && isExact)),
    cap: cap ?? before?.cap,
  };
}

/** Says why the comment may be out of date, unless that has been said. */
function noticeError(error: ApiError, { comments, log }: CommentWriter): void {
  const { kind, hint, server, operation, until = 'now' } = error.details;
  const advice = hint !== undefined && kind === 'rejected' ? ` ${hint}` : '';
  const isThrottled = server === 'GitHub' && kind === 'throttled';
  const reason = isThrottled
    ? `could not ${operation}: GitHub limits the rate of requests ${until}. The next run writes the comment.`
    : `${error.message}.${advice}`;
  if (!comments || comments.noticed.has(reason)) return;
  comments.noticed.add(reason);
  const line = `The comment of the preview may be out of date: ${reason}`;
  // If OpenRouter does not respond, what matters more has an error.
  if (server === 'OpenRouter') log.info(line);
  else log.notice(line);
}
