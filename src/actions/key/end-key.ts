import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { whileMissing } from '../../openrouter/deletion.ts';
import { deleteKey, describeKey } from '../../openrouter/resources/keys.ts';
import type { SeenKey } from '../../openrouter/settlement.ts';
import type { Context, IncompleteTask } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { adviseOnKeyLeft, createdKeyMissing, type KeyLeft } from './failures.ts';
import type { JobStatus } from './job-status.ts';
import type { KeySpend } from './key-spend.ts';
import { deleteAllOrphans } from './orphans.ts';
import { deleteOlderKeys, type ReplacementEnd, replaceOlderKeys } from './replace.ts';
import { keySpendIn, readOnce } from './spend.ts';
import type { KeyTask } from './task.ts';

/** What a post step has done about a key. */
export interface KeyEnd {
  /** What the created key has spent; undefined if there is none, or if that is unknown. */
  spend: KeySpend | undefined;
  /** The older keys that this step has deleted. */
  replaced: readonly SeenKey[];
  incomplete: IncompleteTask<KeyLeft> | undefined;
}

/**
 * Reads what the key has spent that the step created, deletes its orphans, and either deletes it or those that it
 * replaces, as the task requires. Touches no other key.
 */
export async function runKeyTask(
  task: KeyTask,
  jobStatus: JobStatus,
  context: Context,
): Promise<KeyEnd> {
  const { workspace, created, afterJob, replaced } = task;
  const replaces = afterJob === 'replaces';
  // If the key replaces others, lookups before and after that read it.
  const reading = created && !replaces ? await readOnce(created, task, context) : undefined;
  const [deletion, orphanDeletion] = await Promise.all([
    catching(deleteCreated(task, context), ApiError, Failure),
    catching(deleteAllOrphans(task, context), ApiError, Failure),
  ]);
  // At the end, so that nothing follows the last lookup of the created key.
  const replacement =
    created && replaces
      ? await replaceKeys({ key: created, workspace, replaced, jobStatus }, context)
      : undefined;
  const last = replacement?.reading ?? reading;
  const end = {
    spend: created && last && keySpendIn(last, created, context),
    replaced: replacement?.deleted ?? [],
  };
  const error = deletion.error ?? replacement?.error ?? orphanDeletion.error;
  if (!error) return { ...end, incomplete: undefined };
  const left = {
    ...task,
    afterJob: deletion.error || replacement?.error ? afterJob : ('stays' as const),
    isDisabled: afterJob === 'ends' && reading?.found !== undefined,
    mayHaveOrphans: orphanDeletion.error !== undefined,
  };
  const advice = deletion.error && adviseOnKeyLeft(left, 'delete');
  return { ...end, incomplete: { error, left, advice } };
}

/** @throws {Failure} `created-key-missing` */
async function deleteCreated({ created: key, afterJob }: KeyTask, context: Context): Promise<void> {
  if (!key || afterJob !== 'ends') return;
  for await (const _ of whileMissing(context)) {
    const deletion = await deleteKey(context, key);
    if (deletion.kind === 'unclear') throw deletion.error;
    if (deletion.kind === 'missing') continue;
    context.log.info(`Revoked the API key ${describeKey(key)}, hash ${key.hash}.`);
    return;
  }
  throw new Failure(createdKeyMissing, { key });
}

function replaceKeys(
  replacement: Parameters<typeof replaceOlderKeys>[0],
  context: Context,
): Promise<ReplacementEnd> {
  return replaceOlderKeys(replacement, context, async (older) => {
    const keys = older.map((one) => one.key);
    const { deleted, error } = await deleteOlderKeys(keys, replacement.key, context);
    const ended = older.filter((one) => deleted.includes(one.key));
    return { deleted: ended.map((one) => ({ ...one, key: context.counters.see(one.key) })), error };
  });
}
