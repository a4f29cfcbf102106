import type { InvalidInput } from '../operations/shared/failure.ts';

/**
 * What is wrong with the variable that names the proxy for HTTPS, if anything. Where it is
 * malformed, `@actions/http-client` goes around it in silence (`proxy:3128` is a URL to it, of the
 * scheme `proxy:`), and the key would leave by a way that somebody has closed.
 */
export function proxyProblems(env: NodeJS.ProcessEnv): InvalidInput[] {
  const { name, value } = proxyVariable(env);
  if (!value || isProxyUrl(value)) return [];
  const message =
    'must be the URL of a proxy, such as http://proxy.example:3128, and not with an address of IPv6';
  return [{ input: `${name} (environment variable)`, message }];
}

/** The password for the proxy, as it is written and as it is meant. */
export function proxyPasswords(env: NodeJS.ProcessEnv): string[] {
  const { password = '' } = toUrl(proxyVariable(env).value) ?? {};
  return [password, decoded(password) ?? ''];
}

/** `@actions/http-client` prefers the lower-case name, as curl does. */
function proxyVariable(env: NodeJS.ProcessEnv): { name: string; value: string } {
  const name = env['https_proxy'] ? 'https_proxy' : 'HTTPS_PROXY';
  return { name, value: env[name] ?? '' };
}

/** Whether `@actions/http-client` finds a proxy in `text`, and one that it can reach. */
function isProxyUrl(text: string): boolean {
  const url = toUrl(text) ?? toUrl(text.includes('://') ? '' : `http://${text}`);
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return false;
  return !url.hostname.startsWith('[') && decoded(url.username + url.password) !== undefined;
}

function toUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
