import { isCancelled } from '../lib/cancellation.ts';
import { catching } from '../lib/catching.ts';
import type { Clock } from '../lib/clock.ts';
import { formatSeconds } from '../lib/format.ts';
import { toJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { EffectRecord } from './effect.ts';
import {
  type ApiRequest,
  creates,
  formatCall,
  type Outcome,
  type RequestFacts,
} from './request.ts';
import { parseHttpDate, parseResponse, type ResponseFailure } from './response.ts';
import { attemptTimeout } from './retry-policy.ts';
import type { Server } from './server.ts';
import { type Transport, TransportError } from './transport.ts';

export interface SendOptions {
  server: Server;
  transport: Transport;
  clock: Clock;
  /** When the request has to end, by `clock`. */
  deadline: number;
  /** Whether that is before the timeout of the step, which aborts what is in flight by `signal`. */
  isBeforeTimeout: boolean;
  /** Aborts the requests in flight; after a cancellation, see `POST_GRACE_MS`. The reason is an `Error`. */
  signal: AbortSignal;
  log: Log;
  effect: EffectRecord;
}

/** Sends `request` once, and returns the outcome. */
export function sendOnce<Data>(
  request: ApiRequest<Data>,
  options: SendOptions,
): Promise<Outcome<Data>> {
  return options.effect.watch(request, () => exchange(request, options));
}

/** Sends one HTTP request. Returns what its response means, or the error if no complete one arrives. */
async function exchange<Data>(
  request: ApiRequest<Data>,
  options: SendOptions,
): Promise<Outcome<Data>> {
  const { server, transport, clock, log, isBeforeTimeout, deadline, signal } = options;
  const start = clock.now();
  if (isBeforeTimeout && deadline <= start) {
    return prevented(request, 'its time was over before it was sent', options);
  }
  const attempt = startAttempt(timeoutOf(options), request, options);
  const { value: response, error } = await catching(
    transport(
      { ...toHttpRequest(request, options), onSent: attempt.onSent },
      attempt.signal,
    ).finally(attempt.end),
    TransportError,
  );
  if (response) request.onBody?.(response.body);
  const elapsedMs = clock.now() - start;
  const result = error ? error.message : `HTTP ${response.status}`;
  log.request(`${formatCall(request)}: ${result}, after ${Math.round(elapsedMs)} ms`);
  if (error) {
    const isStopped = signal.aborted && attempt.signal.reason === signal.reason;
    const failure = classifyTransportError(error, { ...options, isStopped }, elapsedMs);
    return fail(request, failure, options);
  }
  const headersAt = clock.now() - (response.bodyMs ?? 0);
  const parsed = parseResponse(request, response, server);
  if ('kind' in parsed) return fail(request, parsed, options);
  const { status, body } = response;
  const serverTime = parseHttpDate(response.headers['date']);
  const link = response.headers['link']?.toString();
  const { data } = parsed;
  return {
    kind: 'succeeded',
    response: { data, status, serverTime, size: body.length, headersAt, link },
  };
}

/** The timeout of an attempt that starts now, in milliseconds. */
function timeoutOf({ clock, deadline, isBeforeTimeout }: SendOptions): number {
  const left = deadline - clock.now();
  return isBeforeTimeout ? Math.min(attemptTimeout(left), left) : attemptTimeout(left);
}

function toHttpRequest(
  { method, path, url, body, maxBytes }: ApiRequest<unknown>,
  { server: { apiUrl, headers } }: SendOptions,
) {
  return {
    method,
    url: url?.(apiUrl) ?? apiUrl + path,
    headers: {
      ...headers,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: toJson(body) }),
    ...(maxBytes && { maxBytes }),
  };
}

function classifyTransportError(
  { isSent, kind, message: reason }: TransportError,
  { server, signal, clock, deadline, isStopped }: SendOptions & { isStopped: boolean },
  elapsedMs: number,
): ResponseFailure {
  const { host } = new URL(server.apiUrl);
  if (!isStopped) return { kind, reason, noResponse: { host, elapsedMs } };
  // The step itself aborted the request, which implies nothing about the network.
  const facts = { reason, isCancelled: isCancelled(signal) };
  return isSent
    ? { kind: 'aborted', ...facts }
    : {
        kind: 'prevented',
        ...facts,
        // After a cancellation, advice about the network would mislead.
        ...(clock.now() >= deadline && { noResponse: { host, elapsedMs } }),
      };
}

/** The outcome of a request that was not sent, for `reason`. */
export function prevented(
  request: ApiRequest<unknown>,
  reason: string,
  options: Pick<SendOptions, 'server' | 'signal'>,
): FailedOutcome {
  const facts = { reason, isCancelled: isCancelled(options.signal) };
  return fail(request, { kind: 'prevented', ...facts }, options);
}

type FailedOutcome = Exclude<Outcome<never>, { kind: 'succeeded' }>;

function fail(
  request: ApiRequest<unknown>,
  failure: ResponseFailure,
  { server }: Pick<SendOptions, 'server'>,
): FailedOutcome {
  const { operation, method, path, mayLeaveBehind, recovery, hint, readOnly } = request;
  const facts = { operation, method, path, mayLeaveBehind, recovery, hint, readOnly };
  return { kind: failure.kind, failure: { server: server.name, ...facts, ...failure } };
}

/** One attempt at a request. */
export interface Attempt {
  /** Aborts when the attempt's timeout expires or the step's signal aborts. The reason is an `Error`. */
  signal: AbortSignal;
  /** Has to be called when the server may receive the request. */
  onSent(): void;
  /** Has to be called once the attempt has ended. */
  end(): void;
}

/**
 * How long a request that creates something, and was sent, goes on after a cancellation, in milliseconds: its
 * response is worth more than any later lookup. GitHub's runner kills the process 10 s after the cancellation, and
 * sends SIGTERM after 7.5 s (`ProcessInvoker.cs` of actions/runner).
 */
export const POST_GRACE_MS = 6_000;

/** Starts an attempt at `request` with a timeout of `ms` milliseconds. */
export function startAttempt(
  ms: number,
  request: Pick<RequestFacts, 'method' | 'readOnly'>,
  { clock, signal, deadline }: Pick<SendOptions, 'clock' | 'signal' | 'deadline'>,
): Attempt {
  const attempt = new AbortController();
  let isSent = false;
  let cancelTimer = clock.after(ms, () =>
    attempt.abort(new Error(`no complete response within ${formatSeconds(ms)}`)),
  );
  const stop = () => attempt.abort(signal.reason);
  const onAbort = () => {
    if (!isSent || !isCancelled(signal) || !creates(request)) return stop();
    cancelTimer();
    cancelTimer = clock.after(Math.min(POST_GRACE_MS, deadline - clock.now()), stop);
  };
  // Not with `AbortSignal.any`, which leaks in Node.js.
  if (signal.aborted) stop();
  else signal.addEventListener('abort', onAbort);
  return {
    signal: attempt.signal,
    onSent() {
      isSent = true;
    },
    end() {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    },
  };
}
