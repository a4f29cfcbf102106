import { toNumber } from './usd.ts';

/** The value of the JSON in `text`; undefined if `text` is not JSON. No JSON means undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `value` as JSON, in which amounts are numbers in USD, as OpenRouter has them. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_name, part) => (typeof part === 'bigint' ? toNumber(part) : part));
}

/**
 * JSON that can be a comment in HTML, and in Markdown: plain ASCII without `<` and `>`, so that nothing ends it early,
 * and without `@` and `#`, which can reach people and pages.
 */
export function asciiJson(value: unknown): string {
  return toJson(value).replace(
    /[<>@#\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Whether `value`, which was parsed from JSON, has arrays and objects nested more than `depth` deep. */
export function isNestedDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((child) => isNestedDeeper(child, depth - 1));
}

/** A number in JSON. Instead of `JSON.parse`, which throws: 30,000 errors, one per entry of a list, take 150 ms. */
export const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;
