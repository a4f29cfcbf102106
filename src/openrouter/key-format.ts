/**
 * What looks like an API key or a management key of OpenRouter's, also where `-` is escaped as in a
 * URL. The label by which OpenRouter shows a key has dots, and is none.
 */
export const LIKELY_SECRET = /sk(?:-|%2D)or(?:-|%2D)[\w%-]{16,}/gi;

/** What RFC 6750 lets a bearer token be. None of it is escaped in JSON or HTML. */
export const BEARER_TOKEN = /^[\w.~+/-]+=*$/;

/** Far below the length of any key, and far above that of a word which masking would blot out. */
export const MIN_KEY_LENGTH = 16;
