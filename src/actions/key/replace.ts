import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { untilFound } from '../../openrouter/deletion.ts';
import {
  deleteEach,
  describeKey,
  type Key,
  keyRequest,
  keyState,
  listKeys,
  requestKey,
} from '../../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { type SeenKey, seenIn } from '../../openrouter/settlement.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { isSameKeyName } from '../../shared/key-name.ts';
import { currentTime } from '../../shared/time-window.ts';
import { jobStatusUnknown, keyReplaced, replacedKeysNotDeleted } from './failures.ts';
import type { JobStatus } from './job-status.ts';
import type { Reading } from './spend.ts';

/**
 * How many older keys a job replaces at most: a state is limited to 60 kB, and a hash has up to 200
 * characters.
 */
export const MAX_REPLACED = 250;

/**
 * The hashes of the keys in `older` that a job replaces if it succeeds. If they are too many, those that do
 * not work at the time `now` wait.
 */
export function hashesToReplace(
  older: readonly Key[],
  now: number,
  { log }: Pick<Context, 'log'>,
): string[] {
  const rank = (key: Key) => (keyState(key, now) === 'works' ? 0 : 1);
  if (older.length > MAX_REPLACED) {
    log.info(
      `${older.length} keys have that name. This job replaces ${MAX_REPLACED} of them if it succeeds, and later jobs the others.`,
    );
  }
  return older
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MAX_REPLACED)
    .map(({ hash }) => hash);
}

/** The key of a job, and the older keys that it replaces. */
export interface Replacement {
  key: Pick<Key, 'hash' | 'name' | 'label'>;
  workspace: WorkspaceRef;
  /** The hashes of the keys that existed before the POST for `key`. */
  replaced: readonly string[];
  /** Whether two keys have the same name; by default, if they differ only in their endings. */
  isSameName?(one: string, other: string): boolean;
}

/** What became of a replacement. */
export interface ReplacementEnd {
  /** The key of the job as the last lookup that found it shows it. */
  reading: Reading;
  /** The older keys that this step has deleted. */
  deleted?: readonly SeenKey[];
  /** Why others may still work, or why the key of the job does not. */
  error?: Error | undefined;
}

/**
 * Ends the older keys with the same name if the job has succeeded. Its own key must work before that, or none would be
 * left, and after it, or the job would seem to have deployed a key that works: otherwise, the error is `key-replaced`.
 * Only if the job has failed does nothing depend on its key.
 * @param endOlder ends those of the older keys that still exist and have that name
 */
export async function replaceOlderKeys(
  { jobStatus, ...replacement }: Replacement & { jobStatus: JobStatus },
  context: Context,
  endOlder: (older: readonly SeenKey[]) => Promise<Omit<ReplacementEnd, 'reading'>>,
): Promise<ReplacementEnd> {
  const { key, replaced } = replacement;
  if (jobStatus.succeeded === false) {
    context.log.info('The job has not succeeded: older keys stay.');
    return { reading: await readIfPossible(key, context) };
  }
  const before = await checkWorks(key, { olderEnded: false }, context);
  if (before.error || !isKnown(jobStatus, context) || replaced.length === 0) return before;
  const { value: older, error } = await catching(findOlder(replacement, context), ApiError);
  if (error) return { ...before, error };
  const end = older.length > 0 ? await endOlder(older) : {};
  if (end.error) return { ...before, ...end };
  const after = await checkWorks(key, { olderEnded: older.length > 0 }, context);
  return { ...end, ...after, reading: after.reading.found ? after.reading : before.reading };
}

/** Whether it is known if the job has succeeded, which is a warning otherwise. */
function isKnown(jobStatus: JobStatus, { warn }: Pick<Context, 'warn'>): boolean {
  if (jobStatus.succeeded === undefined) warn(jobStatusUnknown, jobStatus);
  return jobStatus.succeeded !== undefined;
}

/** Reads the key of a job that has failed: its older keys stay, and nothing depends on it. */
async function readIfPossible(key: Replacement['key'], context: Context): Promise<Reading> {
  const { value: reading, error } = await catching(readOwn(key, context), ApiError);
  return reading ?? { error };
}

/** Finds the keys that are replaced. Someone may have given one another name, so that it stays. */
async function findOlder(
  { key, workspace, replaced, isSameName = isSameKeyName }: Replacement,
  context: Context,
): Promise<SeenKey[]> {
  return seenIn(await listKeys(context, workspace)).filter(
    ({ key: { hash, name } }) => replaced.includes(hash) && isSameName(name, key.name),
  );
}

/** Looks up the key of the job. The error is `key-replaced` if it does not work. */
async function checkWorks(
  key: Replacement['key'],
  { olderEnded }: { olderEnded: boolean },
  context: Context,
): Promise<ReplacementEnd> {
  const { value: reading, error } = await catching(readOwn(key, context), ApiError);
  if (error) return { reading: { error }, error };
  const { found, now } = reading;
  const state = found ? keyState(found, now) : 'missing';
  if (state === 'works') return { reading };
  const expiredAt = state === 'expired' ? String(found?.['expires_at']) : undefined;
  return { reading, error: new Failure(keyReplaced, { key, expiredAt, olderEnded }) };
}

/** Reads the key of the job: several times, if OpenRouter does not find it. */
async function readOwn(key: Replacement['key'], context: Context): Promise<Reading> {
  const request = { ...keyRequest(key.hash, describeKey(key)), trusts404: true };
  const reading = await untilFound(context, async () => {
    const { key: found, serverTime: server } = await requestKey(context, request);
    if (!found) return undefined;
    return { found, now: currentTime({ server, runner: context.timeOfDay() }, [found]) };
  });
  return reading ?? {};
}

/** Deletes the keys that `key` replaces. The error is `replaced-keys-not-deleted` if one is left. */
export async function deleteOlderKeys(
  older: readonly Key[],
  key: Replacement['key'],
  context: Pick<Context, 'client' | 'counters' | 'log'>,
): Promise<{ deleted: readonly Key[]; error?: Failure }> {
  const deleted: Key[] = [];
  const undeleted = await deleteEach(older, context, (old) => {
    deleted.push(old);
    context.log.info(`Deleted the API key ${describeKey(old)}, which the new one replaces.`);
  });
  if (undeleted.length === 0) return { deleted };
  const details = { key, undeleted, count: older.length };
  return { deleted, error: new Failure(replacedKeysNotDeleted, details) };
}
