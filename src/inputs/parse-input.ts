import type * as z from 'zod/mini';
import { parseJson } from '../lib/json.ts';
import { parseObject } from './parse-object.ts';

const BOOLEANS = new Map([
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

/**
 * Parses the text of an input to a value for `schema`. If that is not possible, returns `text` or the
 * part of it that is at fault, so that the schema rejects it with its own message.
 *
 * - Booleans: the six words of the YAML 1.2 core schema, as in `getBooleanInput` of `@actions/core`.
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

/** Instead of `JSON.parse`, which throws: 30,000 errors, one per entry of a list, take 150 ms. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

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
