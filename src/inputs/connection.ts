import { isIPv4 } from 'node:net';
import * as z from 'zod/mini';
import { BEARER_TOKEN, MIN_KEY_LENGTH } from '../openrouter/key-format.ts';
import { duration, toMs } from './duration.ts';
import { readInputs } from './read-inputs.ts';

/** The default of `action.yml`, which also applies if the author leaves the input empty. */
const DEFAULT_API_URL = 'https://openrouter.ai/api/v1';

/** The inputs with which every action connects to OpenRouter. */
export const connection = {
  management_key: z
    .string({ error: () => missingKey(process.env) })
    .check(
      z.regex(BEARER_TOKEN, 'must be the key alone: no whitespace, no quotes, no "Bearer"'),
      z.minLength(MIN_KEY_LENGTH, 'is too short to be a key'),
    ),
  api_url: z._default(z.pipe(z.string(), z.transform(toApiUrl)), DEFAULT_API_URL),
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

/**
 * Reads the only input that a post step uses; everything else comes from the state that the main
 * step saved.
 * @throws {Failure} `invalid-inputs`
 */
export function readManagementKey(): string {
  return readInputs(z.object({ management_key: connection.management_key })).management_key;
}

/** The likely causes of an empty key, by event. The log has no trace of the actual cause. */
function missingKey(env: NodeJS.ProcessEnv): string {
  const [event, actor] = [env['GITHUB_EVENT_NAME'], env['GITHUB_ACTOR']];
  if (actor === 'dependabot[bot]') {
    return "is empty: Dependabot started this run, so it has Dependabot's secrets and not those of Actions. Store the key as a Dependabot secret too, or skip this step";
  }
  const causes =
    'the secret that the workflow names does not exist in the repository, the organization or the environment of the job, or was not passed to a reusable workflow';
  return event?.startsWith('pull_request') && event !== 'pull_request_target'
    ? `is empty: on ${event}, runs for forks get no secrets. If this is not a fork, ${causes}`
    : `is empty: ${causes}`;
}

function reject(context: z.core.ParsePayload, input: string, message: string): never {
  context.issues.push({ code: 'custom', message, input });
  return z.NEVER;
}

function toApiUrl(text: string, context: z.core.ParsePayload): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname) return reject(context, text, `must be a URL such as ${DEFAULT_API_URL}`);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return reject(context, text, 'must begin with https, because the key is sent there');
  }
  if (url.username || url.password)
    return reject(context, text, 'must not contain a user or password');
  if (/[?#]/.test(text)) return reject(context, text, 'must not contain ? or #');
  // Only the first slash of each row begins a match, or the time would grow with their square.
  return url.href.replace(/(?<!\/)\/+$/, '');
}

/**
 * Whether the host of a parsed URL is this machine. The rule is that of `@actions/http-client`, which
 * bypasses every proxy for loopback hosts.
 */
export function isLoopback(hostname: string): boolean {
  const isAddress = isIPv4(hostname) && hostname.startsWith('127.');
  return isAddress || hostname === 'localhost' || hostname === '[::1]';
}
