import * as z from 'zod/mini';
import { type Client, forEachOf } from '../../http/client.ts';
import { ApiError, type ApiRequest, type ApiResponse, type Outcome } from '../../http/request.ts';
import { bearerToken, MIN_KEY_LENGTH } from '../../http/server.ts';
import { catching } from '../../lib/catching.ts';
import { formatExactUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import { parseJson } from '../../lib/json.ts';
import { type Usd, usd } from '../../lib/usd.ts';
import { type CounterMemory, withLargerCounters } from '../counters.ts';
import { type DeletionResult, sendDeletion } from '../deletion.ts';
import { envelope } from '../envelope.ts';
import { type ListRequest, listAll, pageOf } from '../pages.ts';
import { readTime } from '../time.ts';
import type { WorkspaceRef } from './workspaces.ts';

/**
 * Matches what looks like a key of OpenRouter, also with `-` escaped as in a URL. The label of a key
 * does not match: it has dots.
 */
export const LIKELY_SECRET = /sk(?:-|%2D)or(?:-|%2D)[\w%-]{16,}/gi;

/** What all keys of one kind begin with, such as `sk-or-v1-`. */
export const SECRET_PREFIX = /^sk-or-[a-z\d]+-/;

/** Absent if OpenRouter does not report it, or not as a number. */
const amount = z.catch(z.optional(usd), undefined);

/** The hash of an API key. Restricted because it becomes part of a path. */
export const keyHash = z.string().check(z.regex(/^[\w-]{1,200}$/));

/** An API key as the API returns it, without its secret. `hash` identifies it; `label` is masked. */
export const key = z.looseObject({
  hash: keyHash,
  name: z.string(),
  label: z.string(),
  workspace_id: z.string(),
  /** Null for none. */
  limit: z.catch(z.optional(z.nullable(usd)), undefined),
  limit_remaining: amount,
  usage: amount,
  usage_daily: amount,
  usage_weekly: amount,
  usage_monthly: amount,
  byok_usage: amount,
  byok_usage_daily: amount,
  byok_usage_weekly: amount,
  byok_usage_monthly: amount,
});

export type Key = z.infer<typeof key>;

/** The fields that are used of a key in a list. */
const LISTED_FIELDS = [
  ...Object.keys(key.shape),
  'created_at',
  'disabled',
  'expires_at',
  'limit_reset',
  'updated_at',
  'include_byok_in_limit',
];

/** A list can be long, so its keys have the fields that are used, and no nested values. */
function toListedKey(key: Key): Key {
  const { hash, name, label, workspace_id } = key;
  const isNested = (value: unknown) => typeof value === 'object' && value !== null;
  const fields = LISTED_FIELDS.filter((field) => field in key && !isNested(key[field]));
  const used = Object.fromEntries(fields.map((field) => [field, key[field]]));
  return { ...used, hash, name, label, workspace_id };
}

const keyPage = pageOf(z.pipe(key, z.transform(toListedKey)));

/** What is needed to describe a key and to delete it. */
export type KeyIdentity = Pick<Key, 'hash' | 'name' | 'label'>;

/**
 * The body of `POST /keys`, and the only list of the fields that a new key can have. Each message
 * completes a sentence that begins with the name of the input.
 *
 * Bounds: https://openrouter.ai/docs/api/api-reference/api-keys/create-keys
 */
export const createKeyRequest = z.object({
  name: z.string('must be a name'),
  workspace_id: z.string(),
  /** 0 or more. */
  limit: z.optional(usd),
  limit_reset: z.optional(
    z.enum(['daily', 'weekly', 'monthly'], 'must be daily, weekly or monthly'),
  ),
  include_byok_in_limit: z.optional(z.boolean('must be true or false')),
  /** ISO 8601 in UTC; null for a key that never expires. */
  expires_at: z.nullable(z.string()),
});

export type CreateKeyRequest = z.infer<typeof createKeyRequest>;

/** A new key with its secret, which the API returns only once. */
export interface CreatedKey {
  key: Key;
  secret: string;
}

const createdKey: z.ZodMiniType<CreatedKey> = z.pipe(
  z.object({
    data: key,
    key: bearerToken,
  }),
  z.transform(({ data, key: secret }: { data: Key; key: string }) => ({ key: data, secret })),
);

/**
 * `POST /keys`: creates an API key. Not idempotent, and sent once.
 * @param registerSecrets called with the secrets in each response before it is used or logged, also
 *   if the response is incomplete
 */
export function sendKey(
  client: Client,
  body: CreateKeyRequest,
  registerSecrets: (secrets: readonly string[]) => void,
): Promise<Outcome<CreatedKey>> {
  return client.send({
    operation: `create the API key ${JSON.stringify(body.name)}`,
    mayLeaveBehind: `an API key named ${JSON.stringify(body.name)}`,
    recovery: 'The post step of this action, if it runs, looks for the API key and deletes it.',
    method: 'POST',
    path: '/keys',
    body,
    schema: createdKey,
    hint: WORKSPACE_MAY_BE_DELETED,
    onBody: (text) => registerSecrets(secretsIn(text)),
  });
}

/** Finds what may be a secret in the body of a response, complete or not. */
function secretsIn(text: string): string[] {
  const { data } = z.safeParse(z.object({ key: z.string() }), parseJson(text));
  const likely = text.match(LIKELY_SECRET) ?? [];
  const returned = data ? [data.key, ...data.key.split(/\s+/)] : [];
  return [...new Set([...returned, ...likely])]
    .filter(({ length }) => length >= MIN_KEY_LENGTH)
    .slice(0, MAX_SECRETS);
}

/** The most secrets of one response that are masked: each of them costs time for every text shown. */
const MAX_SECRETS = 20;

const WORKSPACE_MAY_BE_DELETED =
  'The workspace may have been deleted in the meantime, or the management key may lack permission to manage API keys, or be limited to another workspace.';

/** What reads API keys. */
export interface KeyReader {
  client: Client;
  /** What the step has read before: if OpenRouter shows less now, that counts. */
  counters: CounterMemory;
}

/** The API keys of a workspace, and the server's time when their first page was listed. */
export interface KeyList extends Pick<ApiResponse<unknown>, 'serverTime'> {
  keys: Key[];
}

/**
 * `GET /keys`: lists all API keys of a workspace, including disabled and expired ones.
 * @throws {ApiError} also if the response has keys of another workspace. OpenRouter would list those of the
 *   default workspace if it ignored `workspace_id`.
 */
export async function listKeys(
  { client, counters }: KeyReader,
  workspace: WorkspaceRef,
): Promise<KeyList> {
  const { items, serverTime } = await listAll(client, keyList(workspace));
  return { keys: items.map((key) => counters.see(key)), serverTime };
}

function keyList({ id, slug }: WorkspaceRef): ListRequest<Key> {
  return {
    operation: `list the API keys of the workspace "${slug}"`,
    path: '/keys',
    query: { workspace_id: id, include_disabled: 'true', include_expired: 'true' },
    schema: keyPage,
    findMismatch({ data }) {
      const other = data.find(({ workspace_id }) => workspace_id !== id);
      return other && `it lists a key of the workspace ${other.workspace_id}`;
    },
    idOf: ({ hash }) => hash,
    merge: withLargerCounters,
    hint: WORKSPACE_MAY_BE_DELETED,
  };
}

/**
 * `GET /keys/{hash}`: the request for an API key, whose absence is a result and not an error.
 * @param name what the key is called in messages
 */
export function keyRequest(hash: string, name: string): ApiRequest<Key | undefined> {
  return {
    operation: `read the API key ${name}`,
    method: 'GET',
    path: `/keys/${encodeURIComponent(hash)}`,
    schema: envelope(key),
    on404: () => undefined,
    findMismatch: (returned) =>
      returned && returned.hash !== hash
        ? `the response is about the API key with the hash ${returned.hash}`
        : undefined,
  };
}

/** An API key as a response shows it, undefined if it does not exist, and the server's time then. */
export interface KeyReading extends Pick<ApiResponse<unknown>, 'serverTime'> {
  key: Key | undefined;
}

/**
 * Sends a request that returns an API key, such as `keyRequest`.
 * @throws {ApiError}
 */
export async function requestKey(
  { client, counters }: KeyReader,
  request: ApiRequest<Key | undefined>,
): Promise<KeyReading> {
  const { data, serverTime } = await client.request(request);
  return { key: data && counters.see(data), serverTime };
}

/**
 * `DELETE /keys/{hash}`: deletes an API key, as `sendDeletion` does.
 * @throws {ApiError}
 */
export function deleteKey(reader: KeyReader, key: KeyIdentity): Promise<DeletionResult> {
  const facts = {
    operation: `delete the API key ${describeKey(key)}`,
    mayLeaveBehind: `the API key ${describeKey(key)}, which may still exist`,
    path: `/keys/${encodeURIComponent(key.hash)}`,
  };
  const lookup = { ...keyRequest(key.hash, describeKey(key)), trusts404: true };
  return sendDeletion(reader.client, facts, async () => (await requestKey(reader, lookup)).key);
}

/** An API key that could not be deleted, and why. */
export interface UndeletedKey {
  key: Key;
  error: ApiError;
}

/**
 * Deletes API keys, a few at once. A failure does not stop the other deletions. Returns the keys that could
 * not be deleted; a missing key is not one of them.
 * @param onDeleted called for each key as soon as this step has deleted it
 */
export async function deleteEach(
  keys: readonly Key[],
  reader: KeyReader,
  onDeleted: (key: Key) => void,
): Promise<UndeletedKey[]> {
  const undeleted: UndeletedKey[] = [];
  await forEachOf(keys, async (key) => {
    const { value: deletion, error } = await catching(deleteKey(reader, key), ApiError);
    if (error) undeleted.push({ key, error });
    else if (deletion.kind === 'unclear') undeleted.push({ key, error: deletion.error });
    else if (deletion.kind === 'deleted') onDeleted(key);
  });
  return undeleted;
}

/** Whether OpenRouter rejects requests with a key because it was disabled. */
export function isDisabled(key: Key): boolean {
  return key['disabled'] === true;
}

/** Whether OpenRouter accepts requests with a key or, if it rejects each of them, why. */
export type KeyState = 'works' | 'disabled' | 'expired';

/**
 * The state of `key`.
 * @param now OpenRouter's time, in milliseconds since 1970; if undefined, no key is known to have expired
 */
export function keyState(key: Key, now: number | undefined): KeyState {
  if (isDisabled(key)) return 'disabled';
  const expiry = readTime(key['expires_at']);
  return expiry !== undefined && now !== undefined && expiry <= now ? 'expired' : 'works';
}

/** How to disable an API key. */
interface Disabling extends Pick<ApiRequest<unknown>, 'trusts404' | 'isOptional'> {
  /** What to call the key from then on; by default, as before. */
  name?: string;
}

/**
 * `PATCH /keys/{hash}`: disables an API key, which keeps its counters.
 * @throws {ApiError} also if the response shows that the key still works
 */
export function disableKey(
  reader: KeyReader,
  key: KeyIdentity,
  { name, ...options }: Disabling = {},
): Promise<KeyReading> {
  const request = keyRequest(key.hash, describeKey(key));
  return requestKey(reader, {
    ...request,
    ...options,
    body: { disabled: true, ...(name !== undefined && { name }) },
    operation: `disable the API key ${describeKey(key)}`,
    mayLeaveBehind: `the API key ${describeKey(key)}, which may still work`,
    method: 'PATCH',
    findMismatch(updated) {
      const isWorking = updated && !isDisabled(updated);
      return (
        request.findMismatch?.(updated) ?? (isWorking ? 'the API key is not disabled' : undefined)
      );
    },
  });
}

const MAX_NAME_LENGTH = 100;

/** Formats a key for messages: `"CI" (sk-or-v1-0e6...1c96)` */
export function describeKey({ name, label }: Pick<Key, 'name' | 'label'>): string {
  const shownName = name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name;
  return `${JSON.stringify(shownName)} (${label})`;
}

/** The spending limit of an API key. */
export interface KeyLimit {
  amount: Usd;
  /** How often the limit resets: `daily`; undefined for never. */
  reset: string | undefined;
  /** What is left until the limit resets; negative after an overshoot; undefined if unknown. */
  remaining: Usd | undefined;
}

/** The limit of `key`; undefined if it has none, or if that could not be read. */
export function limitOf({ limit, limit_reset: reset, limit_remaining }: Key): KeyLimit | undefined {
  if (typeof limit !== 'bigint') return undefined;
  return {
    amount: limit,
    reset: typeof reset === 'string' ? reset : undefined,
    remaining: limit_remaining,
  };
}

/**
 * How much of a limit is used, in its current period if it resets; undefined if unknown.
 * @param spent what the key has spent in its life; without a remainder, it shows that of a limit that never
 *   resets
 */
export function usedOf(
  { amount, reset, remaining }: KeyLimit,
  spent: Usd | undefined,
): Usd | undefined {
  if (remaining !== undefined) return amount - remaining;
  return reset ? undefined : spent;
}

/**
 * Whether nothing remains of a limit that lets a key spend anything. That a counter is late does not matter: it only
 * grows, until the limit resets.
 */
export function isLimitUsedUp(limit: KeyLimit, spent: Usd | undefined): boolean {
  const used = usedOf(limit, spent);
  return limit.amount > 0n && used !== undefined && used >= limit.amount;
}

/** `The daily limit is $1.00, of which at most $0.70 remains`: what is left can be less, because counters are late. */
export function describeLimit({ amount, reset, remaining }: KeyLimit): string {
  const left =
    remaining === undefined
      ? ''
      : `, of which at most ${formatUsdNextTo(amount, remaining, 'up')} remains`;
  return `The ${reset ? `${reset} ` : ''}limit is ${formatExactUsd(amount)}${left}`;
}

/** Whether the limit of `key`, or what remains of it, could not be read. */
export function isLimitUnread(key: Key): boolean {
  return key.limit !== null && limitOf(key)?.remaining === undefined;
}
