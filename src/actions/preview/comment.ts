/**
 * What the comment of a preview remembers, and how what several runs know is joined.
 *
 * OpenRouter forgets a key, with what it has spent, when the key is deleted; so the first line of the comment
 * has all of it, as JSON that a reader does not see. Several runs write the comment at once, and GitHub has no
 * conditional write: a run can overwrite what another has just written. So a run joins what the comment says,
 * what OpenRouter lists, and what the run knew before. It writes the result, and reads again until the comment
 * says what it would write:
 *
 *     run 1                        the comment         run 2
 *     reads: nothing               -                   reads: nothing
 *     writes A $1 ---------------> A $1
 *                                  B $2 <------------- writes B $2: A is lost
 *     reads B $2, knows A $1
 *     writes both ---------------> A $1, B $2
 *                                                      reads both: right
 *     reads both: right
 *
 * What is joined, and why that is safe: each part only ever changes in one direction, and of two values, the one
 * further in this direction is taken. So it does not matter in which order or how often two values are joined, or
 * how old the comment and the lists are that a run has read.
 *
 *     what a key has spent     the larger amount, because counters only grow; an unknown amount is the least
 *     what a job has spent     the larger sum and, apart from that, the larger count of keys
 *     keys and workspaces      all that either has: none is ever taken out, but for what does not fit
 *     whether some do not fit  yes, if either says so
 *     a deletion               no deletion, then unfinished, then finished; of two that are equal, the later
 *     the cap                  that of the newer key; of a run without a key only if no key has one; it is only shown
 *     the slug                 the last one in the alphabet
 *
 * One gap stays: if GitHub applies a write after its run has read for the last time, the comment has older text
 * until another run joins it with what that run knows.
 *
 * A total is complete only if nothing in it is in doubt: see `doubtOf`. So a deletion is `finished` only if the
 * run that says so has read all keys once they were disabled, and the comment remembers no others.
 */
import * as z from 'zod/mini';
import { asciiJson, parseJson } from '../../lib/json.ts';
import type { Usd } from '../../lib/usd.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import { anySlug, isUuid, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { createdAt } from '../../openrouter/time.ts';
import {
  type Amount,
  amount,
  amountOf,
  largerOf,
  sumKnown,
  UNKNOWN,
  usdOf,
} from './comment-amounts.ts';
import {
  type JobCost,
  jobCosts,
  jobCostsOf,
  limitJobCosts,
  mergeJobCosts,
} from './comment-jobs.ts';

/** In seconds since 1970. */
const time = () => z.number().check(z.refine((seconds) => seconds >= 0 && seconds <= 1e10));

/** A deletion changes only in this order. */
const STATES = ['unfinished', 'finished'] as const;

/** Its fields have this order wherever one is made, so that an equal comment has equal text. */
const deletion = () =>
  z.object({
    /** While a deletion is unfinished, what the keys had spent in the end is unknown. */
    state: z.enum(STATES),
    /** When it began. */
    at: time(),
    /** The run and its attempt, such as `17000000012.1`; empty if unknown. */
    run: z.string().check(z.regex(/^(\d{1,15}\.\d{1,5})?$/)),
  });

const cap = () =>
  z.object({
    /** Null if the run that created the newest key had none. */
    usd: amount(),
    /** When that key was created; 0 if a run had a cap and got no key. */
    at: time(),
  });

/**
 * An object with any number of fields, each of which has a valid name and value. Its fields are read as a list,
 * because zod leaves out one named `__proto__`: data that someone has broken would pass for data without it.
 */
function recordOf<Value>(isName: (name: string) => boolean, value: z.ZodMiniType<Value>) {
  const field = z.object({ name: z.string().check(z.refine(isName)), value });
  return z.pipe(
    z.pipe(
      z.custom<object>((json) => typeof json === 'object' && json !== null && !Array.isArray(json)),
      z.transform((json) => Object.entries(json).map(([name, value]) => ({ name, value }))),
    ),
    z.pipe(
      z.array(field),
      z.transform((fields) => Object.fromEntries(fields.map(({ name, value }) => [name, value]))),
    ),
  );
}

const workspaceData = () =>
  z.object({
    slug: anySlug,
    deletion: z.nullable(deletion()),
    /** What all keys may spend together. It is only shown. */
    cap: z.nullable(cap()),
    /** What each key had spent in USD, by the beginning of its hash. */
    keys: recordOf((prefix) => /^[\w-]{1,10}$/.test(prefix), amount()),
    /** What the keys of each job had spent together. It is only shown. */
    jobs: jobCosts(),
  });

const commentData = () =>
  z.object({
    /** Whether keys or workspaces were left out. */
    isCut: z.boolean(),
    /** By id. */
    workspaces: recordOf(isUuid, workspaceData()),
  });

