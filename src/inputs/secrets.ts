import { getInput } from '@actions/core';

/**
 * Every text of this step's environment that must not be shown: the management key as it came, as
 * it is sent, and line by line, because masking goes by exact text; and the password of the proxy.
 */
export function readSecrets(): string[] {
  const key = getInput('management-key', { trimWhitespace: false });
  const proxy = URL.parse(process.env['https_proxy'] || process.env['HTTPS_PROXY'] || '');
  const texts = [key, ...key.split(/[\r\n]+/), proxy?.password ?? ''];
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))];
}
