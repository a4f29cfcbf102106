import { countKeys } from '../lib/format.ts';
import { formatUsd } from '../lib/format-usd.ts';
import type { Usd } from '../lib/usd.ts';

/** What a step did to a workspace that does not exist any more. */
interface Deletion {
  /** False if another job had deleted it. */
  deleted: boolean;
  /** The number of API keys that this step deleted in it. */
  keyCount: number;
  /** What they had spent together; null if that is unknown. */
  keysSpent: Usd | null;
}

/**
 * The line of the log about a deletion: `Deleted the preview "preview-42": 2 API keys, $0.84 spent.`
 * @param what the workspace, as in that sentence
 */
export function deletionLine(what: string, { deleted, keyCount, keysSpent }: Deletion): string {
  const spent = keysSpent === null ? 'spending unknown' : `${formatUsd(keysSpent)} spent`;
  const keys = keyCount === 0 ? 'no API keys' : `${countKeys(keyCount)}, ${spent}`;
  return deleted
    ? `Deleted ${what}: ${keys}.`
    : `Another job had deleted ${what}. This step deleted ${keys}.`;
}
