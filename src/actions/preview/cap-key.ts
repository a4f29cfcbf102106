/**
 * How all API keys of a preview stay within its cap together, although jobs begin at once, nothing locks, and
 * OpenRouter counts late.
 *
 * A key that has settled counts with what it has spent, and any other with its whole limit: one that works, and one
 * that ended a moment ago. So what OpenRouter has not counted yet is always in the sum. Before the POST, a job lists
 * the keys, and waits until its own limit fits next to them. Jobs that list at once do not see each other's keys, so
 * each lists them again after its POST. It gives its key to the workflow once one list has the key and is within the
 * cap. Until then, no one has the key's secret. Two jobs, each of which may spend all of the cap:
 *
 *     job A                         keys             job B
 *     lists: none                                    lists: none
 *     POST: A, $1 ----------------> A $1
 *                                   A $1, B $1 <---- POST: B, $1
 *     lists: $2 of $1                                lists: $2 of $1
 *     A is older: it waits                           B is younger: it gives way
 *                                   A $1, B $0 <---- disables B, with a limit of 0
 *     lists: $1 of $1                                begins again: A holds $1
 *     gives A to the workflow                        fails: preview-limit-reached
 *
 * Why the cap holds: it is assumed that a list, however old, shows all keys at one moment. Of two keys, one was
 * created later, and a list that has the later key has the earlier key, too. So the job of the later key counts
 * both, and does not give its key to the workflow before both are within the cap. A list without the job's own key
 * decides nothing.
 *
 * What it does not cover: requests in flight that exceed a limit, counters that are later than `SETTLE_MS`, and a
 * person who raises a limit or deletes a key.
 *
 * Why someone gets a key: the older key waits, so two jobs do not give way to each other. Which key is older only
 * decides which gives way first, because clocks differ and times may have seconds only. If the younger key stays,
 * such as one that is given out already, the older gives way, too. A waits long enough for a list that is 1.5
 * seconds old each time; each line is the latest time, in seconds after A was created:
 *
 *      1.5   B is created: the list before its POST did not have A yet
 *      3.0   the lists have B
 *      4.5   B's job lists again, and gives way
 *      6.0   the lists show that
 *      7.5   A's job lists again, and gives A to the workflow; if requests take long, at 9.0
 *      9.5   B has not given way: A does, and its job begins again
 */
import { throwIfCancelled } from '../../lib/cancellation.ts';
import { countKeys } from '../../lib/format.ts';
import { formatUsd } from '../../lib/format-usd.ts';
import { sumUsd } from '../../lib/usd.ts';
import { disableUnused, type Key, listKeys } from '../../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { KeyWatch, type SettlingKey } from '../../openrouter/settlement.ts';
import { formatMinute } from '../../openrouter/time.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { type Cap, type CapUse, capUseOf, decide, fits, isSpent, roomIn } from './cap.ts';
import { keyNotCapped, previewLimitReached } from './failures.ts';

/** When to list the keys after the POST, in milliseconds after the list before: see the timeline above. */
const LIST_DELAYS_MS = [0, 500, 1_000, 1_500, 1_500, 1_500, 1_500, 1_500, 500];
/** During the first of the lists, until nine seconds after the POST, the key waits for younger keys to give way. */
const PATIENT_LISTS = 8;

/** How long a step waits for room at most, in milliseconds: twice as long as a key takes to settle. */
const MAX_WAIT_MS = 360_000;
/** How long a key can still give way after it was created, in milliseconds: until then, its limit may become free. */
const RACE_MS = 10_000;
const MAY_GIVE_WAY =
  'preview-limit-usd has no room now. Looking again in 10 s, because another job may give way.';

/** How often a step that waits lists the keys again at least, in milliseconds. */
export const RELIST_MS = 10_000;

