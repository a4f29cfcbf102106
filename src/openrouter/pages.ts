import type * as z from 'zod/mini';
import { type CallFacts, OpenRouterError } from './api-error.ts';
import type { Answered, Call, Client } from './client.ts';

/** A page of a list, as it was at one moment. */
export interface Page<Item> extends Partial<Pick<Answered<unknown>, 'serverTime'>> {
  items: readonly Item[];
  /** How many there are in all, where the answer says so. */
  total?: number | undefined;
}

/** The most that OpenRouter puts on a page, and what it puts on each of keys. */
export const PAGE_SIZE = 100;

/** A list of the API's. */
interface ListCall<Item> extends Pick<Call<unknown>, 'doing' | 'path' | 'hint'> {
  /** What is asked for beside the offset. */
  query: Readonly<Record<string, string>>;
  /** The shape that a page must have. */
  answer: z.ZodMiniType<{ data: Item[]; total_count?: number | undefined }>;
  idOf(item: Item): string;
}

/**
 * The pages of `list`: see `readPages`.
 * @throws {OpenRouterError}
 */
export function listPages<Item>(
  client: Client,
  { query, answer: shape, idOf, ...call }: ListCall<Item>,
): AsyncGenerator<Page<Item>> {
  const read = async (offset: number): Promise<Page<Item>> => {
    const { answer, serverTime } = await client.request({
      ...call,
      method: 'GET',
      path: `${call.path}?${new URLSearchParams({ offset: String(offset), ...query })}`,
      answer: shape,
    });
    return { items: answer.data, total: answer.total_count, serverTime };
  };
  return readPages({ ...call, read, idOf });
}

/** What `readPages` needs of a list. */
export interface Pages<Item> extends Pick<CallFacts, 'doing' | 'path'> {
  /** The page from `offset` on. */
  read(offset: number): Promise<Page<Item>>;
  idOf(item: Item): string;
}

/**
 * Reads a list page by page while items appear in it and vanish from it: none comes twice, and each
 * that was there all along comes, as long as those keep their order. The first page comes also if
 * there is nothing on it.
 *
 * What vanishes moves all behind it forward, past an offset. So each page begins with the last item
 * of the one before. A page that has nothing which was seen before has left a gap, and the reader
 * goes back until it finds the seam.
 *
 * @throws {OpenRouterError} also when the list does not end, or ends before it should.
 */
export async function* readPages<Item>(list: Pages<Item>): AsyncGenerator<Page<Item>> {
  const { read, idOf } = list;
  const seen = new Set<string>();
  let idle = 0;
  for (let offset = 0; ; ) {
    const page = await read(offset);
    const fresh = unseen(page.items, idOf, seen);
    const isGap = offset > 0 && !page.items.some((item) => seen.has(idOf(item)));
    if (isGap) {
      offset = Math.max(0, offset - PAGE_SIZE + 1);
      continue;
    }
    for (const item of fresh) seen.add(idOf(item));
    if (fresh.length > 0 || offset === 0) yield { ...page, items: fresh };

    idle = fresh.length > 0 ? 0 : idle + 1;
    const reached = offset + page.items.length;
    const isShort = page.items.length < PAGE_SIZE;
    if (page.total === undefined ? isShort : reached >= page.total) return;
    if (idle > (isShort ? 0 : MAX_IDLE)) throw unreadable(list, seen.size);
    offset = reached - 1;
  }
}

/** Full pages in a row with nothing new on them, which many that appear at once can make. */
const MAX_IDLE = 20;

function unseen<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  seen: ReadonlySet<string>,
): Item[] {
  const byId = new Map(items.map((item) => [idOf(item), item]));
  return [...byId].filter(([id]) => !seen.has(id)).map(([, item]) => item);
}

function unreadable({ doing, path }: Pick<CallFacts, 'doing' | 'path'>, read: number) {
  const reason = `the list ended after ${read} entries, though there should be more`;
  const verdict = { again: false, mayHaveLanded: false };
  return new OpenRouterError({ doing, method: 'GET', path, reason, attempts: 1, ...verdict });
}

/** All of `pages`, as `Array.fromAsync` would collect them, which Node.js 20 does not have. */
export async function collect<Item>(pages: AsyncIterable<Page<Item>>): Promise<Page<Item>[]> {
  const read: Page<Item>[] = [];
  for await (const page of pages) read.push(page);
  return read;
}

/** All items of a list that is read page by page. */
export async function allOf<Item>(pages: AsyncIterable<Page<Item>>): Promise<Item[]> {
  const read = await collect(pages);
  return read.flatMap(({ items }) => items);
}
