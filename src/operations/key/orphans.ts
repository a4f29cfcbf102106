import type { CreateKeyRequest, Key, KeyList } from '../../openrouter/resources/keys.ts';
import type { Workspace } from '../../openrouter/resources/workspaces.ts';
import { wasMadeIn } from '../shared/time-window.ts';

/** What has to be known of a POST whose answer is lost, to find the key that it has made. */
export interface KeyIntent {
  workspace: Pick<Workspace, 'id' | 'slug'>;
  asked: CreateKeyRequest;
  /** Whether no other request has its name. */
  nameIsRandom: boolean;
  /** Whether its name or its expiry is random, so that no other request is quite like it. */
  isUnique: boolean;
  /** The server's time before the first POST, in milliseconds since 1970, where it has said it. */
  since?: number | undefined;
  /** Hashes of the keys that were there before and could be taken for it. */
  before: readonly string[];
  /** How many POSTs may have made a key, or may yet, whose secret nobody has. */
  lost: number;
}

/** The keys that a lost POST may have made. */
export interface Lost {
  keys: Key[];
  /** Whether they are ours for sure; if not, no more can be told of any of them. */
  areOurs: boolean;
}

/** Those of `keys` which `isNew` holds of and which are as `intent` has asked for them. */
export function lostAmong(
  keys: readonly Key[],
  intent: KeyIntent,
  isNew: (key: Key) => boolean,
): Lost {
  const alike = keys.filter((key) => isNew(key) && isAsAsked(key, intent, keys));
  return { keys: alike, areOurs: intent.isUnique && alike.length <= intent.lost };
}

/** By its name alone, where that is random: a server may round or limit all else. */
function isAsAsked(key: Key, { asked, nameIsRandom }: KeyIntent, keys: readonly Key[]): boolean {
  if (key.name !== asked.name) return false;
  if (nameIsRandom) return true;
  const keepsMs = keys.some(({ expires_at }) => Date.parse(String(expires_at)) % 1000 > 0);
  return (
    (key['limit'] ?? null) === (asked.limit ?? null) &&
    expiresAlike(key['expires_at'], asked.expires_at, keepsMs)
  );
}

/** To the millisecond; or to the second, where the server is not seen to keep milliseconds. */
function expiresAlike(theirs: unknown, ours: string | null, keepsMs: boolean): boolean {
  if (ours === null) return (theirs ?? null) === null;
  const [answered, asked] = [Date.parse(String(theirs)), Date.parse(ours)];
  const isWhole = answered % 1000 === 0 && Math.abs(answered - asked) < 1000;
  return answered === asked || (!keepsMs && isWhole);
}

/** Whether `key` can have been made since `intent` was: its own word for it, if it has one. */
export function isSince(key: Key, { since }: Pick<KeyIntent, 'since'>): boolean {
  return (
    since === undefined || wasMadeIn(key, { from: since, to: Number.POSITIVE_INFINITY }) !== false
  );
}

/** The hashes of those in `list` that a clean-up could take for what `asked` is about to make. */
export function hashesToSpare({ keys, serverTime }: KeyList, asked: CreateKeyRequest): string[] {
  const isNamesake = (key: Key) => key.name === asked.name && isSince(key, { since: serverTime });
  return keys.filter(isNamesake).map(({ hash }) => hash);
}
