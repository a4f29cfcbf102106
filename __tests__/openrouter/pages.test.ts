import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PAGE_SIZE, readPages } from '../../src/openrouter/pages.ts';

interface Item {
  id: string;
}

/** A list that changes while it is read; `total`: whether its pages report how long it is. */
interface Listed {
  items: Item[];
  size: number;
  total: boolean;
}

const LIST = {
  idOf: ({ id }: Item) => id,
  toError: (reason: string) => new Error(reason),
};

const listOf = (count: number, options: Partial<Listed> = {}): Listed => ({
  items: Array.from({ length: count }, (_, at) => ({ id: String(at) })),
  size: PAGE_SIZE,
  total: true,
  ...options,
});

/** Reads `list`, with `change` after each page; returns the ids and the requested offsets. */
async function readAll(list: Listed, change: (reads: number) => void = () => undefined) {
  const offsets: number[] = [];
  const read = async (offset: number) => {
    offsets.push(offset);
    const page = {
      items: list.items.slice(offset, offset + list.size),
      ...(list.total && { total: list.items.length }),
    };
    change(offsets.length);
    return page;
  };
  return { ids: await idsRead(read), offsets };
}

/** The ids of the items that `readPages` returns, in their order. */
async function idsRead(read: Parameters<typeof readPages<Item>>[0]['read']) {
  const { items } = await readPages({ ...LIST, read });
  return items.map(({ id }) => id);
}

const idsOf = ({ items }: Listed) => items.map(({ id }) => id);

describe.each([true, false])('a list whose pages report its length (%s)', (total) => {
  test('has no item twice, and every item that stays, while others appear and vanish', async () => {
    const change = fc.record({
      at: fc.nat(500),
      count: fc.integer({ min: 1, max: 250 }),
      kind: fc.constantFrom('appear', 'vanish'),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(600), fc.array(change, { maxLength: 12 }), async (count, changes) => {
        const list = listOf(count, { total });
        const survivors = new Set(idsOf(list));
        let added = 0;
        const { ids } = await readAll(list, (reads) => {
          const next = changes[reads - 1];
          if (!next) return;
          if (next.kind === 'appear') {
            const fresh = Array.from({ length: next.count }, () => {
              added += 1;
              return { id: `new ${added}` };
            });
            list.items.splice(next.at, 0, ...fresh);
          } else {
            for (const { id } of list.items.splice(next.at, next.count)) survivors.delete(id);
          }
        });
        expect(new Set(ids).size).toBe(ids.length);
        const seen = new Set(ids);
        expect([...survivors].filter((id) => !seen.has(id))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

test('after a gap, the reader goes back page by page until the pages overlap', async () => {
  const list = listOf(400);
  const { ids, offsets } = await readAll(list, (reads) => {
    // All but one of the items that were read.
    if (reads === 2) list.items.splice(0, 198);
  });
  expect(ids).toEqual(Array.from({ length: 400 }, (_, at) => String(at)));
  expect(offsets).toEqual([0, 99, 198, 99, 0, 99, 198]);
});

test.each([0, 100])('a list of %i items is read to its end without its length', async (count) => {
  const list = listOf(count, { total: false });
  expect((await readAll(list)).ids).toEqual(idsOf(list));
});

test('a list has the time of its first page', async () => {
  const { items } = listOf(150);
  const read = async (offset: number) => {
    return { items: items.slice(offset, offset + PAGE_SIZE), serverTime: offset };
  };
  expect((await readPages({ ...LIST, read })).serverTime).toBe(0);
});

test('a list with smaller pages than requested is read to its end', async () => {
  const list = listOf(240, { size: 30 });
  expect((await readAll(list)).ids).toEqual(idsOf(list));
});

test('a list that ends too early is an error', async () => {
  const list = listOf(50);
  const offsets: number[] = [];
  const read = async (offset: number) => {
    offsets.push(offset);
    return { items: list.items.slice(offset), total: 70 };
  };
  await expect(idsRead(read)).rejects.toThrow('the list ended after 50 entries');
  expect(offsets).toEqual([0, 49]);
});

test.each([500, undefined])(
  'a server that ignores the offset is an error after 20 pages, with the length %p',
  async (total) => {
    const { items } = listOf(PAGE_SIZE);
    let reads = 0;
    const read = async () => {
      reads += 1;
      return { items, total };
    };
    await expect(idsRead(read)).rejects.toThrow('the list ended after 100 entries');
    expect(reads).toBe(22);
  },
);

test('a list of more than 32 MiB is an error', async () => {
  const list = listOf(150);
  const idsOfSize = (size: number) =>
    idsRead(async (offset) => ({ items: list.items.slice(offset, offset + PAGE_SIZE), size }));
  expect(await idsOfSize(16 * 1024 * 1024)).toHaveLength(150);
  await expect(idsOfSize(16 * 1024 * 1024 + 1)).rejects.toThrow('the list is larger than 32 MiB');
});
