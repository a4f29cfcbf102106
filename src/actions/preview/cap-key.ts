import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { formatUsd, toNumber, toUsd, type Usd } from '../../lib/usd.ts';
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
  allowance,
  type Cap,
  decide,
  describeShare,
  type Exposure,
  exposureOf,
  finalLimit,
  type KeyCap,
  type Share,
  totalsOf,
} from './cap.ts';
import { keyNotCapped, previewLimitReached, previewLimitReachedWarning } from './failures.ts';

/**
 * When to list the keys after the POST, in milliseconds after the list before. Later keys have time to give way
 * until the last of `PATIENT_LISTS`, nine seconds: if lists lag by 1.5, a later key can be created, show itself, and
 * show that it gave way only so much later. The others show that this key has.
 */
const LIST_DELAYS_MS = [0, 500, 1_000, 1_500, 1_500, 1_500, 1_500, 1_500, 500, 1_500];
const PATIENT_LISTS = 8;

interface GateContext extends Context {
  /** Called before the key is given out. */
  onShare(share: Share): void;
}

/**
 * Keeps the new key of a preview, together with all others, within the cap. Jobs that begin at once do not see each
 * other's keys before their POST, so each lists them again after it.
 */
export function gateOf(
  cap: Omit<KeyCap, 'replaced'>,
  workspace: WorkspaceRef,
  context: GateContext,
): KeyGate {
  return {
    limitFor: (list, replaced) => toNumber(shareOf(list, { ...cap, replaced }, context).limit),
    admit: (key, replaced) => admit(key, { ...cap, replaced }, { workspace, context }),
  };
}

/**
 * What a new key may spend next to those that exist.
 * @throws {Failure} `preview-limit-reached`, `key-not-capped`
 */
export function shareOf(list: KeyList, cap: KeyCap, context: Context): Share {
  const exposures = exposuresOf(list, cap, context);
  const limit = allowance(exposures, cap);
  if (limit === 0n && cap.limit > 0n) throw new Failure(previewLimitReached, { cap, exposures });
  const share = { cap, spent: totalsOf(exposures).spent, limit };
  context.log.info(describeShare(share));
  return share;
}

/** @throws {Failure} `key-not-capped` */
function exposuresOf(
  { keys, serverTime }: KeyList,
  cap: Cap,
  { timeOfDay }: Pick<Context, 'timeOfDay'>,
): Exposure[] {
  // What has expired by one clock may still work by the other, and without OpenRouter's, everything may.
  const clocks = { server: serverTime, runner: timeOfDay() };
  const now = earlierTime(clocks) ?? Number.NEGATIVE_INFINITY;
  const exposures = keys.map((key) => exposureOf(key, cap, now));
  const uncapped = exposures.flatMap(({ key, problem }) => (problem ? { key, problem } : []));
  if (uncapped.length > 0) throw new Failure(keyNotCapped, { keys: uncapped });
  return exposures;
}

/**
 * Waits until one list shows that all keys, with the new one, are within the cap. If they are not, the new key gives
 * way, unless it is older than those that exceed the cap: these give way, and if they do not, it does.
 * @throws {Failure} `preview-limit-reached`, `key-not-capped`
 * @throws {ApiError}
 */
async function admit(
  created: Key,
  cap: KeyCap,
  { workspace, context }: { workspace: WorkspaceRef; context: GateContext },
): Promise<Key> {
  const { client, onShare } = context;
  const { hash } = created;
  let key = created;
  let limit = toUsd(created.limit) ?? cap.limit;
  for (const [round, delay] of LIST_DELAYS_MS.entries()) {
    await client.pause(delay);
    const exposures = exposuresOf(await listKeys(client, workspace), cap, context);
    const verdict = decide(exposures, { hash, cap, isPatient: round < PATIENT_LISTS });
    if (verdict.kind === 'give-out') {
      onShare({ cap, spent: totalsOf(exposures).spent, limit });
      return key;
    }
    // A list can lag behind.
    if (verdict.kind !== 'lower' || verdict.limit >= limit) continue;
    if (verdict.limit === 0n) {
      const { value: disabled } = await catching(disableKey(client, key), ApiError);
      const others = exposures.filter((one) => one.key.hash !== hash);
      const created = { isDisabled: disabled !== undefined };
      throw new Failure(previewLimitReached, { cap, exposures: others, created });
    }
    limit = verdict.limit;
    key = await lower(key, limit, context);
  }
  throw new Failure(keyNotCapped, { keys: [{ key, problem: 'unlisted' }] });
}

/**
 * @throws {Failure} `key-not-capped`
 * @throws {ApiError}
 */
async function lower(
  key: KeyIdentity,
  limit: Usd,
  { client, log }: Pick<Context, 'client' | 'log'>,
): Promise<Key> {
  const { value: lowered, error } = await catching(
    limitKey(client, key, toNumber(limit)),
    ApiError,
  );
  if (error && !error.details.isMismatch) throw error;
  if (!lowered) throw new Failure(keyNotCapped, { keys: [{ key, problem: 'unchanged' }] });
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
  for await (const _ of whileMissing(context)) {
    const { keys, serverTime } = await listKeys(context.client, workspace);
    const now = keys.map((one) => disabled.get(one.hash) ?? one);
    const exposures = exposuresOf({ keys: now, serverTime }, cap, context);
    const own = exposures.find((one) => one.key.hash === key.hash);
    if (!own) continue;
    const others = exposures.filter((one) => one !== own);
    const final = finalLimit(own, others, { cap, known });
    if (final) await lower(key, final.limit, context);
    if (final?.isUsedUp) {
      const all = [...others, { ...own, held: 0n }];
      context.warn(previewLimitReachedWarning, { key, cap, exposures: all });
    }
    return;
  }
  throw new Failure(keyNotCapped, { keys: [{ key, problem: 'unlisted' }] });
}
