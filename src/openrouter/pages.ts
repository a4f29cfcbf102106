import type * as z from 'zod/mini';
import { ApiError } from './api-error.ts';
import type { ApiRequest, ApiResponse } from './api-request.ts';
import type { Client } from './client.ts';

export interface Page<Item> extends Partial<Pick<ApiResponse<unknown>, 'serverTime'>> {
  items: readonly Item[];
  /** The number of items in the whole list, if the response has it. */
  total?: number | undefined;
}

/** The maximum page size of OpenRouter, and the fixed size of its pages of API keys. */
export const PAGE_SIZE = 100;

interface PageBody<Item> {
  data: Item[];
  total_count?: number | undefined;
}

interface ListRequest<Item>
  extends Pick<ApiRequest<PageBody<Item>>, 'operation' | 'path' | 'hint' | 'findMismatch'> {
  /** The query without the offset. */
  query: Readonly<Record<string, string>>;
  schema: z.ZodMiniType<PageBody<Item>>;
  idOf(item: Item): string;
}

/**
 * Lists a resource page by page, as `readPages` does.
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

/** What `readPages` needs to know about a list. */
export interface Pages<Item> {
  /** Requests the page that begins at `offset`. */
  read(offset: number): Promise<Page<Item>>;
  idOf(item: Item): string;
  /** Creates the error for a list that ends after `count` items although it has more. */
  incomplete(count: number): Error;
}

/**
 * Reads a list page by page while other jobs may add and remove items. No item is returned twice. No
 * item that is in the list all along is missed, unless the server changes the order of such items. The
 * first page is returned even if it is empty.
 *
 * A removed item shifts all items after it, so that a page could skip some. Therefore each page
 * begins with the last item of the page before. If a page has no known item, there is a gap, and the
 * reader goes back until the pages overlap again.
 *
 * @throws the error from `incomplete`, if the list ends too early or does not end
 */
export async function* readPages<Item>(list: Pages<Item>): AsyncGenerator<Page<Item>> {
  const { read, idOf, incomplete } = list;
  const seen = new Set<string>();
  let pagesWithoutNewItems = 0;
  for (let offset = 0; ; ) {
    const page = await read(offset);
    const isGap = offset > 0 && !page.items.some((item) => seen.has(idOf(item)));
    if (isGap) {
      offset = Math.max(0, offset - PAGE_SIZE + 1);
      continue;
    }
    const items = newItems(page.items, idOf, seen);
    for (const item of items) seen.add(idOf(item));
    if (items.length > 0 || offset === 0) yield { ...page, items };

    pagesWithoutNewItems = items.length > 0 ? 0 : pagesWithoutNewItems + 1;
    const end = offset + page.items.length;
    const isShort = page.items.length < PAGE_SIZE;
    // The total alone does not end a list: it may be wrong, and a full page may be followed by another.
    if (isShort && (page.total === undefined || end >= page.total)) return;
    if (pagesWithoutNewItems > (isShort ? 0 : MAX_PAGES_WITHOUT_NEW_ITEMS))
      throw incomplete(seen.size);
    offset = end - 1;
  }
}

/**
 * The maximum number of consecutive full pages without a new item. Some are normal if many items
 * are added at once.
 */
const MAX_PAGES_WITHOUT_NEW_ITEMS = 20;

/** The items that are not in `seen`, each once. */
function newItems<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  seen: ReadonlySet<string>,
): Item[] {
  const byId = new Map(items.map((item) => [idOf(item), item]));
  return [...byId].filter(([id]) => !seen.has(id)).map(([, item]) => item);
}

/** Collects all pages of a list. `Array.fromAsync` is newer than the oldest supported Node.js. */
export async function collect<Item>(pages: AsyncIterable<Page<Item>>): Promise<Page<Item>[]> {
  const all: Page<Item>[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/** Collects all items of a list. */
export async function allItems<Item>(pages: AsyncIterable<Page<Item>>): Promise<Item[]> {
  return (await collect(pages)).flatMap(({ items }) => items);
}
