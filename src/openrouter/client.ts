import * as z from 'zod/mini';
import { parseJson } from '../json.ts';
import type { Clock } from './clock.ts';
import { type CallFacts, messageIn, OpenRouterError } from './error.ts';
import { ExchangeError, type HttpResponse, type Method, type Transport } from './transport.ts';

/** One call of the API. */
export interface Call<Answer> extends Pick<CallFacts, 'doing' | 'leaves'> {
  method: Method;
  /** Below the base URL, beginning with a slash. */
  path: string;
  /** Sent as JSON. */
  body?: object;
  /** The shape that a successful answer must have. */
  answer: z.ZodMiniType<Answer>;
}

export interface Client {
  /** @throws {OpenRouterError} for anything but a successful answer of the shape asked for. */
  request<Answer>(call: Call<Answer>): Promise<Answer>;
}

export interface ClientOptions {
  /** Without a slash at its end. */
  apiUrl: string;
  managementKey: string;
  transport: Transport;
  clock: Clock;
  /** Ends whatever is under way, for the reason that it carries. */
  signal: AbortSignal;
  /** One line per exchange. */
  debug(line: string): void;
}

/** How long one attempt may take from its start to the last byte of the answer, in milliseconds. */
export const ATTEMPT_MS = 30_000;

/** The management API at `apiUrl`, with authentication, deadlines and one kind of error. */
export function openRouter(options: ClientOptions): Client {
  return {
    async request(call) {
      const response = await exchange(options, call);
      return usable(call, response);
    },
  };
}

async function exchange(options: ClientOptions, call: Call<unknown>): Promise<HttpResponse> {
  const { apiUrl, managementKey, transport, clock, debug } = options;
  const { method, path, body } = call;
  const attempt = new AbortController();
  const start = clock.now();
  const note = (outcome: string | number) =>
    debug(`${method} ${apiUrl}${path}: ${outcome}, after ${Math.round(clock.now() - start)} ms`);
  const release = clock.after(ATTEMPT_MS, () =>
    attempt.abort(new Error(`there was no whole answer within ${ATTEMPT_MS / 1000} s`)),
  );
  try {
    const response = await transport(
      {
        method,
        url: apiUrl + path,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${managementKey}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      },
      AbortSignal.any([options.signal, attempt.signal]),
    );
    note(response.status);
    return response;
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    note(error.message);
    throw failed(call, { reason: error.message, mayHaveLanded: error.sent }, error);
  } finally {
    release();
  }
}

/** The answer to `call` in `response`, or the error that it is. */
function usable<Answer>(call: Call<Answer>, response: HttpResponse): Answer {
  const { status, headers, body } = response;
  const ray = headers['cf-ray'];
  const received = { status, ...(typeof ray === 'string' && { cfRay: ray }) };

  if (status >= 300 && status < 400) {
    const reason = `the answer was a redirect (${status}) to ${headers['location'] ?? 'nowhere'}, which is not followed because the key must not travel`;
    throw failed(call, { ...received, reason, mayHaveLanded: true });
  }
  if (status < 200 || status >= 400) {
    const serverMessage = messageIn(body);
    const said = serverMessage === undefined ? {} : { serverMessage };
    const reason = `the answer was ${status}`;
    throw failed(call, { ...received, ...said, reason, mayHaveLanded: !isRefusal(status) });
  }
  const answer = z.safeParse(call.answer, parseJson(body));
  if (!answer.success) {
    const reason = `the answer was ${status}, but ${shortcoming(body, answer.error)}`;
    throw failed(call, { ...received, reason, mayHaveLanded: true });
  }
  return answer.data;
}

type Outcome = Omit<CallFacts, 'doing' | 'leaves' | 'method' | 'path' | 'attempts'>;

function failed(call: Call<unknown>, outcome: Outcome, cause?: Error): OpenRouterError {
  const { doing, leaves, method, path } = call;
  const what = { doing, method, path, ...(leaves !== undefined && { leaves }) };
  return new OpenRouterError({ ...what, attempts: 1, ...outcome }, { cause });
}

/** Statuses below 500, some of them of proxies, that say nothing of whether the request was carried out. */
const UNDECIDED = new Set([408, 425, 499]);

/** Whether a server that answers `status` has certainly not done what it was asked. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && !UNDECIDED.has(status);
}

function shortcoming(body: string, error: z.core.$ZodError): string {
  if (body.trim() === '') return 'it was empty';
  if (parseJson(body) === undefined) return 'it was not JSON';
  const missing = error.issues.map((issue) => issue.path.join('.') || 'an object');
  return `it lacked ${missing.join(', ')}`;
}
