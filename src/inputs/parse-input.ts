import type * as z from 'zod/mini';
import { MAX_DEPTH } from '../http/response.ts';
import { isNestedDeeper, JSON_NUMBER, parseJson } from '../lib/json.ts';

/** The six words of the YAML 1.2 core schema, as in `getBooleanInput` of `@actions/core`. */
export const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

/**
 * Parses the text of an input to a value for `schema`. If that is not possible, returns `text` or the
 * part of it that is at fault, so that the schema rejects it with its own message.
 *
 * - Booleans: one of the words in `BOOLEANS`.
 * - Numbers: as in JSON.
 * - Lists: one entry per line, or separated by commas, or a JSON array.
 * - Objects: JSON, or a line `name: value` for each field, with the value as JSON.
 * - `null`, if the schema accepts it. A workflow must quote it: GitHub turns YAML's own null into an
 *   empty input.
 */
export function parseInput(schema: z.core.$ZodType, text: string): unknown {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'default':
      return parseInput(def.innerType, text);
    case 'pipe':
      return parseInput(def.in, text);
    case 'nullable':
      return text === 'null' ? null : parseInput(def.innerType, text);
    case 'boolean':
      return BOOLEANS.get(text) ?? text;
    case 'number':
      return JSON_NUMBER.test(text) ? Number(text) : text;
    case 'array':
      return parseList(def.element, text);
    case 'object':
      return parseObject(text);
    default:
      return text;
  }
}

function parseList(element: z.core.$ZodType, text: string): unknown {
  if (text.startsWith('[')) {
    const json = parseJson(text);
    return Array.isArray(json) ? json : text;
  }
  const entries = text
    .split(/[\r\n,]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return entries.length > 0 ? entries.map((entry) => parseInput(element, entry)) : text;
}

/**
 * Parses JSON, or a line `name: value` for each field, with the value as JSON. Such lines are YAML too,
 * and mean the same in it. A parser for all of YAML would add 19 kB to a download of 73 kB. If `text` is
 * neither, returns the first line at fault, or `text`.
 */
export function parseObject(text: string): unknown {
  const json = fieldsToJson(text);
  if (json === undefined) return linesOf(text).find((line) => !isField(line));
  return objectProblem(text) === undefined ? (parseJson(json) ?? text) : text;
}

/** A response has the object in its `data`. */
const MAX_LEVELS = MAX_DEPTH - 1;

/** Why the object in `text` cannot be sent as it is written; undefined if it can, or is not an object. */
export function objectProblem(text: string): string | undefined {
  const json = fieldsToJson(text) ?? '';
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
function fieldsToJson(text: string): string | undefined {
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
