import * as z from 'zod/mini';
import { dashboardUrl } from '../openrouter/resources/workspaces.ts';
import { parseInput } from './parse-input.ts';

/** Not 1 and 0: a number can be a count, or an exit code, where 0 is success. */
const BOOLEANS: Readonly<Record<string, string>> = {
  yes: 'true',
  y: 'true',
  on: 'true',
  no: 'false',
  n: 'false',
  off: 'false',
};

/**
 * Readings of a refused text by what is expected, the likelier first. Only what cannot do harm where
 * the author meant something else, because a suggestion is copied without a second thought.
 */
const SUGGESTERS: Readonly<Record<string, (text: string) => (string | undefined)[]>> = {
  boolean: (text) => [text.toLowerCase(), BOOLEANS[text.toLowerCase()]],
  enum: (text) => [text.toLowerCase()],
  slug: (text) => [toSlug(text)],
  api_url: (text) => [text.replace(/^http:(?=\/\/[^/])/i, 'https:'), withScheme(text)],
  timeout: (text) => [toDuration(text)],
  older_than: (text) => [toDuration(text)],
  expires_in: (text) => [toDuration(text)],
  number: (text) => [text.replace(/^(?:\$|USD) *| *(?:\$|USD)$/gi, '')],
  workspace: (text) => [slugOfPage(text)],
};

/** What the author of `text` meant, where `schema` refuses it and a close reading is accepted. */
export function suggest(key: string, schema: z.core.$ZodType, text: string): string | undefined {
  const read = SUGGESTERS[key] ?? SUGGESTERS[kindOf(schema)];
  const found = read?.(text).find(
    (suggestion) =>
      suggestion !== undefined &&
      suggestion !== text &&
      z.safeParse(schema, parseInput(schema, suggestion)).success,
  );
  // Without the quotes it would be YAML's null, which GitHub turns into an empty input.
  return found === 'null' ? '"null"' : found;
}

/** Only what begins with the name of a host: the key goes there. */
function withScheme(text: string): string | undefined {
  return /^[\w-]+(?:\.[\w-]+)+(?:[:/]|$)/.test(text) ? `https://${text}` : undefined;
}

/** Without a unit there is none to guess, and `M` is months elsewhere, where `m` is minutes here. */
function toDuration(text: string): string | undefined {
  return text.endsWith('M') ? undefined : text.toLowerCase().replace(/^(\d+) +/, '$1');
}

/**
 * The slug in the address of a workspace's page, and in no other: the end of a path or of a branch
 * names another workspace, if it names one, and so may a name in lower-case letters.
 */
function slugOfPage(text: string): string | undefined {
  const page = dashboardUrl('');
  return text.startsWith(page) ? text.slice(page.length) : undefined;
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
