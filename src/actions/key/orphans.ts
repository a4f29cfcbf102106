import * as z from 'zod/mini';
import { countAmbiguous, type Decision, type FailedAttempt } from '../../creation/post-once.ts';
import { FAILURE_CLASSES } from '../../http/retry-policy.ts';
import {
  createKeyRequest,
  deleteEach,
  describeKey,
  type Key,
  type KeyList,
  listKeys,
} from '../../openrouter/resources/keys.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { wasCreatedWithin } from '../../shared/time-window.ts';
import { orphanNotDeleted, type UnknownOwner } from './failures.ts';

/**
 * The schema of an orphan search: how to recognize the keys that this step created and whose responses
 * were lost. No one has the secret of an orphan, and it blocks the deletion of its workspace.
 */
export const orphanCriteria = () =>
  z.object({
    workspace: z.object({ id: z.string(), slug: z.string() }),
    desired: createKeyRequest,
    /** Whether the name is random, so that no other request uses it. */
    nameIsRandom: z.boolean(),
    /** Whether the name or the expiry is random, so that no other request is identical. */
    isDistinguishable: z.boolean(),
    /** The server's time before the first POST, in milliseconds since 1970; absent if unknown. */
    since: z.optional(z.number()),
    /** The hashes of keys that existed before and could be mistaken for an orphan. */
    preexistingHashes: z.array(z.string()),
    /** The maximum number of orphans: POSTs that may have been applied, or may still be applied. */
    lostPosts: z.number(),
  });

export type OrphanCriteria = z.infer<ReturnType<typeof orphanCriteria>>;

/** API keys that may be orphans of this step. */
interface Candidates {
  keys: readonly Key[];
  /** Whether they certainly are orphans. If not, some may be keys of other jobs. */
  isConclusive: boolean;
}

/** Finds the orphans in `keys`. A key for which `isNew` is false existed before, so it is not one. */
export function findOrphans(
  keys: readonly Key[],
  search: OrphanCriteria,
  isNew: (key: Key) => boolean,
): Candidates {
  const keepsMs = keys.some(({ expires_at }) => Date.parse(String(expires_at)) % 1000 > 0);
  const candidates = keys.filter((key) => isNew(key) && matches(key, search, keepsMs));
  const isConclusive = search.isDistinguishable && candidates.length <= search.lostPosts;
  return { keys: candidates, isConclusive };
}

/** Compares the name alone if it is random, because a server may round or cap other values. */
function matches(key: Key, { desired, nameIsRandom }: OrphanCriteria, keepsMs: boolean): boolean {
  if (key.name !== desired.name) return false;
  if (nameIsRandom) return true;
  return (
    (key['limit'] ?? null) === (desired.limit ?? null) &&
    expiryMatches(key['expires_at'], desired.expires_at, keepsMs)
  );
}

/**
 * Compares to the millisecond, or to the second if no key in the workspace shows that the server
 * stores milliseconds.
 */
function expiryMatches(actual: unknown, desired: string | null, keepsMs: boolean): boolean {
  if (desired === null) return (actual ?? null) === null;
  const [actualMs, desiredMs] = [Date.parse(String(actual)), Date.parse(desired)];
  return actualMs === desiredMs || (!keepsMs && Math.abs(actualMs - desiredMs) < 1000);
}

/**
 * Whether `key` may have been created after `since`, by its `created_at`; true if either is
 * unknown.
 */
export function mayBeCreatedSince(key: Key, { since }: Pick<OrphanCriteria, 'since'>): boolean {
  if (since === undefined) return true;
  return wasCreatedWithin(key, { from: since, to: Number.POSITIVE_INFINITY }) !== false;
}

/** The hashes of the listed keys that the post step could mistake for an orphan with this name. */
export function preexistingHashes({ keys, serverTime }: KeyList, name: string): string[] {
  return keys
    .filter((key) => key.name === name && mayBeCreatedSince(key, { since: serverTime }))
    .map(({ hash }) => hash);
}

/** What became of the orphans of a step. */
export interface OrphanDeletion {
  deleted: readonly Key[];
  /** The keys that may be orphans or keys of other jobs; none of them was deleted. */
  undecided: readonly Key[];
}

/**
 * Lists the keys of the workspace, and deletes the orphans among them. If some may be keys of other jobs,
 * deletes none.
 * @throws {ApiError} if the keys cannot be listed
 * @throws {Failure} `orphan-not-deleted`
 */
export async function deleteOrphans(
  search: OrphanCriteria,
  isNew: (key: Key) => boolean,
  { client, log }: Pick<Context, 'client' | 'log'>,
): Promise<OrphanDeletion> {
  const { keys } = await listKeys(client, search.workspace);
  const candidates = findOrphans(keys, search, isNew);
  if (!candidates.isConclusive) return { deleted: [], undecided: candidates.keys };
  const deleted: Key[] = [];
  const [failed] = await deleteEach(candidates.keys, client, (key) => {
    deleted.push(key);
    log.info(`Deleted the orphaned API key ${describeKey(key)}: its secret was lost.`);
  });
  if (failed) throw new Failure(orphanNotDeleted, failed);
  return { deleted, undecided: [] };
}

/** The details to report about keys that may be orphans of this step or keys of another job. */
export function unknownOwner(
  { desired: { name }, workspace, isDistinguishable }: OrphanCriteria,
  keys: readonly Key[],
): UnknownOwner {
  return { name, workspace, isDistinguishable, keys };
}

/** Counts the orphans that may exist or may still appear. */
export function countPossibleOrphans(attempts: readonly FailedAttempt<OrphanDeletion>[]): number {
  return countAmbiguous(attempts) - deletedOrphans(attempts).length;
}

/** The orphans that were deleted after earlier attempts. A list that lags still has them. */
export function deletedOrphans(attempts: readonly FailedAttempt<OrphanDeletion>[]): Key[] {
  return attempts.flatMap(({ found }) => found?.deleted ?? []);
}

/** API keys that may be orphans of this step or keys of another job. */
type Undecided = readonly Key[];

/**
 * Decides what to do after a failed `POST /keys`. It may have created a key whose secret the API never
 * returns again. Such an orphan is deleted before the next POST.
 */
export function reconcileKey(
  attempts: readonly FailedAttempt<OrphanDeletion>[],
): Decision<Undecided> {
  const { failure, found } = attempts.at(-1) as FailedAttempt<OrphanDeletion>;
  const { retryable, ambiguous } = FAILURE_CLASSES[failure.kind];
  if (ambiguous && failure.kind !== 'aborted' && !found) return { kind: 'settle', ambiguous: true };
  if (found && found.undecided.length > 0) return { kind: 'done', result: found.undecided };
  return { kind: retryable ? 'retry' : 'give-up', ambiguous: countPossibleOrphans(attempts) > 0 };
}
