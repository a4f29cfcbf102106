import { MIN_KEY_LENGTH } from '../http/server.ts';
import { LIKELY_SECRET, SECRET_PREFIX } from '../openrouter/resources/keys.ts';
import type { Redact } from './text.ts';

/** Replaces secrets in texts with `***`. */
export interface Redactor {
  /** Adds `secrets`, of `MIN_KEY_LENGTH` characters or more, to those that are replaced from now on. */
  register(secrets: readonly string[]): void;
  /**
   * Replaces the registered secrets, and each `MIN_KEY_LENGTH` of their characters in a row, in upper or lower case: a
   * response may have a part of one, and the cut of a long text leaves one. Encodings are not found: the actions write
   * none, and GitHub's runner masks those that it knows in the log and the summary.
   */
  redact: Redact;
  /** Also replaces whatever looks like a key: a response may contain an unexpected one. Heeds a cut. */
  redactShown: Redact;
}

/** More than what a cut leaves of a part, of what looks like a key, and of an escape sequence. */
const CUT_LENGTH = 1_024;

/** Creates a redactor without registered secrets. */
export function createRedactor(): Redactor {
  const parts = new Set<string>();
  return {
    register(secrets) {
      for (const part of secrets.flatMap(partsOf)) parts.add(part);
    },
    redact: (text) => replaceParts(text, parts),
    redactShown(text, { isCut } = { isCut: false }) {
      const shown = replaceParts(text, parts).replace(LIKELY_SECRET, '***');
      return isCut ? shown.slice(0, -CUT_LENGTH) : shown;
    },
  };
}

/** `secrets`, then what follows the prefix of each key: it is a secret of its own. */
export function withRests(secrets: readonly string[]): string[] {
  const rests = secrets.map((secret) => secret.replace(SECRET_PREFIX, ''));
  return [...new Set([...secrets, ...rests.filter(({ length }) => length >= MIN_KEY_LENGTH)])];
}

function partsOf(secret: string): string[] {
  const known = secret.toLowerCase();
  const count = Math.max(known.length - MIN_KEY_LENGTH + 1, 0);
  return Array.from({ length: count }, (_, at) => known.slice(at, at + MIN_KEY_LENGTH));
}

/** Replaces the parts of secrets in `text`, each with those that overlap it. */
function replaceParts(text: string, parts: ReadonlySet<string>): string {
  const isPart = (at: number) => parts.has(text.slice(at, at + MIN_KEY_LENGTH).toLowerCase());
  let redacted = '';
  let end = 0;
  for (let at = 0; at <= text.length - MIN_KEY_LENGTH; at += 1) {
    if (!isPart(at)) continue;
    if (at >= end) redacted += `${text.slice(end, at)}***`;
    end = at + MIN_KEY_LENGTH;
  }
  return redacted + text.slice(end);
}
