import { Failure } from '../failure.ts';

/** A page of a list, as it was at one moment. */
export interface Page<Item> {
  items: readonly Item[];
  /** How many there are in all, where the answer says so. */
  total?: number | undefined;
}

/** The most that OpenRouter puts on a page, and all that it puts on one of keys. */
export const PAGE_SIZE = 100;

/**
 * Reads a list page by page while items appear in it and vanish from it: none comes twice, and each
 * that was there all along comes, as long as those keep their order.
 *
 * What vanishes moves all behind it forward, past an offset. So each page begins with the last item
 * of the one before. A page that has nothing which was seen before has left a gap, and the reader
 * goes back until it finds the seam.
 *
 * @param read the page from `offset` on.
 * @throws {Failure} when the list does not end, or ends before it should.
 */
export async function* readPages<From extends Page<unknown>>(
  read: (offset: number) => Promise<From>,
  idOf: (item: From['items'][number]) => string,
): AsyncGenerator<From> {
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
    if (fresh.length > 0) yield { ...page, items: fresh };

    idle = fresh.length > 0 ? 0 : idle + 1;
    const reached = offset + page.items.length;
    const isShort = page.items.length < PAGE_SIZE;
    if (page.total === undefined ? isShort : reached >= page.total) return;
    if (idle > (isShort ? 0 : MAX_IDLE)) throw unreadable(seen.size);
    offset = reached - 1;
  }
}

/** Full pages in a row with nothing new on them, which many that appear at once can make. */
const MAX_IDLE = 20;

function unseen<Item>(items: readonly Item[], idOf: (item: Item) => string, seen: Set<string>) {
  const byId = new Map(items.map((item) => [idOf(item), item]));
  return [...byId].filter(([id]) => !seen.has(id)).map(([, item]) => item);
}

function unreadable(read: number): Failure {
  return new Failure('A list of OpenRouter could not be read to its end', [
    `After ${read} entries there were no others, though there should be more.`,
  ]);
}

/** All items of a list that is read page by page. */
export async function allOf<Item>(pages: AsyncIterable<Page<Item>>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const { items } of pages) found.push(...items);
  return found;
}