export type DeletionRecord = z.infer<ReturnType<typeof deletion>>;
type CapData = z.infer<ReturnType<typeof cap>>;
export type WorkspaceData = z.infer<ReturnType<typeof workspaceData>>;

/** What the comment of a preview remembers, because OpenRouter forgets it. */
export type CommentData = z.infer<ReturnType<typeof commentData>>;

export const NO_DATA: CommentData = { isCut: false, workspaces: {} };

/** A workspace that exists, with its API keys as OpenRouter lists them now. */
export interface ListedWorkspace {
  workspace: WorkspaceRef;
  keys: readonly Key[];
}

/** What a comment is rendered from. */
export interface CommentFacts {
  /** What is remembered, with what `existing` adds to that. */
  data: CommentData;
  existing: readonly ListedWorkspace[];
  /** Whether a deletion is under way: if this run dies during it, the comment stays as it is. */
  isBeingDeleted: boolean;
}

/** As many characters of a hash tell the keys of a workspace apart. */
const PREFIX_LENGTH = 10;

function prefixOf({ hash }: Key): string {
  return hash.slice(0, PREFIX_LENGTH);
}

/** What a run knows of a workspace besides its keys. */
interface Known {
  /** Removes secrets from the names of jobs. */
  toLine(text: string): string;
  /** Its deletion by this run: `unfinished` directly before it, and `finished` after it if all keys were read when they were disabled. */
  deletion?: DeletionRecord | null | undefined;
  /** The key that this run has created, and its cap. */
  own?: OwnKey | undefined;
}

export interface OwnKey {
  /** Undefined if the run got no key: its cap is then that of the preview unless a key has one. */
  hash: string | undefined;
  /** What all keys may spend together, as an exact decimal; null without a cap. */
  cap: string | null;
}

/** What is to be remembered of a workspace. */
export function toCommentData(
  { workspace: { id, slug }, keys }: ListedWorkspace,
  { toLine, deletion = null, own }: Known,
): CommentData {
  const cap = own ? capDataOf(own, keys) : null;
  const { amounts, isCut } = amountsOf(keys);
  const jobs = jobCostsOf(keys, { toLine });
  return { isCut, workspaces: { [id]: { slug, deletion, cap, keys: amounts, jobs } } };
}

function capDataOf({ hash, cap: usd }: OwnKey, keys: readonly Key[]): CapData | null {
  // Older than any key: a run that ends late must not replace the cap of a key that was created meanwhile.
  if (hash === undefined) return usd === null ? null : { usd, at: 0 };
  const key = keys.find((one) => one.hash === hash);
  return key ? { usd, at: Math.floor((createdAt(key) ?? 0) / 1000) } : null;
}

function amountsOf(keys: readonly Key[]) {
  const amounts = Object.fromEntries(keys.map((key) => [prefixOf(key), amountOf(key['usage'])]));
  // Of keys with equal prefixes, one is left out.
  return { amounts, isCut: Object.keys(amounts).length < keys.length };
}

/**
 * Returns `known`, in which a deletion is unfinished if `remembered` has keys of its workspace that `known` does
 * not have: another job has deleted these keys, and may have died before it could say what they had spent.
 */
export function checkDeletions(known: CommentData, remembered: CommentData): CommentData {
  const checked = Object.entries(known.workspaces).map(([id, workspace]) => {
    const { deletion, keys } = workspace;
    const others = Object.keys(remembered.workspaces[id]?.keys ?? {});
    const isDoubtful = deletion && !others.every((prefix) => Object.hasOwn(keys, prefix));
    return [id, isDoubtful ? { ...workspace, deletion: unfinished(deletion) } : workspace];
  });
  return { ...known, workspaces: Object.fromEntries(checked) };
}

function unfinished(deletion: DeletionRecord): DeletionRecord {
  return { ...deletion, state: 'unfinished' };
}

/** Whether `data` remembers API keys of a workspace that are not listed: what the listed ones have spent is only a part. */
export function remembersMore(data: CommentData, existing: ListedWorkspace): boolean {
  return Object.keys(unlistedIn(data, existing)).length > 0;
}

/** What the API keys of a workspace had spent that `data` remembers and that are not listed. */
export function unlistedIn(data: CommentData, existing: ListedWorkspace): WorkspaceData['keys'] {
  return rememberedIn(data, existing, { areListed: false });
}

