import type { InvalidInput } from '../operations/shared/failure.ts';

/**
 * Checks the environment variable that names the proxy for HTTPS. `@actions/http-client` silently
 * ignores a malformed one (it reads `proxy:3128` as a URL with the scheme `proxy:`). The key would
 * then be sent without the proxy that someone requires.
 */
export function proxyProblems(env: NodeJS.ProcessEnv): InvalidInput[] {
  const { name, value } = proxyVariable(env);
  if (!value || isProxyUrl(value)) return [];
  const message =
    'must be the URL of a proxy, such as http://proxy.example:3128, without an IPv6 address';
  return [{ input: `${name} (environment variable)`, message }];
}

/** The password for the proxy, as it is written and with its percent-encoding decoded. */
export function proxyPasswords(env: NodeJS.ProcessEnv): string[] {
  const { password = '' } = toUrl(proxyVariable(env).value) ?? {};
  return [password, decode(password) ?? ''];
}

/** The variable that `@actions/http-client` uses: it prefers the lower-case name, as curl does. */
function proxyVariable(env: NodeJS.ProcessEnv): { name: string; value: string } {
  const name = env['https_proxy'] ? 'https_proxy' : 'HTTPS_PROXY';
  return { name, value: env[name] ?? '' };
}

/** Whether `@actions/http-client` accepts `text` as a proxy and can connect to it. */
function isProxyUrl(text: string): boolean {
  const url = toUrl(text) ?? toUrl(text.includes('://') ? '' : `http://${text}`);
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return false;
  return !url.hostname.startsWith('[') && decode(url.username + url.password) !== undefined;
}

function toUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
