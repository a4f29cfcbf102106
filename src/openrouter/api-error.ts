import { tellSeconds } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';
import type { Verdict } from './retry-policy.ts';
import type { Method } from './transport.ts';

/** What is known of a call that did not bring what it was for. */
export interface CallFacts extends Verdict {
  /** What the call was for: `create the workspace preview-42`. */
  doing: string;
  method: Method;
  /** Below the API's base URL: `/workspaces`. */
  path: string;
  /** What happened, as the rest of a sentence that begins with the call. */
  reason: string;
  /** The host of a request that got no response, with any port of its own, and how long that took. */
  noResponse?: { host: string; elapsedMs: number };
  /** What happened then, such as why it was not tried again: a line each. */
  notes?: readonly string[];
  /** HTTP status of the answer, where there was one. */
  status?: number;
  /** What the server said of the error, in its own words. */
  serverMessage?: string;
  /** Cloudflare's id of the request, the only one that OpenRouter's answers carry. */
  cfRay?: string;
  /** How long the server asks to wait, in milliseconds. */
  retryAfter?: number;
  /** How often it was tried, this time included. */
  attempts: number;
  /** Whether an attempt before this one may have landed, of a call that can be repeated. */
  earlierMayHaveLanded?: boolean;
  /** Whether an attempt was throttled, which is the server's word that it was not applied. */
  pleaded?: boolean;
  /** What is there if the server has done it nevertheless. */
  leaves?: string;
  /** How to run it again safely if the server has: a sentence. */
  recovery?: string;
  /** What 402, 403 or 404 most likely means of this call. */
  hint?: string;
  /** What the step has left, where the call was one of several; in lines of its own. */
  left?: readonly string[];
}

/** The one error of the client. */
export class OpenRouterError extends Error {
  override readonly name = 'OpenRouterError';
  readonly facts: CallFacts;

  constructor(facts: CallFacts, options?: ErrorOptions) {
    super(`could not ${facts.doing}: ${linesOf(facts).join('; ')}`, options);
    this.facts = facts;
  }

  /** The same error, told with `more` facts. */
  with(more: Partial<CallFacts>): OpenRouterError {
    return new OpenRouterError({ ...this.facts, ...more }, { cause: this.cause });
  }

  /** The same error, with `lines` on what happened then. */
  withNotes(...lines: readonly string[]): OpenRouterError {
    return this.with({ notes: [...(this.facts.notes ?? []), ...lines] });
  }
}

/**
 * `POST /workspaces: the answer was 502: Bad gateway`, or
 * `POST /workspaces at openrouter.ai, after 0.1 s: the connection was refused (ECONNREFUSED)`
 */
export function whatHappened(facts: CallFacts): string {
  const { method, path, noResponse, reason, serverMessage } = facts;
  const where = noResponse
    ? ` at ${noResponse.host}, after ${tellSeconds(noResponse.elapsedMs)}`
    : '';
  return `${method} ${path}${where}: ${reason}${serverMessage ? `: ${serverMessage}` : ''}`;
}

/** What happened, and what happened then: a line for each fact. */
export function linesOf(facts: CallFacts): string[] {
  return [whatHappened(facts), ...(facts.notes ?? [])];
}

/** Enough of an error page for any message in it, and few enough to be taken apart at once. */
const MAX_ERROR_TEXT = 16 * 1024;

/**
 * The message in the body of an error: `error.message`, else `message`, else the text itself
 * without its HTML. Undefined where the body is empty.
 *
 * OpenRouter documents the first shape (https://openrouter.ai/docs/api/reference/errors); the flat
 * one has been seen, and Cloudflare in front of it answers in HTML.
 */
export function messageIn(body: string): string | undefined {
  const json = parseJson(body);
  if (json === undefined) return textOfHtml(body.slice(0, MAX_ERROR_TEXT)) || undefined;
  return textAt(json, 'error', 'message') ?? textAt(json, 'message') ?? textAt(json, 'error');
}

function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
  return typeof found === 'string' && found !== '' ? found : undefined;
}

// For reading only, on text that is escaped wherever it is shown: no parser is worth its bytes here.
function textOfHtml(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
