/** Removes from `items` those that `isRemoved` picks. */
export function removeFrom<Item>(items: Item[], isRemoved: (item: Item) => boolean): void {
  items.splice(0, items.length, ...items.filter((item) => !isRemoved(item)));
}
