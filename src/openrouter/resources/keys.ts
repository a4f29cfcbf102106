import * as z from 'zod/mini';
import { parseJson } from '../../lib/json.ts';
import type { Client } from '../client.ts';
import { BEARER_TOKEN, LIKELY_SECRET, MIN_KEY_LENGTH } from '../key-format.ts';
import { collect, listPages } from '../pages.ts';
import type { Look, Workspace } from './workspaces.ts';

/**
 * An API key as the API answers it, which is never with its secret: `hash` identifies it, `label`
 * is its masked form.
 */
const key = z.looseObject({
  // It becomes a part of a path, and must not lead out of it.
  hash: z.string().check(z.regex(/^[\w-]+$/)),
  name: z.string(),
  label: z.string(),
  workspace_id: z.string(),
});

export type Key = z.infer<typeof key>;

/** What it takes to tell of a key, and to delete it. */
type KeyIdentity = Pick<Key, 'hash' | 'name' | 'label'>;

const LIMIT = 'must be a number of US dollars, 0 or more';

/**
 * The body of `POST /keys`, and the one list of the fields of a key that can be asked for. Each
 * message completes a sentence that begins with the name of the input.
 *
 * Bounds: https://openrouter.ai/docs/api/api-reference/api-keys/create-keys.
 */
export const createKeyRequest = z.object({
  name: z.string('must be a name'),
  workspace_id: z.string(),
  limit: z.optional(z.number(LIMIT).check(z.gte(0, LIMIT))),
  limit_reset: z.optional(
    z.enum(['daily', 'weekly', 'monthly'], 'must be daily, weekly or monthly'),
  ),
  include_byok_in_limit: z.optional(z.boolean('must be true or false')),
  /** ISO 8601, in UTC; null for a key that never expires. */
  expires_at: z.nullable(z.string()),
});

export type CreateKeyRequest = z.infer<typeof createKeyRequest>;

const mintedKey = z.object({
  data: key,
  key: z.string().check(z.minLength(MIN_KEY_LENGTH), z.regex(BEARER_TOKEN)),
});

/** A new key, with its secret, which the API never shows again. */
export interface MintedKey {
  key: Key;
  secret: string;
}

/**
 * `POST /keys`: makes an API key. Not idempotent; `attempt` counts from 1. `conceal` is called with
 * each secret in an answer before anything else is done with that, also where it is no whole one.
 * @throws {OpenRouterError}
 */
export async function postKey(
  client: Client,
  body: CreateKeyRequest,
  { attempt, conceal }: { attempt: number; conceal: (secrets: readonly string[]) => void },
): Promise<MintedKey> {
  const { answer } = await client.request({
    doing: `make the API key ${JSON.stringify(body.name)}`,
    leaves: `an API key named ${JSON.stringify(body.name)}`,
    method: 'POST',
    path: '/keys',
    body,
    answer: mintedKey,
    hint: GONE,
    attempt,
    received: (text) => conceal(secretsIn(text)),
  });
  return { key: answer.data, secret: answer.key };
}

/** What may be a secret in an answer, whole or not. */
function secretsIn(text: string): string[] {
  const { data } = z.safeParse(z.object({ key: z.string() }), parseJson(text));
  const likely = text.match(LIKELY_SECRET) ?? [];
  const found = data ? [data.key, ...data.key.split(/\s+/)] : [];
  return [...new Set([...found, ...likely])].filter(({ length }) => length >= MIN_KEY_LENGTH);
}

/** Without `workspace_id`, or if that were passed over, the keys of the default workspace come. */
const keysOf = (workspaceId: string) =>
  z.object({
    data: z.array(
      key.check(
        z.refine(({ workspace_id }) => workspace_id === workspaceId, {
          error: ({ input }) => `it had a key of the workspace ${(input as Key).workspace_id}`,
        }),
      ),
    ),
  });

const GONE =
  'The workspace may have been deleted meanwhile; or the management key may not manage API keys.';

/** The API keys of a workspace, and when they were so, by the server's own clock (as in `Look`). */
export interface KeyList extends Pick<Look, 'serverTime'> {
  keys: Key[];
}

/**
 * `GET /keys`: all API keys of a workspace, disabled and expired ones too. Of several pages, the
 * time is that of the first.
 * @throws {OpenRouterError}
 */
export async function listKeys(
  client: Client,
  { id, slug }: Pick<Workspace, 'id' | 'slug'>,
): Promise<KeyList> {
  const pages = await collect(
    listPages(client, {
      doing: `list the API keys of the workspace ${slug}`,
      path: '/keys',
      // Either kind is left out unless it is requested.
      query: { workspace_id: id, include_disabled: 'true', include_expired: 'true' },
      answer: keysOf(id),
      idOf: ({ hash }) => hash,
      hint: GONE,
    }),
  );
  return { keys: pages.flatMap(({ items }) => items), serverTime: pages[0]?.serverTime };
}

/**
 * `DELETE /keys/{hash}`: deletes an API key. Whether there was one; that there was none is no error.
 * @throws {OpenRouterError}
 */
export async function deleteKey(client: Client, key: KeyIdentity): Promise<boolean> {
  const { answer } = await client.request<{ deleted: boolean }>({
    doing: `delete the API key ${tellKey(key)}`,
    leaves: `the API key ${tellKey(key)}, which may be there still`,
    method: 'DELETE',
    path: `/keys/${encodeURIComponent(key.hash)}`,
    answer: z.object({ deleted: z.literal(true) }),
    absent: { deleted: false },
  });
  return answer.deleted;
}

const MAX_NAME = 100;

/** `"CI" (sk-or-v1-0e6...1c96)` */
export function tellKey({ name, label }: Pick<Key, 'name' | 'label'>): string {
  const short = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
  return `${JSON.stringify(short)} (${label})`;
}
