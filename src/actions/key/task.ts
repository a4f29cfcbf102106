import * as z from 'zod/mini';
import {
  createKeyRequest,
  describeKey,
  type Key,
  keyHash,
} from '../../openrouter/resources/keys.ts';
import { savedWorkspace, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import type { Context, SaveTask } from '../../shared/context.ts';
import { expiryOf } from './expiry.ts';
import type { JobStatus } from './job-status.ts';

/** The schema of the task that `key` saves for its post step. */
export const keyTask = () =>
  z.object({
    workspace: savedWorkspace(),
    /** What was requested, with a name that no other key has. */
    desired: createKeyRequest,
    /** Whether a response was lost, or has not arrived yet, so that there may be a key whose secret no one has. */
    mayHaveOrphans: z.boolean(),
    /** The created key; absent until its response arrives. */
    created: z.optional(
      z.object({
        hash: keyHash,
        label: z.string(),
        name: z.string(),
        /** As OpenRouter returned it; the requested one if it did not. Null for never. */
        expiresAt: z.nullable(z.string()),
      }),
    ),
    /** Whether the post step of `key` deletes the created key. That of `preview` decides by what the key is for. */
    ends: z.boolean(),
    /**
     * The hashes of the keys that the created one replaces if the job succeeds: empty if there were none, absent
     * without `replace: after-job`.
     */
    replaced: z.optional(z.array(keyHash)),
    /**
     * Whether the key is sealed for other jobs. Then the post step leaves all this to `end-key`, if the job has succeeded
     * until then.
     */
    isSealed: z.optional(z.boolean()),
  });

export type KeyTask = z.infer<ReturnType<typeof keyTask>>;

/**
 * How far a step is with its key. Until the key is `given-out`, the post step ends it, even with
 * `revoke-after-job: false`: no step has its secret, so no one needs it.
 */
export type KeyState =
  /** A POST is about to be sent. */
  | 'planned'
  /** The key exists. It stays at this if the post step ends it anyway. */
  | 'created'
  /** Later steps have the key, which stays after the job. */
  | 'given-out'
  /** No key of this step is left but orphans, if there may be some. */
  | 'ended';

/** How a key is given out: to later steps, or sealed for other jobs. */
interface GivingOut {
  /** Whether the key ends with the job, or with the jobs that it is sealed for. */
  endsAfterJob: boolean;
  isSealed: boolean;
}

/** What ends a key that is given out. */
export function endOf(
  progress: KeyProgress,
  { endsAfterJob }: Pick<GivingOut, 'endsAfterJob'>,
): KeyTask {
  return taskIn(endsAfterJob ? 'created' : 'given-out', progress);
}

/** The key of a step, as far as it exists, and what belongs to it. */
export interface KeyProgress extends Pick<KeyTask, 'desired' | 'mayHaveOrphans' | 'replaced'> {
  workspace: WorkspaceRef;
  /** The key, from `created` on. */
  key?: Key;
}

/** What the post step has to do; null for nothing. */
function taskIn(state: Exclude<KeyState, 'ended'>, progress: KeyProgress): KeyTask;
function taskIn(state: KeyState, progress: KeyProgress): KeyTask | null;
function taskIn(state: KeyState, progress: KeyProgress): KeyTask | null {
  const {
    workspace: { id, slug },
    desired,
    mayHaveOrphans,
    key,
    replaced,
  } = progress;
  const task = { workspace: { id, slug }, desired, mayHaveOrphans };
  if (state === 'ended') return mayHaveOrphans ? { ...task, ends: false } : null;
  const created = key && {
    hash: key.hash,
    label: key.label,
    name: desired.name,
    expiresAt: expiryOf(key, desired),
  };
  // A key that ends replaces no other.
  if (state === 'given-out') return { ...task, created, ends: false, replaced };
  return { ...task, created, ends: true };
}

/**
 * Saves what the post step has to do. If no key is left, a failure is only a warning: then the post step finds
 * nothing where it looks.
 * @throws {Failure} `state-not-written`
 */
export function saveState(
  state: KeyState,
  progress: KeyProgress,
  { saveTask }: { saveTask: SaveTask<KeyTask> },
): void {
  const exists = progress.key && describeExisting(progress.key);
  saveTask(taskIn(state, progress), state === 'ended' ? { orWarn: true } : { exists });
}

/**
 * Saves that a key is given out. Until then, the post step ends it.
 * @throws {Failure} `state-not-written`
 */
export function saveGivenOut(
  progress: KeyProgress & { key: Key },
  { endsAfterJob, isSealed }: GivingOut,
  { saveTask }: { saveTask: SaveTask<KeyTask> },
): void {
  const task = endOf(progress, { endsAfterJob });
  const saved = isSealed ? { ...task, isSealed } : task;
  if (isSealed || !endsAfterJob) saveTask(saved, { exists: describeExisting(progress.key) });
}

/** What the log of a main step says about the end of a sealed key. */
export const SEALED = 'The key is sealed. If this job succeeds, its end is up to end-key.';

/** Whether a post step leaves a key to `end-key`: only if the job is known to have succeeded until then. */
export function leavesToEndKey(
  { isSealed = false }: KeyTask,
  jobStatus: JobStatus,
  { log }: Pick<Context, 'log'>,
): boolean {
  const leaves = isSealed && jobStatus.succeeded === true;
  if (leaves) log.info('The API key is sealed for other jobs: its end is up to end-key.');
  return leaves;
}

/** What exists at OpenRouter if the state cannot be written. */
function describeExisting(key: Key): string {
  return `the API key ${describeKey(key)}, hash ${key.hash}, which the post step, if it runs, ends`;
}
