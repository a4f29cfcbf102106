import { MIN_KEY_LENGTH } from '../http/token.ts';
import { LIKELY_SECRET, SECRET_PREFIX } from '../openrouter/resources/keys.ts';
import type { Redact } from './text.ts';

/** Replaces secrets in texts with `***`. */
export interface Redactor {
  /** Adds `secrets` to those that are replaced from now on. */
  register(secrets: readonly string[]): void;
  /**
   * Replaces the registered secrets, and each `MIN_KEY_LENGTH` letters and digits in a row of their text, their bytes
   * in hexadecimal or as decimal numbers, and their Base64: in upper or lower case, each also as a numeric entity or an
   * escape, and whatever characters, tags, entities, escapes and colors divide them. Other encodings are not found.
   */
  redact: Redact;
  /** Also replaces whatever looks like a key: a response may contain an unexpected one. Heeds a cut. */
  redactShown: Redact;
}

/** More than what a cut leaves of a part, of what looks like a key, and of an escape sequence. */
const CUT_LENGTH = 1_024;

/** Creates a redactor without registered secrets. */
export function createRedactor(): Redactor {
  const secrets: string[] = [];
  const blocks = new Set<string>();
  const redactWhole = (text: string) =>
    secrets.reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text);
  return {
    register(added) {
      secrets.push(...added);
      for (const block of added.flatMap(formsOf).flatMap(blocksOf)) blocks.add(block);
    },
    redact: (text) => replaceParts(redactWhole(text), blocks),
    redactShown(text, { isCut } = { isCut: false }) {
      const shown = replaceParts(redactWhole(text).replace(LIKELY_SECRET, '***'), blocks);
      return isCut ? shown.slice(0, -CUT_LENGTH) : shown;
    },
  };
}

/** `secrets`, then what follows the prefix of each key: it is a secret of its own. */
export function withRests(secrets: readonly string[]): string[] {
  const rests = secrets.map((secret) => secret.replace(SECRET_PREFIX, ''));
  return [...new Set([...secrets, ...rests.filter(({ length }) => length >= MIN_KEY_LENGTH)])];
}

/** More characters than any secret has. */
const MAX_SECRET_LENGTH = 4_096;

/** Half a part: wherever a part begins, it has a whole block that begins at a multiple of its length. */
const BLOCK = MIN_KEY_LENGTH / 2;

/** The letters and digits of what a secret can be written as, if they are enough for a part. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret.slice(0, MAX_SECRET_LENGTH));
  // It depends on how much stands before the secret where a group of Base64 begins in it.
  const base64 = [0, 1, 2].map((start) => bytes.subarray(start).toString('base64'));
  const hex = bytes.toString('hex');
  return [bytes.toString(), hex, hex.replace(/../g, '0x$&'), bytes.join(), ...base64]
    .map((form) => form.replace(/[^a-z\d]/gi, '').toLowerCase())
    .filter(({ length }) => length >= MIN_KEY_LENGTH);
}

function blocksOf(letters: string): string[] {
  const count = letters.length - BLOCK + 1;
  return Array.from({ length: count }, (_, at) => letters.slice(at, at + BLOCK));
}

/**
 * What divides or encodes the letters and digits of a text. First all other characters, alone, because a secret can
 * also stand after `\`, or within `<>`. Then also tags such as `<wbr>`, entities, escapes, and colors of a terminal.
 */
const SEPARATORS = [
  /[^a-z\d]/gi,
  /<\/?[a-z](?:\\"|[^<>&%\\[])*>|&#?\w+;|\\{1,2}(?:u[\da-f]{4}|u\{[\da-f]+\}|x[\da-f]{2}|[a-z])|%[\da-f]{2}|\[[\d;]*m|[^a-z\d]/gi,
];

/** A numeric entity or an escape of an ASCII character. */
const CODE = /^(?:&#x|\\{1,2}[ux]\{?|%)0*([\da-f]{2})[;}]?$|^&#0*(\d{2,3});$/i;

/** The letter or digit that a separator encodes, or an empty text. */
function decode(separator: string): string {
  const [, hex, decimal] = CODE.exec(separator) ?? [];
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return String.fromCharCode(code).replace(/[^a-z\d]/i, '');
}

/** Replaces the parts of secrets in `text`. */
function replaceParts(text: string, blocks: ReadonlySet<string>): string {
  let redacted = '';
  let end = 0;
  const found = SEPARATORS.flatMap((separators) => findParts(text, blocks, separators));
  for (const [from, to] of found.sort(([a], [b]) => a - b)) {
    if (from >= end) redacted += `${text.slice(end, from)}***`;
    end = Math.max(end, to);
  }
  return redacted + text.slice(end);
}

/** Where parts of secrets begin and end in `text`, in a time that is linear in its length. */
function findParts(
  text: string,
  blocks: ReadonlySet<string>,
  separators: RegExp,
): [from: number, to: number][] {
  const letters = text.replace(separators, decode).toLowerCase();
  const isBlock = (at: number) => blocks.has(letters.slice(at, at + BLOCK));
  const parts: [first: number, last: number][] = [];
  for (let at = 0; at < letters.length; at += BLOCK) {
    if (!isBlock(at)) continue;
    let [first, last] = [at, at];
    while (first > 0 && isBlock(first - 1)) first -= 1;
    while (isBlock(last + 1)) last += 1;
    if (last - first >= MIN_KEY_LENGTH - BLOCK) parts.push([first, last + BLOCK - 1]);
    at = last - (last % BLOCK);
  }
  if (parts.length === 0) return [];
  const places = placesOf(text, separators);
  return parts.map(([first, last]) => [places[first]?.[0] ?? 0, places[last]?.[1] ?? 0]);
}

/** Where each letter and digit of `text`, or what encodes it, begins and ends. */
function placesOf(text: string, separators: RegExp): [from: number, to: number][] {
  const places: [from: number, to: number][] = [];
  let next = 0;
  const addUntil = (end: number) => {
    for (; next < end; next += 1) places.push([next, next + 1]);
  };
  for (const { 0: separator, index } of text.matchAll(separators)) {
    addUntil(index);
    next += separator.length;
    if (decode(separator) !== '') places.push([index, next]);
  }
  addUntil(text.length);
  return places;
}
