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
 */
export async function* readPages<From extends Page<unknown>>(
  read: (offset: number) => Promise<From>,
  idOf: (item: From['items'][number]) => string,
): AsyncGenerator<From> {
  const seen = new Set<string>();
  for (let offset = 0; ; ) {
    const page = await read(offset);
    const fresh = page.items.filter((item) => !seen.has(idOf(item)));
    const isGap = offset > 0 && fresh.length === page.items.length;
    if (isGap) {
      offset = Math.max(0, offset - PAGE_SIZE + 1);
      continue;
    }
    for (const item of fresh) seen.add(idOf(item));
    if (fresh.length > 0) yield { ...page, items: fresh };

    const reached = offset + page.items.length;
    const isShort = page.items.length < PAGE_SIZE;
    const isLast = page.total === undefined ? isShort : reached >= page.total;
    if (isLast || (isShort && fresh.length === 0)) return;
    offset = reached - 1;
  }
}
