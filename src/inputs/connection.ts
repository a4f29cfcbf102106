import { isIPv4 } from 'node:net';
import { getInput } from '@actions/core';
import * as z from 'zod/mini';
import { BEARER_TOKEN, MIN_KEY_LENGTH } from '../http/server.ts';
import { reject } from '../lib/schema.ts';
import type { InvalidInput } from './failures.ts';
import { duration, toMs } from './fields.ts';

/** The default of `action.yml`, which also applies if the author leaves the input empty. */
const DEFAULT_API_URL = 'https://openrouter.ai/api/v1';

/** The base URL of the API. It becomes one without a trailing slash. */
export const apiUrl = z.pipe(z.string(), z.transform(toApiUrl));

/** The inputs with which every action connects to OpenRouter. */
export const connection = {
  management_key: z.string({ error: () => missingKey(process.env) }).check(
    z.regex(BEARER_TOKEN, 'must be the key alone: no whitespace, no quotes, no "Bearer"'),
    z.refine(
      ({ length }) => length >= MIN_KEY_LENGTH,
      'is too short to be a key: a part of it may be missing',
    ),
  ),
  api_url: z._default(apiUrl, DEFAULT_API_URL),
  timeout: timeout('60s'),
};

/** The input for the timeout of a step, `preset` by default. Parses to milliseconds. */
export function timeout(preset: string) {
  return z._default(duration({ min: '1s', max: '24h' }), toMs(preset));
}

export interface Connection {
  managementKey: string;
  /** Without a trailing slash. */
  apiUrl: string;
  timeoutMs: number;
}

/** The connection in the values of `connection`. */
export function toConnection({
  management_key: managementKey,
  api_url: apiUrl,
  timeout: timeoutMs,
}: z.infer<z.ZodMiniObject<typeof connection>>): Connection {
  return { managementKey, apiUrl, timeoutMs };
}

/** The likely causes of an empty key, by event. The log has no trace of the actual cause. */
function missingKey(env: NodeJS.ProcessEnv): string {
  if (env['GITHUB_ACTOR'] === 'dependabot[bot]') {
    return "is empty: Dependabot started this run, so it has Dependabot's secrets and not those of Actions. Store the key as a Dependabot secret too, or skip this step";
  }
  const causes =
    'the secret that the workflow names does not exist in the repository, the organization or the environment of the job, or was not passed to a reusable workflow';
  const event = env['GITHUB_EVENT_NAME'];
  return event?.startsWith('pull_request') && event !== 'pull_request_target'
    ? `is empty: on ${event}, runs for forks get no secrets. If this is not a fork, ${causes}`
    : `is empty: ${causes}`;
}

function toApiUrl(text: string, context: z.core.ParsePayload): string {
  const url = toUrl(text);
  if (!url?.hostname) return reject(context, text, `must be a URL such as ${DEFAULT_API_URL}`);
  if (!isConfidential(url)) {
    return reject(context, text, 'must begin with https, because a secret is sent there');
  }
  if (url.username || url.password)
    return reject(context, text, 'must not contain a user or password');
  if (/[?#]/.test(text)) return reject(context, text, 'must not contain ? or #');
  // Only the first slash of each row begins a match, or the time would grow with their square.
  return url.href.replace(/(?<!\/)\/+$/, '');
}

/** Whether no one can read what is sent to `url`. */
export function isConfidential({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/**
 * Whether the host of a parsed URL is this machine. The rule is that of `@actions/http-client`, which
 * bypasses every proxy for loopback hosts.
 */
export function isLoopback(hostname: string): boolean {
  const isAddress = isIPv4(hostname) && hostname.startsWith('127.');
  return isAddress || hostname === 'localhost' || hostname === '[::1]';
}

/**
 * Checks the environment variable that names the proxy for HTTPS. `@actions/http-client` silently
 * ignores a malformed one (it reads `proxy:3128` as a URL with the scheme `proxy:`). The key would
 * then be sent without the proxy that someone requires.
 */
export function proxyProblems(env: NodeJS.ProcessEnv): InvalidInput[] {
  const { name, value } = proxyVariable(env);
  if (!value || isProxyUrl(value)) return [];
  const message =
    'must be the URL of an http or https proxy, such as http://proxy.example:3128; write % in its user or password as %25';
  return [{ input: `${name} (environment variable)`, message }];
}

/** The password for the proxy, as it is written and with its percent-encoding decoded. */
function proxyPasswords(env: NodeJS.ProcessEnv): string[] {
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
  return [url.username, url.password].every((part) => decode(part) !== undefined);
}

export function toUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The secrets in this step's environment, each as every text in which it may appear. */
interface Secrets {
  managementKey: string[];
  gitHubToken: string[];
  seal: string[];
  proxyPassword: string[];
}

/** Masking a shorter password would hide half of the log. */
const MIN_PASSWORD_LENGTH = 4;

/**
 * Reads the secrets in this step's environment. The key, the token and the seal are returned whole, trimmed, and
 * line by line, because masking matches exact text. A text that is too short to be a key is left out:
 * masking `short` would hide that word in the message about it.
 */
export function readSecrets(): Secrets {
  const textsOf = (input: string) => {
    const secret = getInput(input);
    return textsFrom([secret, ...secret.split(/[\r\n]+/)], MIN_KEY_LENGTH);
  };
  return {
    managementKey: textsOf('management-key'),
    gitHubToken: textsOf('github-token'),
    seal: textsOf('seal'),
    proxyPassword: textsFrom(proxyPasswords(process.env), MIN_PASSWORD_LENGTH),
  };
}

/** The distinct texts of `minLength` characters or more. */
function textsFrom(texts: readonly string[], minLength: number): string[] {
  const trimmed = texts.map((text) => text.trim());
  return [...new Set(trimmed.filter((text) => text.length >= minLength))];
}
