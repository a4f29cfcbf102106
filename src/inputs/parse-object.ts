import { MAX_DEPTH } from '../http/response.ts';
import { isNestedDeeper, parseJson } from '../lib/json.ts';

/**
 * Parses JSON, or a line `name: value` for each field, with the value as JSON. Such lines are YAML too,
 * and mean the same in it. A parser for all of YAML would add 19 kB to a download of 73 kB. If `text` is
 * neither, returns the first line at fault, or `text`.
 */
export function parseObject(text: string): unknown {
  const json = toJson(text);
  if (json === undefined) return linesOf(text).find((line) => !isField(line));
  return objectProblem(text) === undefined ? (parseJson(json) ?? text) : text;
}

/** A response has the object in its `data`. */
const MAX_LEVELS = MAX_DEPTH - 1;

/** Why the object in `text` cannot be sent as it is written; undefined if it can, or is not an object. */
export function objectProblem(text: string): string | undefined {
  const json = toJson(text) ?? '';
  const value = parseJson(json);
  if (value === undefined) return undefined;
  // Before the next steps, which are recursive.
  if (isNestedDeeper(value, MAX_LEVELS)) {
    return `must not be nested more than ${MAX_LEVELS} levels deep`;
  }
  // zod drops it.
  if (Object.hasOwn(value as object, '__proto__')) return 'must not have __proto__';
  return namesAndNumbers(json) === namesAndNumbers(JSON.stringify(value))
    ? undefined
    : 'must have each name once, and no number that is too large or has too many digits';
}

/** The JSON for `text`; undefined if a line is not a field. */
function toJson(text: string): string | undefined {
  if (text.startsWith('{')) return text;
  const lines = linesOf(text);
  if (!lines.every(isField)) return undefined;
  return `{${lines.map((line) => line.replace(FIELD, '"$1":$2')).join()}}`;
}

/** The lines that are neither empty nor a comment. */
function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
}

/** A value does not begin with a space, or the time would grow with the square of the spaces. */
const FIELD = /^(\w+): +([^\r ][^\r]*)$/;

function isField(line: string): boolean {
  return parseJson(FIELD.exec(line)?.[2] ?? '') !== undefined;
}

/**
 * A colon for each name in `json`, and the significant digits of each number, sorted. Only the first zero
 * of each row begins a match, or the time would grow with their square.
 */
function namesAndNumbers(json: string): string {
  const withoutTexts = json.replace(/"(?:[^"\\]|\\.)*"/g, '');
  const tokens = withoutTexts.match(/:|\d[\d.]*(?:e[+-]?\d+)?/gi) ?? [];
  return tokens
    .map((token) => token.replace(/e.*|\./gi, '').replace(/^0+|(?<!0)0+$/g, ''))
    .sort()
    .join();
}
