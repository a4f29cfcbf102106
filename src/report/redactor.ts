import { MIN_KEY_LENGTH } from '../http/token.ts';
import { LIKELY_SECRET, SECRET_PREFIX } from '../openrouter/resources/keys.ts';
import type { Redact } from './text.ts';

/** Replaces secrets in texts with `***`. */
export interface Redactor {
  /** Adds `secrets` to those that are replaced from now on. */
  register(secrets: readonly string[]): void;
  /**
   * Replaces the registered secrets, and each part of them that has `MIN_KEY_LENGTH` letters and digits: in upper or
   * lower case, as text or in hexadecimal, also if other characters, tags, entities or escapes divide it.
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

/** The letters and digits of a secret, and of its bytes in hexadecimal, if they are enough for a part. */
function formsOf(secret: string): string[] {
  const bounded = secret.slice(0, MAX_SECRET_LENGTH);
  return [bounded, Buffer.from(bounded).toString('hex')]
    .map((form) => form.replace(/[^a-z\d]/gi, '').toLowerCase())
    .filter(({ length }) => length >= MIN_KEY_LENGTH);
}

function blocksOf(letters: string): string[] {
  const count = letters.length - BLOCK + 1;
  return Array.from({ length: count }, (_, at) => letters.slice(at, at + BLOCK));
}

/**
 * What divides the letters and digits of a text: all other characters; also entities such as `&shy;`, and escapes
 * such as `\n`; also tags such as `<wbr>`. Each alone, because a secret can also stand after `\`, or within `<>`.
 */
const SEPARATORS = [
  /[^a-z\d]/gi,
  /&#?\w+;|\\(?:u[\da-f]{4}|[a-z])|[^a-z\d]/gi,
  /<[^<>]*>|&#?\w+;|\\(?:u[\da-f]{4}|[a-z])|[^a-z\d]/gi,
];

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
  const letters = text.replace(separators, '').toLowerCase();
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
  return parts.map(([first, last]) => [places[first] as number, (places[last] as number) + 1]);
}

/** Where each letter and digit of `text` stands. */
function placesOf(text: string, separators: RegExp): number[] {
  const places: number[] = [];
  let next = 0;
  const addUntil = (end: number) => {
    for (; next < end; next += 1) places.push(next);
  };
  for (const { 0: separator, index } of text.matchAll(separators)) {
    addUntil(index);
    next += separator.length;
  }
  addUntil(text.length);
  return places;
}
