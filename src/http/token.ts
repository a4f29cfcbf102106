import * as z from 'zod/mini';
import { parseJson } from '../lib/json.ts';

/** A bearer token by RFC 6750. None of its characters is escaped in JSON or HTML. */
export const BEARER_TOKEN = /^[\w.~+/-]+=*$/;

/** Far shorter than any key, but longer than any word that masking must not hide. */
export const MIN_KEY_LENGTH = 16;

/** A key or a token in a response. */
export const bearerToken = z
  .string()
  .check(z.refine((text) => text.length >= MIN_KEY_LENGTH && BEARER_TOKEN.test(text)));

/**
 * Finds the token in a field of the body of a response, also if it is not a valid one, to mask it. Also
 * returns the parts of a JWT: where a text is cut, only some of them are left.
 */
export function tokensIn(body: string, field: string): string[] {
  const { data } = z.safeParse(z.looseObject({}), parseJson(body));
  const value = data?.[field];
  const texts = typeof value === 'string' ? [value, ...value.split('.')] : [];
  return [...new Set(texts)].filter(({ length }) => length >= MIN_KEY_LENGTH);
}
