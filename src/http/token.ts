import * as z from 'zod/mini';

/** A bearer token by RFC 6750. None of its characters is escaped in JSON or HTML. */
export const BEARER_TOKEN = /^[\w.~+/-]+=*$/;

/** Far shorter than any key, but longer than any word that masking must not hide. */
export const MIN_KEY_LENGTH = 16;

/** A key in a response. */
export const bearerToken = z
  .string()
  .check(z.refine((text) => text.length >= MIN_KEY_LENGTH && BEARER_TOKEN.test(text)));
