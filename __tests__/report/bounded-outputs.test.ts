import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { outcomeOutputs } from '../../src/actions/create/report.ts';
import {
  type BoundedJson,
  describeOmitted,
  MAX_VALUE_BYTES,
  toJsonList,
} from '../../src/report/outputs.ts';

/** Texts that together are often larger than an output may be, with characters of 1 to 4 bytes. */
const texts = fc.record({
  unit: fc.constantFrom('a', '"', 'é', '日', '🎈', '\u2028'),
  size: fc.nat(20_000),
});
const textOf = ({ unit, size }: { unit: string; size: number }) => unit.repeat(size);

/** Expects that the output is below the limit, and that the next larger one would not be. */
function expectFull({ json, shown, total }: BoundedJson, next: string): void {
  const size = Buffer.byteLength(json);
  expect(size).toBeLessThan(MAX_VALUE_BYTES);
  if (shown < total) expect(size + Buffer.byteLength(next) + 1).toBeGreaterThanOrEqual(60_000);
}

const lists = fc.oneof(
  fc.array(texts, { maxLength: 30 }),
  fc.tuple(texts, fc.nat(300)).map(([text, count]) => Array(count).fill(text)),
  // Of such entries, brackets and commas are a large part.
  fc.nat(6_000).map((count) => Array(count).fill({ unit: '', size: 0 })),
);

test('a list as JSON has the first entries, as many as fit', () => {
  fc.assert(
    fc.property(lists, (list) => {
      const entries = list.map((text) => ({ name: textOf(text) }));
      const output = toJsonList(entries, 'names');
      expect(output.json).toBe(JSON.stringify(entries.slice(0, output.shown)));
      expect(output.total).toBe(entries.length);
      expectFull(output, JSON.stringify(entries[output.shown]) ?? '');
    }),
  );
});

test.each([
  [59_999, 'all fields', ['id', 'slug', 'name', 'icon']],
  [60_000, 'the id, slug and name', ['id', 'slug', 'name']],
])('the output for a workspace whose JSON has %i bytes has %s', (size, _, names) => {
  const workspace = { id: '1', slug: 'preview-é', name: 'Preview 🎈', icon: '' };
  workspace.icon = 'x'.repeat(size - Buffer.byteLength(JSON.stringify(workspace)));
  const result = { outcome: 'created', workspace, changes: [], governanceChanges: [] } as const;
  const outputs = outcomeOutputs(result, { desired: workspace });
  expect(Object.keys(JSON.parse((outputs['workspace'] as BoundedJson).json))).toEqual(names);
});

test('what outputs lack is described, and nothing of those that are complete', () => {
  const part = { json: '[]', shown: 412, total: 1_200, items: 'workspaces' };
  const whole = { json: '[]', shown: 0, total: 0, items: 'workspaces' };
  expect(describeOmitted({ kept: part, failed: whole, count: '3' })).toEqual([
    'The output kept lacks 788 of 1200 workspaces: it is limited to 60 kB.',
  ]);
});
