import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type AttemptFailure, isRead } from './api-error.ts';
import type { ApiRequest, Outcome } from './api-request.ts';
import type { Attempt } from './attempts.ts';
import { attemptTimeout } from './backoff.ts';
import type { EffectRecord } from './effect.ts';
import type { HttpResponse, Transport } from './http.ts';
import { parseHttpDate } from './http-date.ts';
import { parseResponse, type ResponseFailure } from './parse-response.ts';
import type { Throttle } from './throttle.ts';
import { TransportError } from './transport.ts';

export interface SendOptions {
  /** Without a trailing slash. */
  apiUrl: string;
  managementKey: string;
  transport: Transport;
  clock: Clock;
  /** When the step's timeout expires, by `clock`. */
  deadline: number;
  /**
   * When an attempt in flight is aborted, by `clock`. Without it, only `signal` and the timeout of
   * one attempt do that.
   */
  hardDeadline?: number;
  /** Aborts the requests in flight. The reason is an `Error`. */
  signal: AbortSignal;
  log: Log;
  effect: EffectRecord;
  /** Starts an attempt with a timeout in milliseconds. */
  startAttempt(ms: number): Attempt;
}

/** Sends `request` once, as soon as `throttle` permits, and returns the outcome. */
export function sendOnce<Data>(
  request: ApiRequest<Data>,
  throttle: Throttle,
  options: SendOptions,
): Promise<Outcome<Data>> {
  const send = () => attemptOnce(request, throttle, options);
  return isRead(request) ? send() : options.effect.ofWrite(send);
}

async function attemptOnce<Data>(
  request: ApiRequest<Data>,
  throttle: Throttle,
  options: SendOptions,
): Promise<Outcome<Data>> {
  const { clock, deadline, hardDeadline } = options;
  const unsendable = (reason: string) => fail(request, { kind: 'unsendable', reason });
  if (hardDeadline !== undefined && hardDeadline <= clock.now()) {
    return unsendable('the timeout expired before it was sent');
  }
  const stopReason = await throttle.waitUntilResumed(deadline);
  if (stopReason !== undefined) return unsendable(stopReason);

  const start = clock.now();
  const result = await sendAndReceive(request, options);
  if (result instanceof TransportError) {
    return fail(request, classifyTransportError(result, options, clock.now() - start));
  }
  const headersAt = clock.now() - (result.bodyMs ?? 0);
  const parsed = parseResponse(request, result);
  if ('kind' in parsed) return fail(request, parsed);
  const serverTime = parseHttpDate(result.headers['date']);
  const size = result.body.length;
  return { kind: 'applied', response: { data: parsed.data, serverTime, size, headersAt } };
}

/** Returns the complete HTTP response to `request`, or the error if none arrives. */
async function sendAndReceive(
  request: ApiRequest<unknown>,
  options: SendOptions,
): Promise<HttpResponse | TransportError> {
  const { apiUrl, transport, clock, log } = options;
  const { method, path } = request;
  const start = clock.now();
  const attempt = options.startAttempt(timeoutOf(options));
  const logOutcome = (outcome: string | number) =>
    log.debug(
      `${method} ${apiUrl}${path}: ${outcome}, after ${Math.round(clock.now() - start)} ms`,
    );
  try {
    const response = await transport(toHttpRequest(request, options), attempt.signal);
    request.onBody?.(response.body);
    logOutcome(response.status);
    return response;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    logOutcome(error.message);
    return error;
  } finally {
    attempt.end();
  }
}

/** The timeout of an attempt that starts now, in milliseconds. */
function timeoutOf({
  clock,
  deadline,
  hardDeadline = Number.POSITIVE_INFINITY,
}: SendOptions): number {
  const now = clock.now();
  return Math.min(attemptTimeout(deadline - now), Math.max(0, hardDeadline - now));
}

function toHttpRequest(
  { method, path, body }: ApiRequest<unknown>,
  { apiUrl, managementKey }: SendOptions,
) {
  return {
    method,
    url: apiUrl + path,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${managementKey}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  };
}

function classifyTransportError(
  { isSent, kind, message: reason }: TransportError,
  { apiUrl, signal, clock, deadline }: SendOptions,
  elapsedMs: number,
): ResponseFailure {
  const { host } = new URL(apiUrl);
  if (!signal.aborted) return { kind, reason, noResponse: { host, elapsedMs } };
  // The step itself aborted the request, which implies nothing about the network.
  return isSent
    ? { kind: 'aborted', reason }
    : {
        kind: 'unsendable',
        reason,
        // After a cancellation, advice about the network would mislead.
        ...(clock.now() >= deadline && { noResponse: { host, elapsedMs } }),
      };
}

function fail(
  request: ApiRequest<unknown>,
  failure: ResponseFailure,
): { kind: AttemptFailure['kind']; failure: AttemptFailure } {
  const { operation, method, path, mayLeaveBehind, recovery, hint, readOnly } = request;
  const facts = { operation, method, path, mayLeaveBehind, recovery, hint, readOnly };
  return { kind: failure.kind, failure: { ...facts, ...failure } };
}