/** What is known of the API keys of a workspace that are listed. A list can lag behind what `data` remembers. */
export function listedIn(data: CommentData, existing: ListedWorkspace): CommentData {
  const { id, slug } = existing.workspace;
  const { amounts, isCut } = amountsOf(existing.keys);
  const workspace = data.workspaces[id] ?? { slug, deletion: null, cap: null, jobs: [] };
  const remembered = rememberedIn(data, existing, { areListed: true });
  const keys = mergeRecords(amounts, remembered, largerOf);
  return { isCut, workspaces: { [id]: { ...workspace, keys } } };
}

function rememberedIn(
  { workspaces }: CommentData,
  { workspace: { id }, keys }: ListedWorkspace,
  { areListed }: { areListed: boolean },
): WorkspaceData['keys'] {
  const listed = new Set(keys.map(prefixOf));
  const remembered = Object.entries(workspaces[id]?.keys ?? {});
  return Object.fromEntries(remembered.filter(([prefix]) => listed.has(prefix) === areListed));
}

/** Joins what two runs know. The order does not matter, nor how often they are joined. */
export function mergeComment(a: CommentData, b: CommentData): CommentData {
  return {
    isCut: a.isCut || b.isCut,
    workspaces: mergeRecords(a.workspaces, b.workspaces, mergeWorkspace),
  };
}

function mergeWorkspace(a: WorkspaceData, b: WorkspaceData): WorkspaceData {
  return {
    slug: [a.slug, b.slug].sort()[1] as string,
    deletion: laterOf(a.deletion, b.deletion),
    cap: newerOf(a.cap, b.cap),
    keys: mergeRecords(a.keys, b.keys, largerOf),
    jobs: mergeJobCosts(a.jobs, b.jobs),
  };
}

function mergeRecords<Value>(
  a: Readonly<Record<string, Value>>,
  b: Readonly<Record<string, Value>>,
  merge: (a: Value, b: Value) => Value,
): Record<string, Value> {
  const merged = Object.entries(b).map(([id, value]) => {
    return [id, Object.hasOwn(a, id) ? merge(a[id] as Value, value) : value] as const;
  });
  return { ...a, ...Object.fromEntries(merged) };
}

/** Of two deletions, the one of the higher state, then the later one. */
function laterOf(a: DeletionRecord | null, b: DeletionRecord | null): DeletionRecord | null {
  if (!a || !b) return a ?? b;
  const order =
    STATES.indexOf(a.state) - STATES.indexOf(b.state) || a.at - b.at || (a.run < b.run ? -1 : 1);
  return order < 0 ? b : a;
}

/** Of two caps, that of the newer key. */
function newerOf(a: CapData | null, b: CapData | null): CapData | null {
  if (!a || !b) return a ?? b;
  const order = a.at - b.at || (String(a.usd) < String(b.usd) ? -1 : 1);
  return order < 0 ? b : a;
}

/** An amount that may be a lower bound. */
export interface Total {
  amount: Usd;
  isComplete: boolean;
}

/** What all keys had spent. */
export function totalOf(facts: CommentFacts): Total {
  const workspaces = Object.values(facts.data.workspaces);
  return { amount: spentIn(workspaces), isComplete: doubtOf(facts) === undefined };
}

/** What the keys of `workspaces` had spent, as far as that is known. */
export function spentIn(workspaces: readonly Pick<WorkspaceData, 'keys'>[]): Usd {
  return sumKnown(amountsIn(workspaces));
}

function amountsIn(workspaces: readonly Pick<WorkspaceData, 'keys'>[]): Usd[] {
  return workspaces.flatMap(({ keys }) => Object.values(keys).map(usdOf));
}

/** The workspaces that are remembered and do not exist. */
export function goneIn({ data, existing }: CommentFacts): WorkspaceData[] {
  const isGone = (id: string) => existing.every(({ workspace }) => workspace.id !== id);
  return Object.entries(data.workspaces).flatMap(([id, one]) => (isGone(id) ? [one] : []));
}

/** Why a total is only a lower bound. */
export type Doubt =
  /** A deletion has begun; `at` is when, in seconds since 1970. */
  | { kind: 'being-deleted'; at: number | undefined }
  /** Keys or workspaces were left out of the data. */
  | { kind: 'cut' }
  /** A key is remembered, and not listed. */
  | { kind: 'key-gone' }
  | { kind: 'unknown-amount' }
  /** A workspace is gone, and its deletion was not recorded to its end. */
  | { kind: 'workspace-gone' };

/**
 * Why the total is only a lower bound; undefined if all is known: each workspace exists and lists all keys
 * that are remembered of it, or its deletion was recorded to its end.
 */
export function doubtOf(facts: CommentFacts): Doubt | undefined {
  const { data, existing } = facts;
  if (facts.isBeingDeleted) return { kind: 'being-deleted', at: lastDeletionOf(facts) };
  if (data.isCut) return { kind: 'cut' };
  if (existing.some((one) => remembersMore(data, one))) return { kind: 'key-gone' };
  if (amountsIn(Object.values(data.workspaces)).includes(UNKNOWN)) {
    return { kind: 'unknown-amount' };
  }
  return areFinal(goneIn(facts)) ? undefined : { kind: 'workspace-gone' };
}

