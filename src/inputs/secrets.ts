import { getInput } from '@actions/core';
import { proxyPasswords } from './proxy.ts';

/** What must not be shown, each as every text that it could be found by. */
export interface Secrets {
  managementKey: string[];
  proxyPassword: string[];
}

/** To mask what is shorter would blot out half the log. Passwords are shorter than keys. */
const MIN_MASKED_LENGTH = 4;

/**
 * The secrets in this step's environment. The management key is there as it came, as it is sent,
 * and line by line, because masking goes by exact text.
 */
export function readSecrets(): Secrets {
  const key = getInput('management-key', { trimWhitespace: false });
  return {
    managementKey: texts([key, ...key.split(/[\r\n]+/)]),
    proxyPassword: texts(proxyPasswords(process.env)),
  };
}

function texts(found: readonly string[]): string[] {
  const trimmed = found.map((text) => text.trim());
  return [...new Set(trimmed.filter((text) => text.length >= MIN_MASKED_LENGTH))];
}
