import { LIKELY_SECRET } from '../openrouter/resources/keys.ts';
import type { Redact } from './text.ts';

/** Replaces secrets in texts with `***`. */
export interface Redactor {
  /** Adds `secrets` to those that are replaced from now on. */
  register(secrets: readonly string[]): void;
  /** Replaces the registered secrets. */
  redact: Redact;
  /** Also replaces whatever looks like a key: a response may contain an unexpected one. Heeds a cut. */
  redactShown: Redact;
}

/** More than what looks like a key has, and than what a cut leaves of an escape sequence. */
const MIN_CUT = 1_024;

/** Creates a redactor without registered secrets. */
export function createRedactor(): Redactor {
  const secrets: string[] = [];
  const redact: Redact = (text) =>
    secrets.reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text);
  return {
    register: (added) => secrets.push(...added),
    redact,
    redactShown(text, { isCut } = { isCut: false }) {
      const shown = redact(text).replace(LIKELY_SECRET, '***');
      const longest = Math.max(MIN_CUT, ...secrets.map(({ length }) => length));
      return isCut ? shown.slice(0, -longest) : shown;
    },
  };
}
