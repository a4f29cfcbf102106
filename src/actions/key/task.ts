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
    /**
     * What becomes of the key after its job: it ends, stays, or replaces older ones if the job has succeeded, as that of a
     * deployment does.
     */
    afterJob: z.enum(['ends', 'stays', 'replaces']),
    /** The hashes of the keys that it replaces. */
    replaced: z.array(keyHash),
    /**
     * Whether the key is sealed for other jobs. Then the post step leaves all this to `end-key`, if the job has succeeded
     * until then.
     */
    isSealed: z.optional(z.boolean()),
  });

export type KeyTask = z.infer<ReturnType<typeof keyTask>>;

/** The key of a step, as far as it exists, and what belongs to it. */
export interface KeyProgress extends Pick<KeyTask, 'desired' | 'mayHaveOrphans' | 'replaced'> {
  workspace: WorkspaceRef;
  /** Absent until its response arrives, and once it is deleted. */
  key?: Key | undefined;
}

/** What the post step has to do about a key that is not given out: to end it, whatever `revoke-after-job` is. */
function unusedEnd({
  workspace: { id, slug },
  desired,
  mayHaveOrphans,
  key,
}: KeyProgress): KeyTask {
  const created = key && {
    hash: key.hash,
    label: key.label,
    name: desired.name,
    expiresAt: expiryOf(key, desired),
  };
  const own = { workspace: { id, slug }, desired, mayHaveOrphans, created };
  return { ...own, afterJob: 'ends', replaced: [] };
}

/** What has to be done about a key that is given out. */
export function endOf(progress: KeyProgress, afterJob: KeyTask['afterJob']): KeyTask {
  const { replaced } = progress;
  return { ...unusedEnd(progress), afterJob, replaced };
}

/** What saves the task of a key. */
interface KeyJournal {
  saveTask: SaveTask<KeyTask>;
}

/**
 * Saves that the post step ends the key: until it is given out, no one needs it.
 * @throws {Failure} `state-not-written`
 */
export function saveUnused(progress: KeyProgress, { saveTask }: KeyJournal): void {
  const exists = progress.key && describeExisting(progress.key);
  saveTask(unusedEnd(progress), { exists });
}

/**
 * Saves that no key of the step is left but orphans, if there may be some. A failure is only a warning: then the post step
 * finds nothing where it looks.
 */
export function saveEnded(progress: KeyProgress, { saveTask }: KeyJournal): void {
  const left = progress.mayHaveOrphans ? unusedEnd({ ...progress, key: undefined }) : null;
  saveTask(left, { orWarn: true });
}

/**
 * Saves that a key is given out, to later steps or sealed for other jobs.
 * @throws {Failure} `state-not-written`
 */
export function saveGivenOut(
  progress: KeyProgress & { key: Key },
  { afterJob, isSealed }: Pick<KeyTask, 'afterJob'> & { isSealed: boolean },
  { saveTask }: KeyJournal,
): void {
  const task = endOf(progress, afterJob);
  const saved = isSealed ? { ...task, isSealed } : task;
  if (isSealed || afterJob !== 'ends') saveTask(saved, { exists: describeExisting(progress.key) });
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
