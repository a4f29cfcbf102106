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
 *                                   A $1, B $0 <---- disables B, marked as unused
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
import { type Key, listKeys } from '../../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { isWorking, KeyWatch, type SeenKey, settlesIn } from '../../openrouter/settlement.ts';
import { formatMinute } from '../../openrouter/time.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { type Cap, type CapUse, capUseOf, decide, fits, isSpent, roomIn } from './cap.ts';
import { keyNotCapped, keyNotListed, previewLimitReached } from './failures.ts';

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
const RELIST_MS = 10_000;

/** Decides which keys of one workspace exist, and keeps them within a cap if there is one. */
export interface KeyGuard {
  /**
   * Waits until a key with the requested limit fits next to those that exist, and returns whether it had to. A dry run
   * does not wait.
   * @throws {Failure} `preview-limit-reached`, `key-not-capped`
   */
  waitForRoom(options: { dryRun: boolean }): Promise<boolean>;
  /**
   * Lists the keys until one list has the new key and is within the cap. `ended`: someone has disabled the key. A failure,
   * `preview-limit-reached`: it has to give way, because another job has the rest of the cap.
   * @throws {Failure} `key-not-capped`, `key-not-listed`
   * @throws {ApiError}
   */
  admit(created: Key): Promise<'admitted' | 'ended' | Failure>;
}

/** Guards the keys of `workspace` for one step, which waits six minutes at most, however often it begins again. */
export function guardKeys(
  cap: Cap | undefined,
  workspace: WorkspaceRef,
  context: Context,
): KeyGuard {
  const { client, clock, log } = context;
  const watch = new KeyWatch(clock);
  const start = clock.now();
  const list = async () => watch.see(await listKeys(context, workspace));
  return {
    async waitForRoom({ dryRun }) {
      if (!cap) return false;
      let fullSince: number | undefined;
      for (let isFirst = true; ; isFirst = false) {
        const uses = usesOf(await list(), cap, workspace);
        if (fits(uses, cap)) return !isFirst;
        const ms = roomIn(uses, cap);
        const now = clock.now();
        fullSince = ms === undefined ? (fullSince ?? now) : undefined;
        const isFull = fullSince !== undefined && (dryRun || now - fullSince >= RACE_MS);
        const timeLeft = start + MAX_WAIT_MS - now;
        if (isFull || isSpent(uses, cap) || (ms ?? 0) > timeLeft) {
          throw new Failure(previewLimitReached, { cap, uses });
        }
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
        const keys = await list();
        const own = keys.find(({ key }) => key.hash === hash);
        if (own && !isWorking(own)) return 'ended';
        if (own && !cap) return 'admitted';
        if (!own || !cap) continue;
        const uses = usesOf(keys, cap, workspace);
        const next = decide(uses, { hash, cap, isPatient: round < PATIENT_LISTS });
        if (next === 'give-out') return 'admitted';
        if (next === 'give-way') return new Failure(previewLimitReached, { cap, uses });
      }
      throw new Failure(keyNotListed, { key: created });
    },
  };
}

/** @throws {Failure} `key-not-capped` */
function usesOf(keys: readonly SeenKey[], cap: Cap, { slug }: WorkspaceRef): CapUse[] {
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
  const ended = uses.filter((use) => !isWorking(use) && use.counted > use.spent);
  const held = sumUsd(ended.map(({ counted, spent }) => counted - spent));
  const last = Math.max(...ended.map((use) => settlesIn(use) ?? 0));
  const until = formatMinute(timeOfDay() + last, { withYear: false });
  const waiting = dryRun ? 'A real run would wait' : 'Waiting';
  return `${waiting} for up to ${formatUsd(held)} of preview-limit-usd, until ${until} at the latest: ${countKeys(ended.length)} ended a moment ago, and OpenRouter counts late what is spent.`;
}
