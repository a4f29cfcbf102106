import { createHash } from 'node:crypto';

/**
 * The maximum length of a slug that is made from a text. Not the bound of OpenRouter, which may grow: with
 * another length, a long text would have another slug, and its existing workspace would not be found.
 */
const MADE_SLUG_MAX_LENGTH = 50;

/**
 * Makes the slug of a workspace from any text. docs/reference.md documents the rule, and an existing
 * workspace is found by it, so it must never change.
 * @param prefix what the slug begins with: empty, or the beginning of a slug that ends with a hyphen
 */
export function slugFrom(text: string, prefix = ''): string {
  return prefix + withHash(text, MADE_SLUG_MAX_LENGTH - prefix.length);
}

const HASH_LENGTH = 8;

/** `text` as a part of a slug, always with its hash: two texts that differ in case are two texts. */
export function withHash(text: string, maxLength: number): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
  const start = toSlug(text)
    .slice(0, Math.max(0, maxLength - HASH_LENGTH - 1))
    .replace(/-$/, '');
  return start === '' ? hash : `${start}-${hash}`;
}

/** Lower-case letters without their marks, and digits, in groups joined by single hyphens. */
export function toSlug(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
