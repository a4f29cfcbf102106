import * as z from 'zod/mini';
import type { Client } from './client.ts';
import { type Page, readPages } from './pages.ts';
import type { Look, Workspace } from './workspaces.ts';

/**
 * An API key as the API answers it, which is never with its secret: `hash` identifies it, `label`
 * is its masked form.
 */
const key = z.looseObject({
  hash: z.string().check(z.minLength(1)),
  name: z.string(),
  label: z.string(),
  workspace_id: z.string(),
});

export type Key = z.infer<typeof key>;

/** What it takes to tell of a key, and to delete it. */
export type KeyIdentity = Pick<Key, 'hash' | 'name' | 'label'>;

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

/** The API keys of a workspace, and when they were so, by the server's own clock (as in `Look`). */
export interface KeyList extends Pick<Look, 'serverTime'> {
  keys: Key[];
}

/**
 * `GET /keys`: all API keys of a workspace, those that are disabled too. Of several pages, the time
 * is that of the first.
 * @throws {OpenRouterError}
 */
export async function listKeys(
  client: Client,
  { id, slug }: Pick<Workspace, 'id' | 'slug'>,
): Promise<KeyList> {
  const list: KeyList = { keys: [], serverTime: undefined };
  const read = async (offset: number): Promise<Page<Key>> => {
    const { answer, serverTime } = await client.request({
      doing: `list the API keys of the workspace ${slug}`,
      method: 'GET',
      path: `/keys?workspace_id=${encodeURIComponent(id)}&include_disabled=true&offset=${offset}`,
      answer: keysOf(id),
    });
    if (offset === 0) list.serverTime ??= serverTime;
    return { items: answer.data };
  };
  for await (const { items } of readPages(read, ({ hash }) => hash)) list.keys.push(...items);
  return list;
}

/**
 * `DELETE /keys/{hash}`: deletes an API key; one that is gone already is no error.
 * @throws {OpenRouterError}
 */
export async function deleteKey(client: Client, key: KeyIdentity): Promise<void> {
  await client.request({
    doing: `delete the API key ${tellKey(key)}`,
    leaves: `the API key ${tellKey(key)}, which may be there still`,
    method: 'DELETE',
    path: `/keys/${encodeURIComponent(key.hash)}`,
    answer: z.object({ deleted: z.literal(true) }),
    absent: { deleted: true },
  });
}

/** `"CI" (sk-or-v1-0e6...1c96)` */
export function tellKey({ name, label }: Pick<Key, 'name' | 'label'>): string {
  return `${JSON.stringify(name)} (${label})`;
}
