import * as z from 'zod/mini';
import type { Client } from './client.ts';
import { allOf, type Page, readPages } from './pages.ts';
import type { Workspace } from './workspaces.ts';

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

/**
 * `GET /keys`: all API keys of a workspace, those that are disabled too.
 * @throws {OpenRouterError}
 */
export function listKeys(
  client: Client,
  { id, slug }: Pick<Workspace, 'id' | 'slug'>,
): Promise<Key[]> {
  const read = async (offset: number): Promise<Page<Key>> => {
    const { answer } = await client.request({
      doing: `list the API keys of the workspace ${slug}`,
      method: 'GET',
      path: `/keys?workspace_id=${encodeURIComponent(id)}&include_disabled=true&offset=${offset}`,
      answer: keysOf(id),
    });
    return { items: answer.data };
  };
  return allOf(readPages(read, ({ hash }) => hash));
}

/**
 * `DELETE /keys/{hash}`: deletes an API key; one that is gone already is no error.
 * @throws {OpenRouterError}
 */
export async function deleteKey(client: Client, key: Key): Promise<void> {
  await client.request({
    doing: `delete the API key ${tellKey(key)}`,
    leaves: `the API key ${tellKey(key)}, which may be there still`,
    method: 'DELETE',
    path: `/keys/${encodeURIComponent(key.hash)}`,
    answer: z.object({ deleted: z.literal(true) }),
    absent: { deleted: true },
  });
}

const MAX_NAME = 100;

/** `"CI" (sk-or-v1-0e6...1c96)` */
export function tellKey({ name, label }: Key): string {
  const short = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
  return `${JSON.stringify(short)} (${label})`;
}
