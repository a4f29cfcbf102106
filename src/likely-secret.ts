/**
 * What looks like an API key or a management key of OpenRouter's, also where `-` is escaped as in a
 * URL. The label by which OpenRouter shows a key has dots, and is none.
 */
export const LIKELY_SECRET = /sk(?:-|%2D)or(?:-|%2D)[\w%-]{16,}/gi;
