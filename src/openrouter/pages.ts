import * as z from 'zod/mini';
import type { Client } from '../http/client.ts';
import { type ApiError, type ApiRequest, type ApiResponse, toApiError } from '../http/request.ts';

export interface Page<Item> extends Partial<Pick<ApiResponse<unknown>, 'serverTime' | 'size'>> {
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
}

/**
 * Lists a resource page by page, as `readPages` does.
 * @throws {ApiError}
 */
export function listPages<Item>(
  client: Client,
  list: ListRequest<Item>,
): AsyncGenerator<Page<Item>> {
  const { query, idOf, ...request } = list;
  return readPages({
    idOf,
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

/** A complete list. */
interface List<Item> extends Pick<Page<Item>, 'serverTime'> {
  items: Item[];
}

/**
 * Lists a whole resource. Returns also the server's time when the first page was listed.
 * @throws {ApiError}
 */
export async function listAll<Item>(client: Client, list: ListRequest<Item>): Promise<List<Item>> {
  const pages: Page<Item>[] = [];
  for await (const page of listPages(client, list)) pages.push(page);
  return { items: pages.flatMap(({ items }) => items), serverTime: pages[0]?.serverTime };
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
export interface Pages<Item> {
  /** Requests the page that begins at `offset`. */
  read(offset: number): Promise<Page<Item>>;
  idOf(item: Item): string;
  /** Creates the error for a list that cannot be read to its end. */
  toError(reason: string): Error;
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
 * @throws the error from `toError`, if the list ends too early, or is larger than `MAX_SIZE`
 */
export async function* readPages<Item>(list: Pages<Item>): AsyncGenerator<Page<Item>> {
  const { read, idOf, toError } = list;
  const knownIds = new Set<string>();
  let pagesWithoutNewItems = 0;
  let size = 0;
  for (let offset = 0; ; ) {
    const page = await read(offset);
    size += page.size ?? 0;
    if (size > MAX_SIZE) throw toError(`the list is larger than ${MAX_SIZE / 2 ** 20} MiB`);
    const isGap = offset > 0 && !page.items.some((item) => knownIds.has(idOf(item)));
    if (isGap) {
      offset = Math.max(0, offset - PAGE_SIZE + 1);
      continue;
    }
    const items = newItems(page.items, idOf, knownIds);
    for (const item of items) knownIds.add(idOf(item));
    if (items.length > 0 || offset === 0) yield { ...page, items };

    pagesWithoutNewItems = items.length > 0 ? 0 : pagesWithoutNewItems + 1;
    const end = offset + page.items.length;
    const isShort = page.items.length < PAGE_SIZE;
    // The total alone does not end a list: it may be wrong, and a full page may be followed by another.
    if (isShort && (page.total === undefined || end >= page.total)) return;
    if (pagesWithoutNewItems > (isShort ? 0 : MAX_PAGES_WITHOUT_NEW_ITEMS))
      throw toError(`the list ended after ${knownIds.size} entries, although there should be more`);
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

/** The items that are not in `seen`, each once. */
function newItems<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  knownIds: ReadonlySet<string>,
): Item[] {
  const byId = new Map(items.map((item) => [idOf(item), item]));
  return [...byId].filter(([id]) => !knownIds.has(id)).map(([, item]) => item);
}
