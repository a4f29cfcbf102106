import * as z from 'zod/mini';
import { parseJson } from '../../lib/json.ts';
import { exactUsd, parseUsd, sumUsd, toUsd, type Usd } from '../../lib/usd.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import { isUuid, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { createdAt } from '../../openrouter/time.ts';

/** Longer than any amount that OpenRouter returns. */
const MAX_AMOUNT = 40;

/** An exact decimal. */
const amount = () =>
  z.string().check(
    z.maxLength(MAX_AMOUNT),
    z.refine((text) => parseUsd(text) !== undefined),
  );

const keyRow = () =>
  z.object({
    /** When the key was created, in seconds since 1970; 0 if unknown. */
    at: z.number(),
    limit: z.nullable(amount()),
    name: z.string(),
  });

const keyData = () =>
  z.object({
    /** What the key had spent in USD; null if unknown. */
    spent: z.nullable(amount()),
    /** What its row shows. The oldest keys have none: they share a row. */
    row: z.optional(keyRow()),
  });

/**
 * Whether a workspace was deleted, in the order in which that can only change. A deletion that was not
 * recorded to its end is unfinished: what the keys had spent in the end is unknown.
 */
const DELETIONS = ['none', 'unfinished', 'finished'] as const;

/** An object with any number of fields. It needs less code than `z.record`. */
function recordOf<Value>(isName: (name: string) => boolean, value: z.ZodMiniType<Value>) {
  return z
    .catchall(z.object({}), value)
    .check(z.refine((record) => Object.keys(record).every(isName)));
}

const workspaceData = () =>
  z.object({
    slug: z.string().check(z.regex(/^[a-z0-9-]{1,50}$/)),
    deletion: z.enum(DELETIONS),
    /** By the beginning of the hash of each key. */
    keys: recordOf((hash) => /^[\w-]{1,16}$/.test(hash), keyData()),
  });

const commentData = () =>
  z.object({
    /** Whether keys or workspaces were left out. */
    isCut: z.boolean(),
    /** By id. */
    workspaces: recordOf(isUuid, workspaceData()),
  });

export type Deletion = (typeof DELETIONS)[number];
export type KeyData = z.infer<ReturnType<typeof keyData>>;
export type WorkspaceData = z.infer<ReturnType<typeof workspaceData>>;

/** What the comment of a preview remembers, because OpenRouter forgets it. */
export type CommentData = z.infer<ReturnType<typeof commentData>>;

export const NO_DATA: CommentData = { isCut: false, workspaces: {} };

/** As many characters of a hash tell the keys of a workspace apart. */
const HASH_LENGTH = 16;

/**
 * What is known of a workspace from the list of its keys.
 * @param deletion `unfinished` directly before a deletion, so that a run that is killed during it does not
 *   leave a total that looks complete; `finished` after it, with the keys that were listed before it
 */
export function observe(
  { id, slug }: WorkspaceRef,
  keys: readonly Key[],
  deletion: Deletion,
): CommentData {
  const all = keys.map((key) => [idInComment(key), toKeyData(key)] as const);
  const workspace = { slug, deletion, keys: Object.fromEntries(all) };
  return { ...NO_DATA, workspaces: { [id]: workspace } };
}

function idInComment({ hash }: Key): string {
  return hash.slice(0, HASH_LENGTH);
}

function toKeyData(key: Key): KeyData {
  const at = Math.floor((createdAt(key) ?? 0) / 1000);
  const limit = amountOf(key['limit']);
  return { spent: amountOf(key['usage']), row: { at, limit, name: key.name } };
}

function amountOf(value: unknown): string | null {
  const usd = toUsd(value);
  const text = usd === undefined ? '' : exactUsd(usd);
  return text === '' || text.length > MAX_AMOUNT ? null : text;
}

/**
 * The workspaces that are known under `slug` and do not exist, although no one recorded their deletion.
 * @param existing the id of the workspace that exists
 */
export function findMissing(
  { workspaces }: CommentData,
  { slug, existing }: { slug: string; existing: string | undefined },
): CommentData {
  const missing = Object.entries(workspaces)
    .filter(([id, known]) => known.slug === slug && id !== existing)
    .map(([id]) => [id, { slug, deletion: 'unfinished' as const, keys: {} }]);
  return { ...NO_DATA, workspaces: Object.fromEntries(missing) };
}

/**
 * What `known` says, but that a deletion is finished only if it had all keys of its workspace that
 * `remembered` has. Another job had deleted the others, and did not live to say what they had spent.
 */
export function checkDeletions(known: CommentData, remembered: CommentData): CommentData {
  const checked = Object.entries(known.workspaces).map(([id, workspace]) => {
    const others = Object.keys(remembered.workspaces[id]?.keys ?? {});
    const hasAll = others.every((hash) => Object.hasOwn(workspace.keys, hash));
    const isDoubtful = workspace.deletion === 'finished' && !hasAll;
    return [id, isDoubtful ? { ...workspace, deletion: 'unfinished' as const } : workspace];
  });
  return { ...known, workspaces: Object.fromEntries(checked) };
}

/**
 * Whether `remembered` has API keys of a workspace that are not among `keys`, or a deletion of it: then what
 * `keys` have spent is only a part.
 */
export function remembersMore(
  { workspaces }: CommentData,
  { id }: WorkspaceRef,
  keys: readonly Key[],
): boolean {
  const known = workspaces[id];
  if (!known) return false;
  const listed = new Set(keys.map(idInComment));
  return known.deletion !== 'none' || Object.keys(known.keys).some((hash) => !listed.has(hash));
}

/**
 * Joins what two runs know: the order, and how often, does not matter. So it takes of a key what is known
 * since it had spent most, keeps a key that one of them does not know, and a deletion stays.
 */
