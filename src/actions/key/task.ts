import * as z from 'zod/mini';
import { describeKey, type Key } from '../../openrouter/resources/keys.ts';
import type { Journal } from '../../shared/context.ts';
import { expiryOf } from './expiry.ts';
import { type OrphanCriteria, orphanCriteria } from './orphans.ts';

/** The schema of the task that `key` saves for its post step. */
export const keyTask = () =>
  z.object({
    search: orphanCriteria(),
    /** The created key; absent until its response arrives. */
    created: z.optional(
      z.object({
        hash: z.string(),
        label: z.string(),
        /** As OpenRouter returned it; the requested one if it did not. Null for never. */
        expiresAt: z.nullable(z.string()),
      }),
    ),
    /** Whether the post step revokes the created key. */
    revoke: z.boolean(),
    /**
     * The hashes of the keys that the created one replaces if the job succeeds: empty if there were none, absent
     * without `replace: after-job`.
     */
    replaced: z.optional(z.array(z.string())),
  });

export type KeyTask = z.infer<ReturnType<typeof keyTask>>;

/**
 * How far a step is with its key. Until the key is `given-out`, the post step revokes it, even with
 * `revoke-after-job: false`: no step has its secret, so no one needs it.
 */
export type KeyState =
  /** The first POST is about to be sent. */
  | 'planned'
  /** Another POST is about to be sent. An earlier one may have created a key whose secret was lost. */
  | 'posted'
  /** The key exists. It stays at this if the post step revokes it anyway. */
  | 'created'
  /** Later steps have the key, which stays after the job. */
  | 'given-out'
  /** No key of this step is left but orphans, if there may be some. */
  | 'ended';

/** What the post step has to know. */
export interface KeyFacts {
  search: OrphanCriteria;
  /** The key, from `created` on. */
  key?: Key;
  /** The hashes of the keys that a job that succeeds replaces; undefined for none. */
  replaced?: string[] | undefined;
}

/** What the post step has to do; null for nothing. */
export function taskIn(state: KeyState, { search, key, replaced }: KeyFacts): KeyTask | null {
  if (state === 'ended') return search.lostPosts > 0 ? { search, revoke: false } : null;
  const created = key && {
    hash: key.hash,
    label: key.label,
    expiresAt: expiryOf(key, search.desired),
  };
  // A key that is revoked replaces no other.
  if (state === 'given-out') return { search, created, revoke: false, replaced };
  return { search, created, revoke: true };
}

/**
 * Saves what the post step has to do. If that leaves less to do than before, a failure is only a warning:
 * then the post step finds nothing where it looks.
 * @param fewerOrphans whether the state is as before, and only orphans were deleted
 * @throws {Failure} `state-not-written`
 */
export function saveState(
  state: KeyState,
  facts: KeyFacts,
  { journal, fewerOrphans = false }: { journal: Journal<KeyTask>; fewerOrphans?: boolean },
): void {
  const task = taskIn(state, facts);
  if (!task) journal.clearOrWarn();
  else if (fewerOrphans || state === 'ended') journal.saveOrWarn(task);
  else journal.saveOrFail(task, existingIn(state, facts));
}

/** What exists at OpenRouter if the state cannot be written. */
function existingIn(state: KeyState, { key }: KeyFacts): string | undefined {
  if (key) {
    return `the API key ${describeKey(key)}, hash ${key.hash}, which the post step, if it runs, deletes`;
  }
  return state === 'posted' ? 'possibly an API key whose secret was lost' : undefined;
}
