import { isIPv4 } from 'node:net';
import { getInput } from '@actions/core';
import * as z from 'zod/mini';
import type { IdTokenIssuer } from '../github/id-token.ts';
import { BEARER_TOKEN, MIN_KEY_LENGTH } from '../http/token.ts';
import { reject } from '../lib/schema.ts';
import { uuid } from '../openrouter/resources/workspaces.ts';
import type { Federation } from '../shared/federation.ts';
import type { InvalidInput } from './failures.ts';
import { duration, toMs } from './fields.ts';

/** The default of `action.yml`, which also applies if the author leaves the input empty. */
const DEFAULT_API_URL = 'https://openrouter.ai/api/v1';

/** The base URL of the API. It becomes one without a trailing slash. */
export const apiUrl = z.pipe(z.string(), z.transform(toApiUrl));

/** The inputs with which every action connects to OpenRouter. */
export const connection = {
  management_key: z.string().check(
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

/** The inputs that authenticate a step. `credentialProblems` checks them against each other. */
export const credentials = {
  management_key: z.optional(connection.management_key),
  federation_policy_id: z.optional(uuid('must be the id of a federation policy, a UUID')),
  federation_audience: z._default(z.string(), 'https://openrouter.ai'),
};

export interface Connection {
  /** What authenticates the step. */
  credential: { managementKey: string } | { federation: Federation };
  /** Without a trailing slash. */
  apiUrl: string;
  timeoutMs: number;
}

/** The connection in `values`, which have passed `credentialProblems`. */
export function toConnection({
  api_url: apiUrl,
  timeout: timeoutMs,
  ...values
}: Parameters<typeof toCredential>[0] & { api_url: string; timeout: number }): Connection {
  return { credential: toCredential(values), apiUrl, timeoutMs };
}

/** What authenticates the step, by `values` that have passed `credentialProblems`. */
export function toCredential({
  management_key: managementKey = '',
  federation_policy_id: policyId,
  federation_audience: audience,
}: z.infer<z.ZodMiniObject<typeof credentials>>): Connection['credential'] {
  if (policyId === undefined) return { managementKey };
  return { federation: { policyId, audience, issuer: readIssuer(process.env) } };
}

/** What issues the id tokens of this job. Both values are empty without `id-token: write`. */
export function readIssuer(env: NodeJS.ProcessEnv): IdTokenIssuer {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: token = '' } =
    env;
  return { url, token };
}

/** Whether this job can get id tokens. */
export function hasIdTokens(env: NodeJS.ProcessEnv): boolean {
  const { url, token } = readIssuer(env);
  return url !== '' && token !== '';
}

/**
 * Checks that a step has one credential, and can use it.
 * @param provided the names of the inputs that the author wrote, with underscores for hyphens
 */
export function credentialProblems(
  provided: ReadonlySet<string>,
  env: NodeJS.ProcessEnv,
): InvalidInput[] {
  const [key, policy] = [provided.has('management_key'), provided.has('federation_policy_id')];
  if (key === policy) {
    const message = key
      ? 'must not be used with federation-policy-id'
      : `is required, and ${missingKey(env)}. federation-policy-id is empty too: if the workflow sets it from a variable, that does not exist there`;
    return [{ input: 'management-key', message }];
  }
  if (key) return [];
  if (!hasIdTokens(env)) {
    return [{ input: 'federation-policy-id', message: missingPermission(env) }];
  }
  const url = toUrl(readIssuer(env).url);
  if (url && isConfidential(url)) return [];
  const message = 'must be a URL that begins with https, because a token is sent there';
  return [{ input: 'ACTIONS_ID_TOKEN_REQUEST_URL (environment variable)', message }];
}

/** The likely causes of a job without id tokens, by event. */
function missingPermission(env: NodeJS.ProcessEnv): string {
  const fix = 'needs the permission id-token: write, which this job does not have';
  return isForkEvent(env)
    ? `${fix}: on ${env['GITHUB_EVENT_NAME']}, runs for forks never have it. If this is not a fork, add it to the permissions of the job`
    : `${fix}: add it to the permissions of the job, and of the job that calls a reusable workflow`;
}

/** Whether a run for this event has no secrets, and no permission to write, if it is for a fork. */
function isForkEvent({ GITHUB_EVENT_NAME: event }: NodeJS.ProcessEnv): boolean {
  return event?.startsWith('pull_request') === true && event !== 'pull_request_target';
}

/** The likely causes of an empty key, by event. The log has no trace of the actual cause. */
function missingKey(env: NodeJS.ProcessEnv): string {
  if (env['GITHUB_ACTOR'] === 'dependabot[bot]') {
    return "is empty: Dependabot started this run, so it has Dependabot's secrets and not those of Actions. Store the key as a Dependabot secret too, or skip this step";
  }
  const causes =
    'the secret that the workflow names does not exist in the repository, the organization or the environment of the job, or was not passed to a reusable workflow';
  return isForkEvent(env)
    ? `is empty: on ${env['GITHUB_EVENT_NAME']}, runs for forks get no secrets. If this is not a fork, ${causes}`
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
  idTokenRequest: string[];
  proxyPassword: string[];
}

/** Masking a shorter password would hide half of the log. */
const MIN_PASSWORD_LENGTH = 4;

/**
 * Reads the secrets in this step's environment. The key and the token are returned whole, trimmed, and
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
    idTokenRequest: textsFrom([readIssuer(process.env).token], MIN_KEY_LENGTH),
    proxyPassword: textsFrom(proxyPasswords(process.env), MIN_PASSWORD_LENGTH),
  };
}

/** The distinct texts of `minLength` characters or more. */
function textsFrom(texts: readonly string[], minLength: number): string[] {
  const trimmed = texts.map((text) => text.trim());
  return [...new Set(trimmed.filter((text) => text.length >= minLength))];
}