export function mergeComment(a: CommentData, b: CommentData): CommentData {
  return {
    isCut: a.isCut || b.isCut,
    workspaces: mergeRecords(a.workspaces, b.workspaces, mergeWorkspace),
  };
}

function mergeWorkspace(a: WorkspaceData, b: WorkspaceData): WorkspaceData {
  const rank = Math.max(DELETIONS.indexOf(a.deletion), DELETIONS.indexOf(b.deletion));
  return {
    slug: [a.slug, b.slug].sort().at(-1) as string,
    deletion: DELETIONS[rank] as Deletion,
    keys: mergeRecords(a.keys, b.keys, (one, other) => (isLess(one, other) ? other : one)),
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

/** A total order: by what the key had spent, then by the rest, where a row is more than none. */
function isLess(a: KeyData, b: KeyData): boolean {
  const [spentA, spentB] = [spentOf(a), spentOf(b)];
  if (spentA !== spentB) return spentB !== null && (spentA === null || spentA < spentB);
  return orderOf(a) < orderOf(b);
}

function orderOf({ spent, row }: KeyData): string {
  return JSON.stringify([row?.at ?? -1, row?.limit, row?.name, spent]);
}

/** What a key had spent; null if unknown. */
export function spentOf({ spent }: KeyData): Usd | null {
  return spent === null ? null : (parseUsd(spent) ?? null);
}

/** An amount that may be a lower bound. */
export interface Total {
  amount: Usd;
  isComplete: boolean;
}

/** Sums up what `keys` had spent. */
export function sumOf(keys: readonly KeyData[]): Total {
  const amounts = keys.map(spentOf);
  return {
    amount: sumUsd(amounts.map((known) => known ?? 0n)),
    isComplete: !amounts.includes(null),
  };
}

/** What all keys had spent. It is complete if all is known, and each deletion was recorded to its end. */
export function totalOf({ isCut, workspaces }: CommentData): Total {
  const all = Object.values(workspaces);
  const { amount, isComplete } = sumOf(all.flatMap(({ keys }) => Object.values(keys)));
  const isRecorded = all.every(({ deletion }) => deletion !== 'unfinished');
  return { amount, isComplete: isComplete && isRecorded && !isCut };
}

/** How many keys and workspaces fit into a comment together, however long their texts are. */
const MAX_KEYS = 600;
const MAX_WORKSPACES = 40;

/** How much of its data a comment has. */
interface Limits {
  /** How many keys have a row: the newest. */
  maxRows: number;
  /** Makes the name of a key fit to be published. */
  toName(name: string): string;
}

/** The part of `data` that a comment has space for, in an order that depends on nothing else. */
export function limitComment(data: CommentData, { maxRows, toName }: Limits): CommentData {
  const all = Object.entries(data.workspaces);
  const known = all.sort(compareWorkspaces).slice(0, MAX_WORKSPACES);
  const workspaces = Object.fromEntries(
    known.map(([id, workspace]) => [id, { ...workspace, keys: {} as Record<string, KeyData> }]),
  );
  const keys = newestFirst(known);
  const kept = keys.slice(0, MAX_KEYS).map((entry, at) => ({ ...entry, hasRow: at < maxRows }));
  for (const { id, hash, key, hasRow } of kept.sort(compareHashes)) {
    const { spent, row } = key;
    const { keys: entries } = workspaces[id] as WorkspaceData;
    entries[hash] = row && hasRow ? { spent, row: { ...row, name: toName(row.name) } } : { spent };
  }
  const isCut = data.isCut || known.length < all.length || keys.length > MAX_KEYS;
  return { isCut, workspaces };
}

type Entry<Value> = [id: string, value: Value];

/** Those that may still exist come first. */
function compareWorkspaces([idA, a]: Entry<WorkspaceData>, [idB, b]: Entry<WorkspaceData>): number {
  const rank = DELETIONS.indexOf(a.deletion) - DELETIONS.indexOf(b.deletion);
  return rank || (idA < idB ? -1 : 1);
}

interface KeyEntry {
  /** The id of the workspace. */
  id: string;
  hash: string;
  key: KeyData;
}

function compareHashes(a: KeyEntry, b: KeyEntry): number {
  return a.hash + a.id < b.hash + b.id ? -1 : 1;
}

/** All keys of `workspaces`, those without a row last. */
export function newestFirst(workspaces: readonly Entry<WorkspaceData>[]): KeyEntry[] {
  const timeOf = ({ key }: KeyEntry) => key.row?.at ?? -1;
  return workspaces
    .flatMap(([id, { keys }]) => Object.entries(keys).map(([hash, key]) => ({ id, hash, key })))
    .sort((a, b) => timeOf(b) - timeOf(a) || compareHashes(a, b));
}

const START = '<!-- openrouter-preview:v1 ';
const END = ' -->';

/** Far more than `limitComment` leaves. */
const MAX_LENGTH = 65_536;

/** Whether `body` begins as the comment of a preview does. Anyone can write such a comment. */
export function hasMarker(body: string): boolean {
  return body.startsWith(START);
}

/** The first line of a comment. It is plain ASCII, so that nothing can end it early, or be a mention. */
export function formatMarker(data: CommentData): string {
  const json = JSON.stringify(data).replace(
    /[^ -~]|[<>&@#]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return START + json + END;
}

/** The data of a comment; undefined if `body` is not that of a comment of a preview. */
export function readComment(body: string): CommentData | undefined {
  const end = body.indexOf(END);
  if (!hasMarker(body) || end < 0 || end > MAX_LENGTH) return undefined;
  return z.safeParse(commentData(), parseJson(body.slice(START.length, end))).data;
}
