import type { Problem } from './problem.ts';

/**
 * What is wrong with the variable that names the proxy for HTTPS, if anything. Where it is
 * malformed, `@actions/http-client` goes around it in silence (`proxy:3128` is a URL to it, of the
 * scheme `proxy:`), and the key would leave by a way that somebody has closed.
 */
export function proxyProblems(env: NodeJS.ProcessEnv): Problem[] {
  const name = env['https_proxy'] ? 'https_proxy' : 'HTTPS_PROXY';
  const value = env[name];
  if (!value || isProxyUrl(value)) return [];
  const message = 'must be the URL of a proxy, such as http://proxy.example:3128';
  return [{ input: `${name} (environment variable)`, message }];
}

function isProxyUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && canDecode(url.username + url.password);
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
