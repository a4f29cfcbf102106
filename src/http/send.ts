import type { Clock } from '../lib/clock.ts';
import { formatSeconds } from '../lib/format.ts';
import type { Log } from '../lib/log.ts';
import { type Credential, type Grant, isGrant } from './credential.ts';
import type { EffectRecord } from './effect.ts';
import {
  type ApiRequest,
  type CredentialFailure,
  formatAttempt,
  isRead,
  type Outcome,
} from './request.ts';
import { parseHttpDate, parseResponse, type ResponseFailure } from './response.ts';
import { attemptTimeout } from './retry-policy.ts';
import type { Server } from './server.ts';
import { type HttpResponse, type Transport, TransportError } from './transport.ts';

export interface SendOptions {
  server: Server;
  transport: Transport;
  clock: Clock;
  /** When the step's timeout expires, by `clock`. */
  deadline: number;
  /**
   * When an attempt in flight is aborted, by `clock`. Without it, only `signal` and the timeout of
   * one attempt do that.
   */
  abortAt?: number;
  /** How long an attempt may take, in milliseconds; a quarter of the time that is left at most. */
  shortMs?: number;
  /** Aborts the requests in flight. The reason is an `Error`. */
  signal: AbortSignal;
  log: Log;
  effect: EffectRecord;
}

/**
 * Sends `request` once, and returns the outcome. Sends it once more after HTTP 401 if its grant can be
 * renewed: the server did not apply it. A new grant that is rejected too is the last one.
 */
export function sendOnce<Data>(
  request: ApiRequest<Data>,
  options: SendOptions,
): Promise<Outcome<Data>> {
  const { credential } = options.server;
  const send = () =>
    credential
      ? attemptWithGrant(request, { ...options, credential })
      : attemptOnce(request, options);
  return isRead(request) ? send() : options.effect.ofWrite(send);
}

type GrantOptions = SendOptions & { credential: Credential };

async function attemptWithGrant<Data>(
  request: ApiRequest<Data>,
  options: GrantOptions,
): Promise<Outcome<Data>> {
  const { credential, server } = options;
  for (let isRepeated = false; ; isRepeated = true) {
    const grant = await waitForGrant(options);
    if (!grant) return prevented(request, TOO_LATE, options);
    if (!isGrant(grant)) {
      const reason = `no access token: ${formatAttempt(grant)}`;
      return fail(request, { kind: 'prevented', reason, credentialFailure: grant }, options);
    }
    const { authorization } = grant;
    const headers = { ...server.headers, authorization };
    const outcome = await attemptOnce(request, { ...options, server: { ...server, headers } });
    const isRejected = outcome.kind !== 'succeeded' && outcome.failure.status === 401;
    if (!isRejected || !credential.reject(grant, { isRepeated })) return outcome;
    options.log.info(`${formatAttempt(outcome.failure)}. Trying again with a new token.`);
  }
}

/** The grant for a request, or why there is none. Undefined if the request would be too late. */
function waitForGrant({
  credential,
  abortAt,
  clock,
}: GrantOptions): Promise<Grant | CredentialFailure | undefined> {
  const grant = credential.grant();
  if (abortAt === undefined) return grant;
  return new Promise((resolve, reject) => {
    const cancel = clock.after(abortAt - clock.now(), () => resolve(undefined));
    grant.then(resolve, reject).finally(cancel);
  });
}

/** What limits the time of a request. */
export function limitOf(abortAt: number | undefined): string {
  return abortAt === undefined ? 'the timeout' : 'its share of the timeout';
}

const TOO_LATE = 'its share of the timeout was over before it was sent';

async function attemptOnce<Data>(
  request: ApiRequest<Data>,
  options: SendOptions,
): Promise<Outcome<Data>> {
  const { clock, abortAt } = options;
  if (abortAt !== undefined && abortAt <= clock.now()) {
    return prevented(request, TOO_LATE, options);
  }
  const start = clock.now();
  const result = await sendAndReceive(request, options);
  if (result instanceof TransportError) {
    return fail(request, classifyTransportError(result, options, clock.now() - start), options);
  }
  const headersAt = clock.now() - (result.bodyMs ?? 0);
  const parsed = parseResponse(request, result, options.server);
  if ('kind' in parsed) return fail(request, parsed, options);
  const { status, body } = result;
  const serverTime = parseHttpDate(result.headers['date']);
  const response = { data: parsed.data, status, serverTime, size: body.length, headersAt };
  return { kind: 'succeeded', response };
}

/** Returns the complete HTTP response to `request`, or the error if none arrives. */
async function sendAndReceive(
  request: ApiRequest<unknown>,
  options: SendOptions,
): Promise<HttpResponse | TransportError> {
  const { server, transport, clock, log } = options;
  const { method, path } = request;
  const start = clock.now();
  const attempt = startAttempt(timeoutOf(options), options);
  const logOutcome = (outcome: string | number) =>
    log.debug(
      `${method} ${server.apiUrl}${path}: ${outcome}, after ${Math.round(clock.now() - start)} ms`,
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
function timeoutOf(options: SendOptions): number {
  const { clock, deadline, shortMs, abortAt = Number.POSITIVE_INFINITY } = options;
  const now = clock.now();
  const left = deadline - now;
  const own = shortMs === undefined ? attemptTimeout(left) : Math.min(shortMs, left / 4);
  return Math.min(own, Math.max(0, abortAt - now));
}

function toHttpRequest(
  { method, path, body }: ApiRequest<unknown>,
  { server: { apiUrl, headers } }: SendOptions,
) {
  const isForm = body instanceof URLSearchParams;
  return {
    method,
    url: apiUrl + path,
    headers: {
      ...headers,
      ...(body && { 'content-type': isForm ? FORM : 'application/json' }),
    },
    ...(body && { body: isForm ? body.toString() : JSON.stringify(body) }),
  };
}

const FORM = 'application/x-www-form-urlencoded';

function classifyTransportError(
  { isSent, kind, message: reason }: TransportError,
  { server, signal, clock, deadline }: SendOptions,
  elapsedMs: number,
): ResponseFailure {
  const { host } = new URL(server.apiUrl);
  if (!signal.aborted) return { kind, reason, noResponse: { host, elapsedMs } };
  // The step itself aborted the request, which implies nothing about the network.
  return isSent
    ? { kind: 'aborted', reason }
    : {
        kind: 'prevented',
        reason,
        // After a cancellation, advice about the network would mislead.
        ...(clock.now() >= deadline && { noResponse: { host, elapsedMs } }),
      };
}

/** The outcome of a request that was not sent, for `reason`. */
export function prevented(
  request: ApiRequest<unknown>,
  reason: string,
  options: Pick<SendOptions, 'server'>,
): FailedOutcome {
  return fail(request, { kind: 'prevented', reason }, options);
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
  /** Has to be called once the attempt has ended. */
  end(): void;
}

/** Starts an attempt with a timeout of `ms` milliseconds. */
export function startAttempt(
  ms: number,
  { clock, signal }: Pick<SendOptions, 'clock' | 'signal'>,
): Attempt {
  const attempt = new AbortController();
  // Not with `AbortSignal.any`, which leaks in Node.js.
  const onAbort = () => attempt.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  const cancel = clock.after(ms, () =>
    attempt.abort(new Error(`no complete response within ${formatSeconds(ms)}`)),
  );
  return {
    signal: attempt.signal,
    end() {
      cancel();
      signal.removeEventListener('abort', onAbort);
    },
  };
}
