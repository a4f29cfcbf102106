import { countKeys } from '../lib/format.ts';
import { describeSpent, type Spent } from '../openrouter/settlement.ts';

/** What a step did to a workspace that does not exist any more. */
interface Deletion {
  /** False if another job had deleted it. */
  deleted: boolean;
  /** The number of API keys that this step deleted in it. */
  keyCount: number;
  /** What they had spent together; undefined if that is unknown. */
  spent: Spent | undefined;
}

/**
 * The line of the log about a deletion: `Deleted the preview "preview-42": 2 API keys, at least $0.84 spent.`
 * @param what the workspace, as in that sentence
 */
export function deletionLine(what: string, { deleted, keyCount, spent }: Deletion): string {
  const known = spent ? describeSpent(spent) : 'spending unknown';
  const keys = keyCount === 0 ? 'no API keys' : `${countKeys(keyCount)}, ${known}`;
  return deleted
    ? `Deleted ${what}: ${keys}.`
    : `Another job had deleted ${what}. This step deleted ${keys}.`;
}
