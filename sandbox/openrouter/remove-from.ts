/** Removes from `items` those that `isRemoved` picks. Returns how many. */
export function removeFrom<Item>(items: Item[], isRemoved: (item: Item) => boolean): number {
  const retained = items.filter((item) => !isRemoved(item));
  return items.splice(0, items.length, ...retained).length - retained.length;
}
