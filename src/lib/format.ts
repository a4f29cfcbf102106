import { toJson } from './json.ts';

/** `1.5 s` */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1_000, name: 's' },
];

/** Formats `ms` milliseconds in the two largest units that apply, rounded down: `15 d 3 h`. */
export function formatAge(ms: number): string {
  let rest = Math.max(0, ms);
  const counts = UNITS.map(({ ms: unit, name }) => {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    return { count, text: `${count} ${name}` };
  });
  const first = counts.findIndex(({ count }) => count > 0);
  if (first < 0) return '0 s';
  const largest = counts.slice(first, first + 2).filter(({ count }) => count > 0);
  return largest.map(({ text }) => text).join(' ');
}

/** `text` without places at which a line can break: `18 d 21 h` */
export function unbroken(text: string): string {
  return text.replaceAll(' ', '\u00a0');
}

/** The first `max` of `lines`, and a line that counts the others. By default, `max` suits an annotation. */
export function truncateList(lines: readonly string[], max = 20): string[] {
  const rest = lines.length - max;
  return [...lines.slice(0, max), ...(rest > 0 ? [`… and ${rest} more`] : [])];
}

/** `449,190`. Without `Intl`, which takes an eighth of the time of a step to load. */
export function formatCount(count: bigint): string {
  if (count < 1_000n) return String(count);
  return `${formatCount(count / 1_000n)},${String(count % 1_000n).padStart(3, '0')}`;
}

/** Sorts `items` by a slug or a name: `pr-9` comes before `pr-10`. */
export function sortedBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return items.toSorted((one, other) => compare(nameOf(one), nameOf(other)));
}

/** `1 earlier key`, `2 earlier keys` */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** `1 workspace`, `2 workspaces` */
export function countWorkspaces(count: number): string {
  return countOf(count, 'workspace');
}

/** `1 API key`, `2 API keys` */
export function countKeys(count: number): string {
  return countOf(count, 'API key');
}

/** `1 change`, `2 changes` */
export function countChanges(count: number): string {
  return countOf(count, 'change');
}

/** A field whose value differs from the desired one. */
export interface Change<Field = string> {
  field: Field;
  /** Undefined for what is new. */
  from: unknown;
  /** Undefined if a response has no value. */
  to: unknown;
}

/** `name: "Old" → "New"`; of a list what is added and removed: `models: + ["a"] − ["b"]`; of what is new only its value. */
export function formatChange({ field, from, to }: Change): string {
  return `${field}: ${from === undefined ? toJson(to) : formatFromTo(from, to)}`;
}

function formatFromTo(from: unknown, to: unknown): string {
  const differences = isFilled(from) && isFilled(to) ? formatDifferences(from, to) : '';
  if (differences !== '') return differences;
  return `${toJson(from)} → ${to === undefined ? 'not returned' : toJson(to)}`;
}

/** An empty list restricts nothing, as null does: what it has more or less says little. */
function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function formatDifferences(from: readonly unknown[], to: readonly unknown[]): string {
  const missingIn = (list: readonly unknown[]) => {
    const known = new Set(list.map(toJson));
    return (entry: unknown) => !known.has(toJson(entry));
  };
  return [
    { sign: '+', entries: to.filter(missingIn(from)) },
    { sign: '−', entries: from.filter(missingIn(to)) },
  ]
    .filter(({ entries }) => entries.length > 0)
    .map(({ sign, entries }) => `${sign} ${toJson(entries)}`)
    .join(' ');
}
