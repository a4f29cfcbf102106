import { LIKELY_SECRET } from '../openrouter/key-format.ts';
import type { Redact } from './text.ts';

/** Replaces secrets in texts with `***`. */
export interface Redactor {
  /** Adds `secrets` to those that are replaced from now on. */
  register(secrets: readonly string[]): void;
  /** Replaces the registered secrets. */
  redact: Redact;
  /** Also replaces whatever looks like a key: a response may contain an unexpected one. */
  redactShown: Redact;
}

/** Creates a redactor without registered secrets. */
export function createRedactor(): Redactor {
  const secrets: string[] = [];
  const redact: Redact = (text) =>
    secrets.reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text);
  return {
    register: (added) => secrets.push(...added),
    redact,
    redactShown: (text) => redact(text).replace(LIKELY_SECRET, '***'),
  };
}
