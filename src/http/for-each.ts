import { MAX_CONCURRENCY } from './client.ts';

/** Calls `handle` with each of `items`, a few at once. */
export async function forEachOf<Item>(
  items: readonly Item[],
  handle: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const handleNext = async () => {
    for (const item of queue) await handle(item);
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENCY }, handleNext));
}
