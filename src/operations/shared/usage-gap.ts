import type { Usd } from '../../lib/usd.ts';
import type { DifferingClocks } from './differing-clocks.ts';

/** Why the figures of a usage may be too low. */
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
  | { kind: 'behind'; analytics: Usd; keys: Usd };
