import * as z from 'zod/mini';
import {
  createKeyRequest,
  describeKey,
  type Key,
  type KeyList,
  listKeys,
} from '../../openrouter/resources/keys.ts';
import type { Context } from '../shared/context.ts';
import { deleteEach } from '../shared/delete-keys.ts';
import { Failure, type UnknownOwner } from '../shared/failure.ts';
import { wasCreatedWithin } from '../shared/time-window.ts';

/**
 * How to recognize the keys that this step created and whose responses were lost. No one has the
 * secret of such an orphan, and it blocks the deletion of its workspace.
 */
export const orphanSearch = () =>
  z.object({
    workspace: z.object({ id: z.string(), slug: z.string() }),
    desired: createKeyRequest,
    /** Whether no other request uses the name. */
    nameIsRandom: z.boolean(),
    /** Whether name or expiry are random, so that no other request is identical. */
    isUnique: z.boolean(),
    /** The server's time before the first POST, in milliseconds since 1970, if it sent one. */
    since: z.optional(z.number()),
    /** Hashes of keys that existed before and could be mistaken for an orphan. */
    preexistingHashes: z.array(z.string()),
    /** How many orphans there can be: POSTs that may have been applied, or may still be. */
    maxOrphans: z.number(),
  });

export type OrphanSearch = z.infer<ReturnType<typeof orphanSearch>>;

/** Keys that may be orphans of this step. */
export interface Orphans {
  keys: readonly Key[];
  /** Whether they certainly are; otherwise nothing can be said about any of them. */
  isConclusive: boolean;
}

/** The orphans in `keys`, of which those that are not `isNew` existed before. */
export function findOrphans(
  keys: readonly Key[],
  search: OrphanSearch,
  isNew: (key: Key) => boolean,
): Orphans {
  const alike = keys.filter((key) => isNew(key) && matches(key, search, keys));
  return { keys: alike, isConclusive: search.isUnique && alike.length <= search.maxOrphans };
}

/** By its name alone, if that is random: a server may round or cap everything else. */
function matches(key: Key, { desired, nameIsRandom }: OrphanSearch, keys: readonly Key[]): boolean {
  if (key.name !== desired.name) return false;
  if (nameIsRandom) return true;
  const keepsMs = keys.some(({ expires_at }) => Date.parse(String(expires_at)) % 1000 > 0);
  return (
    (key['limit'] ?? null) === (desired.limit ?? null) &&
    expiresAlike(key['expires_at'], desired.expires_at, keepsMs)
  );
}

/** To the millisecond; or to the second, if the server does not seem to store milliseconds. */
function expiresAlike(theirs: unknown, ours: string | null, keepsMs: boolean): boolean {
  if (ours === null) return (theirs ?? null) === null;
  const [returned, desired] = [Date.parse(String(theirs)), Date.parse(ours)];
  const isWhole = returned % 1000 === 0 && Math.abs(returned - desired) < 1000;
  return returned === desired || (!keepsMs && isWhole);
}

/** Whether `key` may have been created since the search began: `created_at` decides, if there is one. */
export function mayBeCreatedSince(key: Key, { since }: Pick<OrphanSearch, 'since'>): boolean {
  if (since === undefined) return true;
  return wasCreatedWithin(key, { from: since, to: Number.POSITIVE_INFINITY }) !== false;
}

/** The hashes of listed keys that a cleanup could mistake for an orphan with the name `name`. */
export function preexistingHashes({ keys, serverTime }: KeyList, name: string): string[] {
  return keys
    .filter((key) => key.name === name && mayBeCreatedSince(key, { since: serverTime }))
    .map(({ hash }) => hash);
}

/**
 * The orphans that exist now.
 * @throws {ApiError}
 */
export async function lookupOrphans(
  search: OrphanSearch,
  isNew: (key: Key) => boolean,
  { client }: Pick<Context, 'client'>,
): Promise<Orphans> {
  const { keys } = await listKeys(client, search.workspace);
  return findOrphans(keys, search, isNew);
}

/**
 * Deletes orphans.
 * @throws {Failure} `orphan-not-deleted`
 */
export async function deleteOrphans(
  orphans: readonly Key[],
  { client, log }: Pick<Context, 'client' | 'log'>,
): Promise<void> {
  const [failed] = await deleteEach(orphans, client, (key) =>
    log.info(`Deleted the orphaned API key ${describeKey(key)}: its secret was lost.`),
  );
  if (failed) throw new Failure('orphan-not-deleted', failed);
}

/** What is reported of keys that may be orphans of this step or another job's. */
export function unknownOwner(
  { desired: { name }, workspace, isUnique }: OrphanSearch,
  keys: readonly Key[],
): UnknownOwner {
  return { name, workspace, isUnique, keys };
}
