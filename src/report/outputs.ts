import { toJson } from '../lib/json.ts';
import { takeFitting } from './text.ts';

/** The values of outputs, by name. */
export type Outputs = Readonly<Record<string, string | BoundedJson>>;

/**
 * The maximum size of an output or a state, in bytes. Forgejo and Gitea fail a step that writes a line of
 * more than 64 KiB (`bufio.MaxScanTokenSize` of Go), and Linux limits an environment variable to 128 KiB
 * (execve(2)).
 */
export const MAX_VALUE_BYTES = 60_000;

/** The same for messages and `action.yml`. */
export const MAX_VALUE_SIZE = `${MAX_VALUE_BYTES / 1000} kB`;

/** An output as JSON, without what would exceed `MAX_VALUE_BYTES`. */
export interface BoundedJson {
  json: string;
  /** How many items the JSON has, and how many it should have. */
  shown: number;
  total: number;
  /** What the items are: `workspaces`. */
  items: string;
}

/** What brackets and commas leave for the entries. */
const MAX_ENTRIES_BYTES = MAX_VALUE_BYTES - 2;

function sizeWithComma(json: string): number {
  return Buffer.byteLength(json) + 1;
}

/**
 * A list as JSON: the first of `entries`, as many as fit.
 * @param items what the entries are, as in `BoundedJson`
 */
export function toJsonList(entries: readonly object[], items: string): BoundedJson {
  const shown = takeFitting(entries, {
    size: MAX_ENTRIES_BYTES,
    sizeOf: sizeWithComma,
    render: toJson,
  });
  const [count, total] = [shown.length, entries.length];
  return { json: `[${shown.join(',')}]`, shown: count, total, items };
}

/** Describes what was left out of `outputs`, one sentence for each that is incomplete. */
export function describeOmitted(outputs: Outputs): string[] {
  return Object.entries(outputs).flatMap(([name, value]) => {
    if (typeof value === 'string' || value.shown === value.total) return [];
    const { shown, total, items } = value;
    return `The output ${name} lacks ${total - shown} of ${total} ${items}: it is limited to ${MAX_VALUE_SIZE}.`;
  });
}