/** When the last deletion of a workspace that exists began, in seconds since 1970. */
function lastDeletionOf({ data, existing }: CommentFacts): number | undefined {
  const times = existing.flatMap(
    ({ workspace }) => data.workspaces[workspace.id]?.deletion?.at ?? [],
  );
  return times.length > 0 ? Math.max(...times) : undefined;
}

/** Whether the deletion of each of `workspaces` was recorded to its end, with what each key had spent. */
export function areFinal(workspaces: readonly WorkspaceData[]): boolean {
  const areFinished = workspaces.every(({ deletion }) => deletion?.state === 'finished');
  return areFinished && !amountsIn(workspaces).includes(UNKNOWN);
}

/** How many workspaces a comment remembers. */
const MAX_WORKSPACES = 40;

/**
 * The part of `data` whose marker has `maxLength` characters at most, in an order that depends on nothing
 * else. The costs of jobs are left out first, then unknown amounts of keys, then the smallest.
 */
export function limitComment(data: CommentData, maxLength = Number.POSITIVE_INFINITY): CommentData {
  const all = Object.entries(data.workspaces);
  const known = all.sort(compareWorkspaces).slice(0, MAX_WORKSPACES);
  const keys = known
    .flatMap(([id, workspace]) =>
      Object.entries(workspace.keys).map(([prefix, spent]) => {
        return { id, prefix, spent, usd: usdOf(spent) };
      }),
    )
    .sort((a, b) => (a.usd === b.usd ? compareKeys(a, b) : Number(b.usd > a.usd) * 2 - 1));
  let left = maxLength - formatMarker(withEntries(known, { keys: [] })).length;
  const count = keys.findIndex(({ prefix, spent }) => {
    left -= `"${prefix}":${JSON.stringify(spent)},`.length;
    return left < 0;
  });
  const kept = count < 0 ? keys : keys.slice(0, count);
  const costs = known.map(([id, workspace]) => [id, workspace.jobs] as const);
  const limited = withEntries(known, {
    keys: kept.sort(compareKeys),
    jobs: limitJobCosts(costs, left),
  });
  const isCut = data.isCut || known.length < all.length || kept.length < keys.length;
  return { ...limited, isCut };
}

/** The data about `workspaces` with these amounts of keys and costs of jobs only. */
function withEntries(
  workspaces: readonly Entry<WorkspaceData>[],
  { keys, jobs }: { keys: readonly KeyEntry[]; jobs?: ReadonlyMap<string, JobCost[]> },
): CommentData {
  const limited = workspaces.map(([id, workspace]): Entry<WorkspaceData> => {
    const own = keys.filter((entry) => entry.id === id);
    const amounts = own.map(({ prefix, spent }) => [prefix, spent] as const);
    return [id, { ...workspace, keys: Object.fromEntries(amounts), jobs: jobs?.get(id) ?? [] }];
  });
  return { isCut: false, workspaces: Object.fromEntries(limited) };
}

type Entry<Value> = [id: string, value: Value];

/** Those that may still exist come first. */
function compareWorkspaces([idA, a]: Entry<WorkspaceData>, [idB, b]: Entry<WorkspaceData>): number {
  const rankOf = ({ deletion }: WorkspaceData) => (deletion ? STATES.indexOf(deletion.state) : -1);
  return rankOf(a) - rankOf(b) || (idA < idB ? -1 : 1);
}

interface KeyEntry {
  /** The id of the workspace. */
  id: string;
  prefix: string;
  spent: Amount;
}

function compareKeys(a: KeyEntry, b: KeyEntry): number {
  return a.prefix + a.id < b.prefix + b.id ? -1 : 1;
}

const START = '<!-- openrouter-preview:v1 ';
const END = ' -->';

/** Whether `body` begins as the comment of a preview does. Anyone can write such a comment. */
export function hasMarker(body: string): boolean {
  return body.startsWith(START);
}

/** The first line of a comment. */
export function formatMarker(data: CommentData): string {
  return START + asciiJson(data) + END;
}

/** Far more than `limitComment` leaves. */
const MAX_LENGTH = 65_536;

/** The data of a comment; undefined if `body` is not that of a comment of a preview. */
export function readComment(body: string): CommentData | undefined {
  const end = body.indexOf(END);
  if (!hasMarker(body) || end < 0 || end > MAX_LENGTH) return undefined;
  return z.safeParse(commentData(), parseJson(body.slice(START.length, end))).data;
}
