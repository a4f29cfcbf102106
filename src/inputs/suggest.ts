import * as z from 'zod/mini';
import { fromText } from './from-text.ts';

const BOOLEANS: Readonly<Record<string, string>> = {
  yes: 'true',
  y: 'true',
  on: 'true',
  '1': 'true',
  no: 'false',
  n: 'false',
  off: 'false',
  '0': 'false',
};

/** Readings of a refused text by what is expected, the likelier first. */
const READINGS: Readonly<Record<string, (text: string) => (string | undefined)[]>> = {
  boolean: (text) => [text.toLowerCase(), BOOLEANS[text.toLowerCase()]],
  enum: (text) => [text.toLowerCase()],
  slug: (text) => [toSlug(text)],
  api_url: (text) => [text.includes('://') ? text.replace(/^http:/, 'https:') : `https://${text}`],
  timeout: (text) => [`${text}s`, tidied(text)],
  older_than: (text) => [`${text}d`, tidied(text)],
  expires_in: (text) => [`${text}h`, tidied(text)],
  number: (text) => [text.replace(/\$|USD/gi, '').trim()],
  workspace: (text) => [text.toLowerCase().replace(/^.*\//, '')],
};

/** What the author of `text` meant, where `schema` refuses it and a close reading is accepted. */
export function suggest(key: string, schema: z.core.$ZodType, text: string): string | undefined {
  const read = READINGS[key] ?? READINGS[kindOf(schema)];
  return read?.(text).find(
    (reading) =>
      reading !== undefined &&
      reading !== text &&
      z.safeParse(schema, fromText(schema, reading)).success,
  );
}

function tidied(duration: string): string {
  return duration.toLowerCase().replaceAll(' ', '');
}

function kindOf(schema: z.core.$ZodType): string {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return 'innerType' in def ? kindOf(def.innerType) : def.type;
}

/**
 * `text` with a hyphen for each character that is not a letter or a digit. Nothing that tells two
 * slugs apart is cut off, so that what lacks a part, has other letters or is too long stays refused.
 */
function toSlug(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]/gu, '-');
}