/** Keeps the keys of one workspace within a cap. */
export interface CapGuard {
  /**
   * Waits until a key with the requested limit fits next to those that exist, and returns whether it had to. A dry run
   * does not wait.
   * @throws {Failure} `preview-limit-reached`, `key-not-capped`
   */
  waitForRoom(options: { dryRun: boolean }): Promise<boolean>;
  /** What the step fails with if the last list has no room. */
  reached(): Failure;
  /**
   * Lists the keys until one list has the new key and is within the cap. Disables the key if it has to give way.
   * @throws {Failure} `key-not-capped`
   * @throws {ApiError}
   */
  admit(created: Key): Promise<'admitted' | 'gave-way'>;
}

/** Guards the keys of `workspace` for one step, which waits six minutes at most, however often it begins again. */
export function guardCap(cap: Cap, workspace: WorkspaceRef, context: Context): CapGuard {
  const { client, clock, log } = context;
  const watch = new KeyWatch(clock);
  const start = clock.now();
  const list = async () => usesOf(watch.see(await listKeys(context, workspace)), cap, workspace);
  const reached = () => {
    const uses = (watch.last ?? []).map((one) => capUseOf(one, cap));
    return new Failure(previewLimitReached, { cap, uses });
  };
  return {
    reached,
    async waitForRoom({ dryRun }) {
      let fullSince: number | undefined;
      for (let isFirst = true; ; isFirst = false) {
        const uses = await list();
        if (fits(uses, cap)) return !isFirst;
        const ms = roomIn(uses, cap);
        const now = clock.now();
        fullSince = ms === undefined ? (fullSince ?? now) : undefined;
        const isFull = fullSince !== undefined && (dryRun || now - fullSince >= RACE_MS);
        const rest = start + MAX_WAIT_MS - now;
        if (isFull || isSpent(uses, cap) || (ms ?? 0) > rest) throw reached();
        if (isFirst)
          log.info(ms === undefined ? MAY_GIVE_WAY : describeWait(uses, { ...context, dryRun }));
        if (dryRun) return false;
        await context.rest(Math.min(ms ?? RACE_MS, RELIST_MS));
        throwIfCancelled(context.signal);
      }
    },
    async admit(created) {
      const { hash } = created;
      for (const [round, delay] of LIST_DELAYS_MS.entries()) {
        await client.pause(delay);
        const next = decide(await list(), { hash, cap, isPatient: round < PATIENT_LISTS });
        if (next === 'give-out') return 'admitted';
        // Otherwise, OpenRouter does not find the key that it has listed: the next round tries again.
        if (next === 'give-way' && (await disableUnused(context, created))) {
          log.info('Another job has the rest of preview-limit-usd: the new API key was disabled.');
          return 'gave-way';
        }
      }
      const keys = [{ key: created, problem: 'unlisted' as const }];
      throw new Failure(keyNotCapped, { slug: workspace.slug, keys });
    },
  };
}

/** @throws {Failure} `key-not-capped` */
function usesOf(keys: readonly SettlingKey[], cap: Cap, { slug }: WorkspaceRef): CapUse[] {
  const uses = keys.map((one) => capUseOf(one, cap));
  const uncapped = uses.flatMap(({ key, problem }) => (problem ? { key, problem } : []));
  if (uncapped.length > 0) throw new Failure(keyNotCapped, { slug, keys: uncapped });
  return uses;
}

/** For what a step waits, and until when at the latest. */
function describeWait(
  uses: readonly CapUse[],
  { timeOfDay, dryRun }: Pick<Context, 'timeOfDay'> & { dryRun: boolean },
): string {
  const ended = uses.filter(({ settlesIn = 0 }) => settlesIn > 0);
  const held = sumUsd(ended.map(({ counted, spent }) => counted - spent));
  const last = Math.max(...ended.map(({ settlesIn = 0 }) => settlesIn));
  const until = formatMinute(timeOfDay() + last, { withYear: false });
  const waiting = dryRun ? 'A real run would wait' : 'Waiting';
  return `${waiting} for up to ${formatUsd(held)} of preview-limit-usd, until ${until} at the latest: ${countKeys(ended.length)} ended a moment ago, and OpenRouter counts late what is spent.`;
}
