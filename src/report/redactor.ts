import { LIKELY_SECRET } from '../openrouter/key-format.ts';
import type { Redact } from './text.ts';

/** Takes secrets out of texts. */
export interface Redactor {
  /** Takes `secrets` out of every text from here on. */
  register(secrets: readonly string[]): void;
  /** Takes out the registered secrets. */
  redact: Redact;
  /** Takes out whatever looks like a key, too: a response can contain one that no one asked for. */
  redactShown: Redact;
}

/** A redactor that knows no secrets yet. */
export function createRedactor(): Redactor {
  const known: string[] = [];
  const redact: Redact = (text) =>
    known.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  return {
    register: (secrets) => known.push(...secrets),
    redact,
    redactShown: (text) => redact(text).replace(LIKELY_SECRET, '***'),
  };
}
