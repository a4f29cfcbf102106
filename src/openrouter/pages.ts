import * as z from 'zod/mini';
import type { Client } from '../http/client.ts';
import { type ApiError, type ApiRequest, type ApiResponse, toApiError } from '../http/request.ts';

interface Page<Item> extends Partial<Pick<ApiResponse<unknown>, 'serverTime' | 'size'>> {
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

/**
 * Parses the body of a page, whose entries are of the form `item`. It stops at the first invalid entry:
 * a problem for each of them could exhaust the stack.
 */
export function pageOf<Item>(item: z.ZodMiniType<Item>): z.ZodMiniType<PageBody<Item>> {
  return z.pipe(
    z.object({ data: z.array(z.unknown()), total_count: z.optional(z.number()) }),
    z.transform(({ data, total_count }, context: z.core.ParsePayload) => {
      const items: Item[] = [];
      for (const [index, entry] of data.entries()) {
        const parsed = z.safeParse(item, entry);
        if (!parsed.success) {
          for (const { path } of parsed.error.issues) {
            context.issues.push({ code: 'custom', input: entry, path: ['data', index, ...path] });
          }
          return z.NEVER;
        }
        items.push(parsed.data);
      }
      return { data: items, total_count };
    }),
  );
}

/** How to request a list. */
export interface ListRequest<Item>
  extends Pick<ApiRequest<PageBody<Item>>, 'operation' | 'path' | 'hint' | 'findMismatch'> {
  /** The query without the offset. */
  query: Readonly<Record<string, string>>;
  schema: z.ZodMiniType<PageBody<Item>>;
  idOf(item: Item): string;
  /** Returns what counts of an item that two pages have; by default, what the first has. */
  merge?(first: Item, later: Item): Item;
}

/** A complete list, and the server's time when its first page was listed. */
export interface List<Item> extends Pick<Page<Item>, 'serverTime'> {
  items: Item[];
}

/**
 * Lists a whole resource, as `readPages` does.
 * @throws {ApiError} if the list is incomplete, too
 */
export function listAll<Item>(client: Client, list: ListRequest<Item>): Promise<List<Item>> {
  const { query, idOf, merge, ...request } = list;
  return readPages({
    idOf,
    ...(merge && { merge }),
    async read(offset) {
      const { data, serverTime, size } = await client.request({
        ...request,
        method: 'GET',
        path: `${list.path}?${new URLSearchParams({ offset: String(offset), ...query })}`,
      });
      return { items: data.data, total: data.total_count, serverTime, size };
    },
    toError: (reason) => toError(list, reason),
  });
}

function toError<Item>({ operation, path }: ListRequest<Item>, reason: string): ApiError {
  const failure = {
    server: 'OpenRouter',
    operation,
    method: 'GET',
    path,
    kind: 'unexpected',
  } as const;
  return toApiError([{ ...failure, reason }], { ambiguous: false });
}

/** What `readPages` needs to know about a list. */
export interface Pages<Item> extends Pick<ListRequest<Item>, 'idOf' | 'merge'> {
  /** Requests the page that begins at `offset`. */
  read(offset: number): Promise<Page<Item>>;
  /** Creates the error for a list that cannot be read to its end. */
  toError(reason: string): Error;
}

/**
 * Reads a list page by page while other jobs may add and remove items. No item is returned twice. No
 * item that is in the list all along is missed, unless the server changes the order of such items.
 *
 * A removed item shifts all items after it, so that a page could skip some. Therefore each page
 * begins with the last item of the page before. If a page has no known item, there is a gap, and the
 * reader goes back until the pages overlap again.
 *
 * @throws the error from `toError`, if the list ends too early, or is larger than `MAX_SIZE`
 */
export async function readPages<Item>(list: Pages<Item>): Promise<List<Item>> {
  const { read, idOf, merge = (first) => first, toError } = list;
  const found = new Map<string, Item>();
  let first: Page<Item> | undefined;
  let pagesWithoutNewItems = 0;
  let size = 0;
  for (let offset = 0; ; ) {
    const page = await read(offset);
    first ??= page;
    size += page.size ?? 0;
    if (size > MAX_SIZE) throw toError(`the list is larger than ${MAX_SIZE / 2 ** 20} MiB`);
    const isGap = offset > 0 && !page.items.some((item) => found.has(idOf(item)));
    if (isGap) {
      offset = Math.max(0, offset - PAGE_SIZE + 1);
      continue;
    }
    const { size: foundBefore } = found;
    for (const item of page.items) {
      const known = found.get(idOf(item));
      found.set(idOf(item), known ? merge(known, item) : item);
    }

    pagesWithoutNewItems = found.size > foundBefore ? 0 : pagesWithoutNewItems + 1;
    const end = offset + page.items.length;
    const isShort = page.items.length < PAGE_SIZE;
    // The total alone does not end a list: it may be wrong, and a full page may be followed by another.
    if (isShort && (page.total === undefined || end >= page.total))
      return { items: [...found.values()], serverTime: first.serverTime };
    if (pagesWithoutNewItems > (isShort ? 0 : MAX_PAGES_WITHOUT_NEW_ITEMS))
      throw toError(`the list ended after ${found.size} entries, although there should be more`);
    offset = end - 1;
  }
}

/** The maximum size of a list, in UTF-16 code units of its JSON: about 50,000 API keys. */
const MAX_SIZE = 32 * 2 ** 20;

/**
 * The maximum number of consecutive full pages without a new item. Some are normal if many items
 * are added at once.
 */
const MAX_PAGES_WITHOUT_NEW_ITEMS = 20;
