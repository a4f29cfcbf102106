/**
 * How the comment of a preview comes to say what is right, although several runs write it at once, and GitHub has no
 * conditional write: a run can overwrite what another has just written.
 *
 * A workspace has one comment, which is made of the API keys that OpenRouter lists. So a run lists the keys, reads the
 * comment, writes it, and does that again until the comment says what the run would write: then the last of several runs
 * is right. What the comment said before counts twice only: its sum never becomes smaller, because a person can have
 * deleted a key; and a final bill stays as it is.
 */
import { readLogin } from '../../github/comments.ts';
import type { Repository } from '../../github/repository.ts';
import type { Client } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { maxUsd, type Usd } from '../../lib/usd.ts';
import { isUnused, listKeys } from '../../openrouter/resources/keys.ts';
import { type SettlingKey, type Spent, spentBy, toSettling } from '../../openrouter/settlement.ts';
import type { Context } from '../../shared/context.ts';
import { type CommentContent, type CommentData, isBill } from './comment.ts';
import type { MarkedWorkspace } from './naming.ts';
import {
  concernsAll,
  keepOnly,
  listOwn,
  type OwnComment,
  type OwnPlace,
  writeOwn,
} from './own-comment.ts';
import { describeSpent } from './render-comment.ts';

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

export interface CommentContext extends Pick<Context, 'client' | 'counters' | 'log'> {
  github: Client;
  repository: Repository;
  /** Undefined if the step writes none. */
  comments: Comments | undefined;
}

/** What became of the comment of a preview. */
export type CommentOutcome =
  | { kind: 'written'; data: CommentData }
  /** There is no comment, and no key to write about. */
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

/** The keys of a workspace that has ended, all of which have settled. */
interface Bill extends CommentRequest {
  keys: readonly SettlingKey[];
  /** Whether the bill is written already: it is only read. */
  isWritten?: boolean;
}

/** Writes what the keys of a workspace have spent so far. A failure is a notice. */
export async function writeComment(
  request: CommentRequest | Bill,
  context: CommentContext,
): Promise<CommentOutcome> {
  const outcome = await write(request, context);
  if (outcome.kind === 'failed') noticeError(outcome.error, context);
  return outcome;
}

/**
 * Writes what the keys of a workspace have spent in the end; returns what the bill says, also that of another run. A
 * rejection is a notice: there is no bill then.
 */
export async function writeBill(bill: Bill, context: CommentContext): Promise<CommentOutcome> {
  const outcome = await write(bill, context);
  const isRejected = outcome.kind === 'failed' && outcome.error.details.kind === 'rejected';
  if (isRejected) noticeError(outcome.error, context);
  return outcome;
}

/** What `data` says that was spent. */
export function spentIn({ spent, state }: CommentData): Spent {
  return { amount: spent, isExact: state === 'exactly' };
}

async function write(
  request: CommentRequest | Bill,
  context: CommentContext,
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

type Place = CommentContext & { comments: Comments; number: number };

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
  let [{ cap }, hasWritten, hasAdded] = [request, false, false];
  let last: CommentData | undefined;
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const keys = await keysOf(request, place);
    const found = await listOwn(own);
    const bill = found.find(({ data }) => isBill(data));
    if (bill) {
      await keepOnly(bill, found, own);
      return { kind: 'written', data: bill.data };
    }
    if ('isWritten' in request && request.isWritten) return { kind: 'nothing' };
    const isNone = keys.length === 0 || request.addsNone;
    if (found.length === 0 && isNone) return { kind: 'nothing' };
    const data = dataOf(request, { keys, found, cap });
    const body = comments.render({ data, slug: request.workspace.name, keys });
    const [oldest] = found;
    if (oldest?.comment.body === body) {
      await keepOnly(oldest, found, own);
      log.info(`The comment on #${place.number} says: ${describeSpent(data)}.`);
      return { kind: 'written', data };
    }
    last = data;
    // A list that is behind looks like a change by another run.
    if (hasWritten) {
      hasWritten = false;
      await place.github.pause(LAG_MS);
      continue;
    }
    // Someone has deleted it, or the list stays behind: each run adds one at most.
    if (hasAdded && !oldest) return { kind: 'written', data };
    const isLast = round === MAX_ROUNDS;
    hasWritten = await writeOwn({ body, oldest, attempt: round, isLast }, own);
    hasAdded ||= hasWritten && !oldest;
    // Of several runs with a cap each, the last one that begins to write has its cap shown.
    cap = undefined;
  }
  log.info(`The comment on #${place.number} keeps changing: the run that ends last writes it.`);
  return last ? { kind: 'written', data: last } : { kind: 'nothing' };
}

/** The keys that someone had. */
async function keysOf(
  request: CommentRequest | Bill,
  place: Place,
): Promise<readonly SettlingKey[]> {
  const keys =
    'keys' in request ? request.keys : toSettling(await listKeys(place, request.workspace));
  // A person who stops a key can leave it as a job does that gives way.
  return keys.filter(({ key }) => !isUnused(key) || key.usage !== 0n);
}

function dataOf(
  request: CommentRequest | Bill,
  {
    keys,
    found,
    cap,
  }: { keys: readonly SettlingKey[]; found: readonly OwnComment[]; cap: Usd | undefined },
): CommentData {
  const { amount, isExact } = spentBy(keys);
  const remembered = found.reduce((largest, { data }) => maxUsd(largest, data.spent), 0n);
  // A person has deleted a key: what it has spent last is unknown.
  const final = isExact && remembered <= amount ? 'exactly' : 'at least';
  return {
    workspace: request.workspace.id,
    spent: maxUsd(amount, remembered),
    state: 'keys' in request ? final : 'so far',
    cap: cap ?? found.find(({ data }) => data.cap !== undefined)?.data.cap,
  };
}

/** Says why the comment may be out of date, unless that has been said. */
function noticeError(error: ApiError, { comments, log }: CommentContext): void {
  const { kind, hint, server, operation, until = 'now' } = error.details;
  const advice = hint !== undefined && kind === 'rejected' ? ` ${hint}` : '';
  const isThrottled = server === 'GitHub' && kind === 'throttled';
  const reason = isThrottled
    ? `could not ${operation}: GitHub limits the rate of requests ${until}. The next run writes the comment.`
    : `${error.message}.${advice}`;
  if (!comments || comments.noticed.has(reason)) return;
  comments.noticed.add(reason);
  log.notice(`The comment of the preview may be out of date: ${reason}`);
}
