/**
 * How all API keys of a preview stay within its cap together, although jobs begin at once and nothing locks.
 *
 * A key counts with all that it may ever spend: with its limit while it works, and otherwise with what it has
 * spent. Before the POST, a job lists the keys and requests what these leave of the cap. Jobs that list at once
 * do not see each other's keys, so each lists them again after its POST. It gives its key to the workflow once
 * one list has the key and is within the cap. Until then, no one has the key's secret, and its limit can be
 * lowered. Two jobs, each of which may spend all of the cap:
 *
 *     job A                         keys             job B
 *     lists: none                                    lists: none
 *     POST: A, $1 ----------------> A $1
 *                                   A $1, B $1 <---- POST: B, $1
 *     lists: $2 of $1                                lists: $2 of $1
 *     A is older: it waits                           B is younger: it gives way
 *                                   A $1, B $0 <---- disables B, and fails: preview-limit-reached
 *     lists: $1 of $1
 *     gives A to the workflow
 *
 * Why the cap holds: it is assumed that a list, however old, shows all keys at one moment. Of two keys, one was
 * created later, and a list that has the later key has the earlier key, too. So the job of the later key counts
 * both, and does not give its key to the workflow before both are within the cap. Jobs only lower limits: an old
 * list shows too much of the other keys, not too little. A list without the job's own key decides nothing.
 *
 * What it does not cover: requests in flight that exceed a limit, and a person who raises a limit or deletes a key.
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
 *      9.5   B has not given way: A does
 *     11.0   a list shows that A has: A is given to the workflow with what is left, if anything is
 *
 * While a key is to replace others, all together may exceed the cap by one requested limit, as `largestLimit` computes
 * it, or by any amount if a replaced key has no limit or one that resets. At the end of the job, `lowerAtEnd` prevents
 * more of that. What was spent above the cap until then stays spent, and so does a replaced key without a limit whose
 * replacement failed.
 */
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { formatUsd } from '../../lib/format-usd.ts';
import { toNumber, toUsd, type Usd } from '../../lib/usd.ts';
import { whileMissing } from '../../openrouter/deletion.ts';
import {
  disableKey,
  type Key,
  type KeyIdentity,
  type KeyList,
  limitKey,
  listKeys,
} from '../../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { earlierTime } from '../../shared/time-window.ts';
import type { KeyGate } from '../key/create-key.ts';
import {
  type Allowance,
  type Cap,
  type CapUse,
  capUseOf,
  decide,
  describeAllowance,
  finalLimit,
  type KeyCap,
  largestLimit,
  totalsOf,
} from './cap.ts';
import { keyNotCapped, previewLimitReached, previewLimitReachedWarning } from './failures.ts';

/** When to list the keys after the POST, in milliseconds after the list before: see the timeline above. */
const LIST_DELAYS_MS = [0, 500, 1_000, 1_500, 1_500, 1_500, 1_500, 1_500, 500, 1_500];
/** During the first of the lists, until nine seconds after the POST, the key waits for younger keys to give way. */
const PATIENT_LISTS = 8;

interface GateContext extends Context {
  /** Called before the key is given out. */
  onAllowance(allowance: Allowance): void;
}

/** Keeps the new key of a preview, together with all others, within the cap. */
export function gateOf(
  cap: Omit<KeyCap, 'replaced'>,
  workspace: WorkspaceRef,
  context: GateContext,
): KeyGate {
  return {
    limitFor(list, replaced) {
      const allowance = allowanceOf(
        list,
        { ...cap, replaced },
        { ...context, slug: workspace.slug },
      );
      return toNumber(allowance.limit);
    },
    admit: (key, replaced) => admit(key, { ...cap, replaced }, { workspace, context }),
  };
}

/**
 * What a new key may spend next to those that exist.
 * @throws {Failure} `preview-limit-reached`, `key-not-capped`
 */
export function allowanceOf(list: KeyList, cap: KeyCap, context: Context & CapPlace): Allowance {
  const uses = capUsesOf(list, cap, context);
  const limit = largestLimit(uses, cap);
  if (limit === 0n && cap.limit > 0n) throw new Failure(previewLimitReached, { cap, uses });
  const allowance = { cap, spent: totalsOf(uses).spent, limit };
  context.log.info(describeAllowance(allowance));
  return allowance;
}

/** Where the keys are that a cap limits. */
interface CapPlace {
  /** Of the workspace. */
  slug: string;
}

