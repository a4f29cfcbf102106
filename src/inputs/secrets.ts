import { getInput } from '@actions/core';
import { MIN_KEY_LENGTH } from '../openrouter/key-format.ts';
import { proxyPasswords } from './proxy.ts';

/** The secrets in this step's environment, each as every text in which it may appear. */
interface Secrets {
  managementKey: string[];
  proxyPassword: string[];
}

/** Masking a shorter password would hide half of the log. */
const MIN_PASSWORD_LENGTH = 4;

/**
 * Reads the secrets in this step's environment. The management key is returned whole, trimmed, and
 * line by line, because masking matches exact text. A text that is too short to be a key is left out:
 * masking `short` would hide that word in the message about it.
 */
export function readSecrets(): Secrets {
  const key = getInput('management-key');
  return {
    managementKey: textsFrom([key, ...key.split(/[\r\n]+/)], MIN_KEY_LENGTH),
    proxyPassword: textsFrom(proxyPasswords(process.env), MIN_PASSWORD_LENGTH),
  };
}

/** The distinct texts of `minLength` characters or more. */
function textsFrom(texts: readonly string[], minLength: number): string[] {
  const trimmed = texts.map((text) => text.trim());
  return [...new Set(trimmed.filter((text) => text.length >= minLength))];
}
