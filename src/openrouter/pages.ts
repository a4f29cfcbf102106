import type * as z from 'zod/mini';
import { ApiError } from './api-error.ts';
import type { ApiRequest, ApiResponse } from './api-request.ts';
import type { Client } from './client.ts';

/** A page of a list, as it was at one moment. */
export interface Page<Item> extends Partial<Pick<ApiResponse<unknown>, 'serverTime'>> {
  items: readonly Item[];
  /** How many items the whole list has, if the response says so. */
  total?: number | undefined;
}

/** The most that OpenRouter puts on a page, and what it puts on each page of API keys. */
export const PAGE_SIZE = 100;

/** The body of a page. */
interface PageBody<Item> {
  data: Item[];
  total_count?: number | undefined;
}

interface ListRequest<Item>
  extends Pick<ApiRequest<PageBody<Item>>, 'operation' | 'path' | 'hint' | 'findMismatch'> {
  /** The query, apart from the offset. */
  query: Readonly<Record<string, string>>;
  schema: z.ZodMiniType<PageBody<Item>>;
  idOf(item: Item): string;
}

/**
 * The pages of a list: see `readPages`.
 * @throws {ApiError}
 */
export function listPages<Item>(
  client: Client,
  { query, idOf, ...list }: ListRequest<Item>,
): AsyncGenerator<Page<Item>> {
  const pageRequest = (offset: number): ApiRequest<PageBody<Item>> => ({
    ...list,
    method: 'GET',
    path: `${list.path}?${new URLSearchParams({ offset: String(offset), ...query })}`,
  });
  return readPages({
    idOf,
    async read(offset) {
      const { data, serverTime } = await client.request(pageRequest(offset));
      return { items: data.data, total: data.total_count, serverTime };
    },
    incomplete: (count) =>
      new ApiError({
        operation: list.operation,
        method: 'GET',
        path: list.path,
        kind: 'rejected',
        reason: `the list ended after ${count} entries, although there should be more`,
        attempts: 1,
        ambiguous: false,
        wasThrottled: false,
      }),
  });
}

/** What `readPages` needs of a list. */
export interface Pages<Item> {
  /** The page from `offset` on. */
  read(offset: number): Promise<Page<Item>>;
  idOf(item: Item): string;
  /** The error for a list that ends after `count` items, although it has more. */
  incomplete(count: number): Error;
}

/**
 * Reads a list page by page while items are added to it and removed from it: no item comes twice,
 * and each item that stays comes, as long as those that stay keep their order. The first page comes
 * even if it is empty.
 *
 * A removed item moves all items behind it forward, past an offset. So each page begins with the
 * last item of the page before. A page without any known item has left a gap, and the reader goes
 * back until pages overlap again.
 *
 * @throws what `incomplete` returns, if the list does not end, or ends too early.
 */
export async function* readPages<Item>(list: Pages<Item>): AsyncGenerator<Page<Item>> {
  const { read, idOf, incomplete } = list;
  const seen = new Set<string>();
  let idle = 0;
  for (let offset = 0; ; ) {
    const page = await read(offset);
    const isGap = offset > 0 && !page.items.some((item) => seen.has(idOf(item)));
    if (isGap) {
      offset = Math.max(0, offset - PAGE_SIZE + 1);
      continue;
    }
    const fresh = unseen(page.items, idOf, seen);
    for (const item of fresh) seen.add(idOf(item));
    if (fresh.length > 0 || offset === 0) yield { ...page, items: fresh };

    idle = fresh.length > 0 ? 0 : idle + 1;
    const end = offset + page.items.length;
    const isShort = page.items.length < PAGE_SIZE;
    // The total alone does not end a list: it may be wrong, and a full page may have a successor.
    if (isShort && (page.total === undefined || end >= page.total)) return;
    if (idle > (isShort ? 0 : MAX_IDLE_PAGES)) throw incomplete(seen.size);
    offset = end - 1;
  }
}

/** Full pages in a row without a new item, which many items that are added at once can cause. */
const MAX_IDLE_PAGES = 20;

function unseen<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  seen: ReadonlySet<string>,
): Item[] {
  const byId = new Map(items.map((item) => [idOf(item), item]));
  return [...byId].filter(([id]) => !seen.has(id)).map(([, item]) => item);
}

/** All pages of a list. `Array.fromAsync` is newer than the oldest supported Node.js. */
export async function collect<Item>(pages: AsyncIterable<Page<Item>>): Promise<Page<Item>[]> {
  const all: Page<Item>[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/** All items of a list. */
export async function allItems<Item>(pages: AsyncIterable<Page<Item>>): Promise<Item[]> {
  return (await collect(pages)).flatMap(({ items }) => items);
}
