import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { whileMissing } from '../../openrouter/deletion.ts';
import {
  deleteEach,
  describeKey,
  type Key,
  keyRequest,
  listKeys,
} from '../../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { type SettlingKey, toSettling } from '../../openrouter/settlement.ts';
import { unusableState } from '../../openrouter/unusable-key.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { isSameKeyName } from '../../shared/key-name.ts';
import { currentTime } from '../../shared/time-window.ts';
import { jobStatusUnknown, keyReplaced, replacedKeysNotDeleted } from './failures.ts';
import type { JobStatus } from './job-status.ts';
import { type Reading, reportSpend, type SpendContext } from './spend.ts';

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
  const rank = (key: Key) => (unusableState(key, now) ? 1 : 0);
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

export interface ReplaceContext extends SpendContext {
  jobStatus: JobStatus;
}

/**
 * Ends the older keys with the same name if the job has succeeded. Its own key must work before that, or
 * none would be left, and after it, or the job would seem to have deployed a key that works. Reports what
 * the key has spent as the last of these lookups shows it, also after a failure.
 * @param endOlder ends those of the older keys that still exist and have that name
 * @throws {Failure} `key-replaced`, and those of `endOlder`
 * @throws {ApiError}
 */
export async function replaceOlderKeys(
  replacement: Replacement,
  context: ReplaceContext,
  endOlder: (older: readonly SettlingKey[]) => Promise<void>,
): Promise<void> {
  const readings: Reading[] = [];
  const onFound = (reading: Reading) => readings.push(reading);
  const replacing = endOlderKeys(replacement, { ...context, onFound }, endOlder);
  const { error } = await catching(replacing, ApiError, Failure);
  reportSpend(replacement.key, readings.at(-1) ?? { error }, context);
  if (error) throw error;
}

interface LookupContext extends Context {
  /** Called with the key of the job as each lookup that finds it shows it. */
  onFound(reading: Reading): void;
}

async function endOlderKeys(
  { key, workspace, replaced, isSameName = isSameKeyName }: Replacement,
  context: ReplaceContext & LookupContext,
  endOlder: (older: readonly SettlingKey[]) => Promise<void>,
): Promise<void> {
  const { client, jobStatus, log, warn } = context;
  await assertWorks(key, { olderEnded: false }, context);
  if (!jobStatus.succeeded) {
    if (jobStatus.succeeded === undefined) warn(jobStatusUnknown, jobStatus);
    else log.info('The job has not succeeded: older keys stay.');
    return;
  }
  if (replaced.length === 0) return;
  const keys = toSettling(await listKeys(client, workspace));
  // Someone may have given a key another name, so that it stays.
  const older = keys.filter(
    ({ key: { hash, name } }) => replaced.includes(hash) && isSameName(name, key.name),
  );
  if (older.length > 0) await endOlder(older);
  await assertWorks(key, { olderEnded: older.length > 0 }, context);
}

/** @throws {Failure} `key-replaced` */
async function assertWorks(
  key: Replacement['key'],
  { olderEnded }: { olderEnded: boolean },
  context: LookupContext,
): Promise<void> {
  const request = { ...keyRequest(key.hash, describeKey(key)), trusts404: true };
  for await (const _ of whileMissing(context)) {
    const { data: own, serverTime: server } = await context.client.request(request);
    if (!own) continue;
    const now = currentTime({ server, runner: context.timeOfDay() }, [own]);
    context.onFound({ found: own, now });
    const state = unusableState(own, now);
    if (!state) return;
    const expiredAt = state === 'expired' ? String(own['expires_at']) : undefined;
    throw new Failure(keyReplaced, { key, expiredAt, olderEnded });
  }
  throw new Failure(keyReplaced, { key, olderEnded });
}

/**
 * Deletes the keys that `key` replaces.
 * @param onDeleted called with those that this step has deleted, if any, also if it could not delete others
 * @throws {Failure} `replaced-keys-not-deleted`
 */
export async function deleteOlderKeys(
  older: readonly Key[],
  key: Replacement['key'],
  { client, log }: Pick<Context, 'client' | 'log'>,
  onDeleted: (deleted: readonly Key[]) => void = () => undefined,
): Promise<void> {
  const deleted: Key[] = [];
  const undeleted = await deleteEach(older, client, (old) => {
    deleted.push(old);
    log.info(`Deleted the API key ${describeKey(old)}, which the new one replaces.`);
  });
  if (deleted.length > 0) onDeleted(deleted);
  if (undeleted.length > 0) {
    throw new Failure(replacedKeysNotDeleted, { key, undeleted, count: older.length });
  }
}
