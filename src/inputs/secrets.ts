import { getInput } from '@actions/core';
import { proxyPasswords } from './proxy.ts';

/**
 * Every text of this step's environment that must not be shown: the management key as it came, as
 * it is sent, and line by line, because masking goes by exact text; and the password of the proxy.
 */
export function readSecrets(): string[] {
  const key = getInput('management-key', { trimWhitespace: false });
  const texts = [key, ...key.split(/[\r\n]+/), ...proxyPasswords(process.env)];
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))];
}
