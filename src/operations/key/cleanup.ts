import { deleteKey, type Key, tellKey } from '../../openrouter/resources/keys.ts';
import type { Abortable, Surroundings } from '../shared/context.ts';
import { looks } from '../shared/poll-delays.ts';
import { isSince, type KeyIntent } from './orphans.ts';
import { deleteLost, findLost, unclear } from './send.ts';

/** What a step that makes a key has left for its clean-up. */
export interface KeyRemains {
  intended: KeyIntent;
  /** Absent where the answer of no POST has come. */
  minted?: Pick<Key, 'hash' | 'label'> | undefined;
  /** Whether that is to be revoked. */
  revoke: boolean;
}

/** All that may be there of it: `the API key "CI" (sk-or-v1-0e6...1c96), hash 1c96…`. */
export function tellRemains({ intended: { asked, lost }, minted, revoke }: KeyRemains): string {
  const named = JSON.stringify(asked.name);
  return [
    ...(minted && revoke ? [`the API key ${named} (${minted.label}), hash ${minted.hash}`] : []),
    ...(lost > 0 ? [`an API key named ${named} whose secret nobody has`] : []),
  ].join('; ');
}

/**
 * Revokes the key that the step has made, if that is asked for, and whatever its lost POSTs have
 * made, whose secret nobody has; and nothing that it cannot be shown to have made. What is done is
 * taken out of `remains`.
 * @throws {OpenRouterError} when one could not be deleted, or looked for.
 */
export async function cleanUpKeys(remains: KeyRemains, surroundings: Abortable): Promise<void> {
  const outcomes = await Promise.allSettled([
    revokeMinted(remains, surroundings),
    deleteAllLost(remains, surroundings),
  ]);
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

async function revokeMinted(remains: KeyRemains, { client, log }: Surroundings): Promise<void> {
  const { intended, minted, revoke } = remains;
  if (!minted || !revoke) return;
  const key = { name: intended.asked.name, ...minted };
  const wasThere = await deleteKey(client, key);
  log.info(
    wasThere
      ? `Revoked the API key ${tellKey(key)}, hash ${key.hash}.`
      : `The API key ${tellKey(key)}, hash ${key.hash}, was gone already.`,
  );
  remains.revoke = false;
}

/** What was sent may yet be carried out. */
async function deleteAllLost(remains: KeyRemains, surroundings: Abortable): Promise<void> {
  const { intended, minted } = remains;
  if (intended.lost === 0) return;
  const { log } = surroundings;
  const known = new Set([...intended.before, minted?.hash]);
  const isNew = (key: Key) =>
    !known.has(key.hash) && (intended.nameIsRandom || isSince(key, intended));
  for await (const _ of looks(surroundings)) {
    const found = await findLost(intended, isNew, surroundings);
    if (found.keys.length > 0 && !found.areOurs) {
      log.warning(...unclear(intended, found));
      break;
    }
    intended.lost -= await deleteLost(found, surroundings);
    if (intended.lost === 0) return;
  }
  intended.lost = 0;
}
