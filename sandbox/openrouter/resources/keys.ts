import * as z from 'zod';
import { nullable } from './nullable.ts';

/** An API key as the API returns it, which is never with its secret. */
export interface Key {
  hash: string;
  name: string;
  /** Its secret, masked. */
  label: string;
  disabled: boolean;
  workspace_id: string;
  created_at: string;
  expires_at: string | null;
  [field: string]: unknown;
}

export const createKeyRequest = z.strictObject({
  name: z.string().min(1),
  workspace_id: z.uuid().optional(),
  limit: nullable(z.number().min(0)),
  limit_reset: nullable(z.enum(['daily', 'weekly', 'monthly'])),
  expires_at: nullable(z.iso.datetime()),
  include_byok_in_limit: z.boolean().optional(),
  creator_user_id: nullable(z.string().min(1)),
});

/** A body without any of these fields is rejected. */
export const updateKeyRequest = z
  .strictObject({
    name: z.string().min(1).optional(),
    disabled: z.boolean().optional(),
    limit: nullable(z.number().min(0)),
    limit_reset: nullable(z.enum(['daily', 'weekly', 'monthly'])),
    include_byok_in_limit: z.boolean().optional(),
    workspace_id: z.uuid().optional(),
  })
  .refine((fields) => Object.keys(fields).length > 0, 'No field to update');

/** What lists of keys show. A test may change it. */
export interface KeyListState {
  /**
   * How old the state is that a list shows, in milliseconds; undefined if it is never old, so that no history
   * is kept.
   */
  lag: number | undefined;
  /** The keys after each write, the oldest first. */
  history: { at: number; keys: readonly Key[] }[];
  /** Whether `created_at` of a new key has them. */
  hasMilliseconds: boolean;
}

/** What the servers know that pass on requests to models. A test may change it. */
export interface EdgeState {
  /**
   * For how long they know an API key as it was, in milliseconds: so long, a key works that was disabled or deleted, that
   * has expired, or whose limit was lowered.
   */
  delay: number;
  /** The keys that they know, by their hashes, and since when. */
  keys: Map<string, { key: Key; at: number }>;
}

/** What a new key has spent, in USD. */
export const NO_USAGE = {
  usage: 0,
  usage_daily: 0,
  usage_weekly: 0,
  usage_monthly: 0,
  byok_usage: 0,
  byok_usage_daily: 0,
  byok_usage_weekly: 0,
  byok_usage_monthly: 0,
};

/** Whether `key` has expired at the time `now`. */
export function isExpired({ expires_at }: Key, now: Date): boolean {
  return expires_at !== null && Date.parse(expires_at) <= now.getTime();
}
