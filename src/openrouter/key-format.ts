/**
 * Matches what looks like a key of OpenRouter, also with `-` escaped as in a URL. The label of a key
 * does not match: it has dots.
 */
export const LIKELY_SECRET = /sk(?:-|%2D)or(?:-|%2D)[\w%-]{16,}/gi;

/** A bearer token by RFC 6750. None of its characters is escaped in JSON or HTML. */
export const BEARER_TOKEN = /^[\w.~+/-]+=*$/;

/** Far shorter than any key, but longer than any word that masking must not hide. */
export const MIN_KEY_LENGTH = 16;
