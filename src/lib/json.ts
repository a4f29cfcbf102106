/** The value of the JSON in `text`; undefined if `text` is not JSON. No JSON means undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * How many values the JSON in `text` has at most: what is in strings counts too. Tells, without parsing,
 * how much memory the values can take.
 */
export function countValues(text: string): number {
  let count = 1;
  for (const start of [',', '[', '{']) {
    for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) count += 1;
  }
  return count;
}

/** Whether `value`, which was parsed from JSON, has arrays and objects nested more than `depth` deep. */
export function isNestedDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((child) => isNestedDeeper(child, depth - 1));
}
