import type { Usd } from '../lib/usd.ts';
import type { DifferingClocks } from './time-window.ts';

/** Why the figures of a usage may be too low, or are missing. */
export type UsageGap =
  /** The end of the period is uncertain. */
  | ({ kind: 'clocks-differ' } & DifferingClocks)
  /** The period is longer than analytics goes back. Times in milliseconds since 1970. */
  | { kind: 'too-long'; maxDays: number; from: number }
  /** The period begins with the creation, and OpenRouter does not report when that was. */
  | { kind: 'creation-unknown'; maxDays: number }
  /** There are more models than the result has. */
  | { kind: 'truncated' }
  /** The result is from the server's cache. */
  | { kind: 'cached'; at: number }
  /** A warning of the server. */
  | { kind: 'warning'; text: string }
  /** The counters of the keys show that analytics lacks requests. */
  | { kind: 'behind'; analytics: Usd; keys: Usd }
  /** What so many keys have spent could not all be read. */
  | { kind: 'keys-unread'; keys: number }
  /** What so many keys have spent with your own provider keys could not all be read. */
  | { kind: 'byok-unread'; keys: number }
  /** Analytics does not report the cost of so many models. */
  | { kind: 'models-unread'; models: number }
  /** The limit of the key, or what remains of it, could not be read. */
  | { kind: 'limit-unread' };

/** Whether the cost may be higher because of a gap. */
export function concernsCost({ kind }: UsageGap): boolean {
  return kind !== 'byok-unread' && kind !== 'limit-unread';
}
