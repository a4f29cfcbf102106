import { OpenRouterError, whatHappened } from '../../openrouter/api-error.ts';
import {
  type Key,
  listKeys,
  type MintedKey,
  postKey,
  tellKey,
} from '../../openrouter/resources/keys.ts';
import type { Surroundings } from '../shared/context.ts';
import { deleteEach } from '../shared/delete-keys.ts';
import { Failure, orFailWith, orWarn } from '../shared/failure.ts';
import { canBeLookedInto, lookInto, nextAttempt, told } from '../shared/reconcile.ts';
import { type KeyIntent, type Lost, lostAmong } from './orphans.ts';

interface MintSurroundings extends Surroundings {
  /** Told of each secret before anything else happens to the answer that it came in. */
  conceal(secrets: readonly string[]): void;
  /** A POST is about to be sent; `lost` counts it. */
  posting(intent: KeyIntent): void;
  /** Nothing is left of them that a clean-up could find, or tell as theirs. */
  withdrawn(): void;
}

/** The key that was minted, and the POSTs before it that may yet make another. */
export interface Minted extends MintedKey {
  lost: number;
}

/**
 * Makes an API key once, however many tries that takes. A POST whose answer was lost may have made
 * a key, whose secret is never shown again; so before the next one, such a key is looked for and
 * deleted. `isNew` says whether a key was not there before.
 * @throws {OpenRouterError} when none was made, or what became of it could not be found out.
 * @throws {Failure} when it cannot be told whose a key is.
 */
export async function mintOnce(
  intent: KeyIntent,
  isNew: (key: Key) => boolean,
  surroundings: MintSurroundings,
): Promise<Minted> {
  const { client, log, conceal } = surroundings;
  const giveUp = (error: OpenRouterError): never => {
    if (!error.facts.mayHaveLanded) orWarn(log, surroundings.withdrawn);
    throw error;
  };
  let lost = 0;

  for (let attempt = 1; ; ) {
    const effect =
      lost > 0
        ? `An API key named ${JSON.stringify(intent.asked.name)} whose secret is lost may exist.`
        : 'Nothing was changed at OpenRouter.';
    orFailWith(effect, () => surroundings.posting({ ...intent, lost: lost + 1 }));
    try {
      return { ...(await postKey(client, intent.asked, { attempt, conceal })), lost };
    } catch (error) {
      if (!(error instanceof OpenRouterError)) throw error;
      if (!canBeLookedInto(error.facts)) return giveUp(told(error, lost > 0));
      attempt = error.facts.attempts + 1;
      lost += 1;

      log.info(`${whatHappened(error.facts)}. Looking for a key whose secret is lost.`);
      const now = { ...intent, lost };
      const found = await lookInto(error, () => findLost(now, isNew, surroundings));
      if (!found.areOurs && found.keys.length > 0) {
        orWarn(log, surroundings.withdrawn);
        throw new Failure(...unclear(now, found));
      }
      lost -= await deleteLost(found, surroundings);
      // What was answered with 500 was carried out by then, or never is.
      if (error.facts.status === 500 && found.keys.length === 0) lost -= 1;
      await nextAttempt(error, lost > 0, client).catch((known: unknown) => {
        if (!(known instanceof OpenRouterError)) throw known;
        giveUp(known);
      });
    }
  }
}

/**
 * Looks for what the lost POSTs of `intent` have made.
 * @throws {OpenRouterError}
 */
export async function findLost(
  intent: KeyIntent,
  isNew: (key: Key) => boolean,
  { client }: Pick<Surroundings, 'client'>,
): Promise<Lost> {
  const { keys } = await listKeys(client, intent.workspace);
  return lostAmong(keys, intent, isNew);
}

/**
 * Deletes what lost POSTs have made; returns how many that were.
 * @throws {OpenRouterError}
 */
export async function deleteLost(
  { keys }: Lost,
  { client, log }: Pick<Surroundings, 'client' | 'log'>,
): Promise<number> {
  const [left] = await deleteEach(keys, client, (key) =>
    log.info(`Deleted the API key ${tellKey(key)}, whose secret was lost.`),
  );
  if (!left) return keys.length;
  throw left.error.with({
    left: [
      `Left behind: the API key ${tellKey(left.key)}, hash ${left.key.hash}. This step made it, but the answer was lost, and with it the secret.`,
    ],
  });
}

/** The title and lines that say that it cannot be told whose keys are. */
export function unclear(
  { asked, isUnique, workspace }: KeyIntent,
  { keys }: Lost,
): [string, string[]] {
  return [
    `It cannot be told whose the API keys named ${JSON.stringify(asked.name)} are`,
    [
      `An answer was lost, and since then there is in the workspace ${workspace.slug}: ${keys.map(tellKey).join(', ')}.`,
      isUnique
        ? 'There are more of them than this step can have made, so none was deleted.'
        : 'With expires-in: never and a name of its own, a key of this step looks like that of any other job, so none was deleted.',
      'See which of them are in use, and delete the others.',
    ],
  ];
}
