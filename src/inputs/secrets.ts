import { getInput } from '@actions/core';
import { proxyPasswords } from './proxy.ts';

/** The secrets in this step's environment, each as every text in which it may appear. */
interface Secrets {
  managementKey: string[];
  proxyPassword: string[];
}

/** Masking a shorter text would hide half of the log. */
const MIN_MASKED_LENGTH = 4;

/**
 * Reads the secrets in this step's environment. The management key is returned whole, trimmed, and
 * line by line, because masking matches exact text.
 */
export function readSecrets(): Secrets {
  const key = getInput('management-key', { trimWhitespace: false });
  return {
    managementKey: maskable([key, ...key.split(/[\r\n]+/)]),
    proxyPassword: maskable(proxyPasswords(process.env)),
  };
}

/** The distinct texts that are long enough to mask. */
function maskable(texts: readonly string[]): string[] {
  const trimmed = texts.map((text) => text.trim());
  return [...new Set(trimmed.filter((text) => text.length >= MIN_MASKED_LENGTH))];
}