/** @throws {Failure} `key-not-capped` */
function capUsesOf(
  { keys, serverTime }: KeyList,
  cap: Cap,
  { timeOfDay, slug }: Pick<Context, 'timeOfDay'> & CapPlace,
): CapUse[] {
  // What has expired by one clock may still work by the other, and without OpenRouter's, everything may.
  const clocks = { server: serverTime, runner: timeOfDay() };
  const now = earlierTime(clocks) ?? Number.NEGATIVE_INFINITY;
  const uses = keys.map((key) => capUseOf(key, cap, now));
  const uncapped = uses.flatMap(({ key, problem }) => (problem ? { key, problem } : []));
  if (uncapped.length > 0) throw new Failure(keyNotCapped, { slug, keys: uncapped });
  return uses;
}

/**
 * Lists the keys until one list has the new key and is within the cap. Lowers the limit of the new key, or disables
 * it, if it has to give way. Returns the key as it is then.
 * @throws {Failure} `preview-limit-reached`, `key-not-capped`
 * @throws {ApiError}
 */
async function admit(
  created: Key,
  cap: KeyCap,
  { workspace, context }: { workspace: WorkspaceRef; context: GateContext },
): Promise<Key> {
  const { client, onAllowance } = context;
  const { slug } = workspace;
  const place = { ...context, slug };
  const { hash } = created;
  let key = created;
  let limit = toUsd(created.limit) ?? cap.limit;
  for (const [round, delay] of LIST_DELAYS_MS.entries()) {
    await client.pause(delay);
    const uses = capUsesOf(await listKeys(client, workspace), cap, place);
    const next = decide(uses, { hash, cap, isPatient: round < PATIENT_LISTS });
    if (next.kind === 'give-out') {
      onAllowance({ cap, spent: totalsOf(uses).spent, limit });
      return key;
    }
    // An old list can show the limit from before it was lowered here.
    if (next.kind !== 'lower' || next.limit >= limit) continue;
    if (next.limit === 0n) {
      const { value: disabled } = await catching(disableKey(client, key), ApiError);
      const others = uses.filter((one) => one.key.hash !== hash);
      const isDisabled = disabled !== undefined;
      throw new Failure(previewLimitReached, { cap, uses: others, created: { isDisabled } });
    }
    limit = next.limit;
    key = await lower(key, limit, place);
  }
  throw new Failure(keyNotCapped, { slug, keys: [{ key, problem: 'unlisted' }] });
}

/**
 * @throws {Failure} `key-not-capped`
 * @throws {ApiError}
 */
async function lower(
  key: KeyIdentity,
  limit: Usd,
  { client, log, slug }: Pick<Context, 'client' | 'log'> & CapPlace,
): Promise<Key> {
  const { value: lowered, error } = await catching(
    limitKey(client, key, toNumber(limit)),
    ApiError,
  );
  if (error && !error.details.isMismatch) throw error;
  const problem = error ? 'unchanged' : 'unlisted';
  if (!lowered) throw new Failure(keyNotCapped, { slug, keys: [{ key, problem }] });
  log.info(
    `Lowered the limit of the API key to ${formatUsd(limit)}, because of preview-limit-usd.`,
  );
  return lowered;
}

/** The key of a deployment whose job ends. */
interface DeployedKey {
  key: KeyIdentity;
  workspace: WorkspaceRef;
  cap: Cap;
  /** The limit with which it was given out. */
  limit: Usd;
  /** Keys that this step has disabled, as they are then, by hash: a list can lag behind. */
  disabled: ReadonlyMap<string, Key>;
}

/**
 * Lowers the limit of a deployed key at the end of its job to what all others leave of the cap.
 * @throws {Failure} `key-not-capped`
 * @throws {ApiError}
 */
export async function lowerAtEnd(
  { key, workspace, cap, limit: known, disabled }: DeployedKey,
  context: Context,
): Promise<void> {
  const { slug } = workspace;
  const place = { ...context, slug };
  for await (const _ of whileMissing(context)) {
    const { keys, serverTime } = await listKeys(context.client, workspace);
    const now = keys.map((one) => disabled.get(one.hash) ?? one);
    const uses = capUsesOf({ keys: now, serverTime }, cap, place);
    const own = uses.find((one) => one.key.hash === key.hash);
    if (!own) continue;
    const others = uses.filter((one) => one !== own);
    const final = finalLimit(own, others, { cap, known });
    if (final) await lower(key, final.limit, place);
    if (final?.isUsedUp) {
      const all = [...others, { ...own, held: 0n }];
      context.warn(previewLimitReachedWarning, { key, cap, uses: all });
    }
    return;
  }
  throw new Failure(keyNotCapped, { slug, keys: [{ key, problem: 'unlisted' }] });
}
