import * as z from 'zod/mini';
import { type Clock, sleep, tellSeconds } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { type CallFacts, messageIn, OpenRouterError, whatHappened } from './api-error.ts';
import {
  attemptTime,
  backoff,
  NOT_SENT,
  retryAfter,
  UNKNOWN,
  UNKNOWN_FOR_GOOD,
  verdictOn,
} from './retry-policy.ts';
import { type Gate, openGate } from './throttle.ts';
import { ExchangeError, type HttpResponse, type Method, type Transport } from './transport.ts';

/** One call of the API. */
export interface Call<Answer> extends Pick<CallFacts, 'doing' | 'leaves' | 'hint'> {
  method: Method;
  /** Below the base URL, beginning with a slash. */
  path: string;
  /** Sent as JSON. */
  body?: object;
  /** The shape that a successful answer must have. */
  answer: z.ZodMiniType<Answer>;
  /** What 404 stands for, where it is an answer. */
  absent?: Answer;
  /** Which attempt at it this is, from 1. */
  attempt?: number;
  /** Told of the body of each answer before anything else is: something in it may be secret. */
  received?(body: string): void;
}

/** A successful answer, and when it was given. */
export interface Answered<Answer> {
  answer: Answer;
  /** The server's own time of its answer, in milliseconds since 1970, to the second. */
  serverTime: number | undefined;
  /** When its headers came, in milliseconds by the client's clock: when, or soon after, `Date` was. */
  heardAt: number;
}

/** The API, as long as the step has time for it. */
export interface Client {
  /**
   * Makes `call` until it succeeds, while another time may help and time is left; but never
   * a POST again that may have landed.
   * @throws {OpenRouterError}
   */
  request<Answer>(call: Call<Answer>): Promise<Answered<Answer>>;
  /**
   * Waits until the call that failed with `error` may be made again, and says so in the log.
   * @throws {OpenRouterError} `error`, where there is no time for that.
   */
  untilNextAttempt(error: OpenRouterError): Promise<void>;
  /** The same client, but its calls are given up after `ms` milliseconds at the latest. */
  within(ms: number): Client;
}

interface ClientOptions {
  /** Without a slash at its end. */
  apiUrl: string;
  managementKey: string;
  transport: Transport;
  clock: Clock;
  /** At least 0 and below 1. */
  random(): number;
  /** When time is over, by `clock`. */
  deadline: number;
  /** Ends whatever is under way, for the reason that it carries. */
  signal: AbortSignal;
  log: Log;
}

/** The management API at `apiUrl`: authentication, deadlines, retries, and one kind of error. */
export function openRouter(options: ClientOptions): Client {
  return clientThrough(openGate(options), options);
}

interface Options extends ClientOptions {
  /** When even the last attempt ends, by `clock`, where `signal` does not see to it. */
  cutOff?: number;
}

function clientThrough(gate: Gate, options: Options): Client {
  const { clock, random, deadline, signal, log } = options;

  const client: Client = {
    async request(call) {
      let pleaded = false;
      let earlierMayHaveLanded = false;
      for (let attempt = call.attempt ?? 1; ; attempt += 1) {
        try {
          return await gate.inTurn(() => attemptThrough(gate, options, { ...call, attempt }));
        } catch (error) {
          if (!(error instanceof OpenRouterError)) throw error;
          pleaded ||= isPlea(error.facts);
          const known = error.with({ pleaded, earlierMayHaveLanded });
          earlierMayHaveLanded ||= error.facts.mayHaveLanded;
          if (!canRepeat(known.facts)) throw known;
          await client.untilNextAttempt(known);
        }
      }
    },

    async untilNextAttempt(error) {
      const { attempts, retryAfter: asked = 0 } = error.facts;
      const wait = Math.max(asked, backoff(attempts, random()));
      const seconds = tellSeconds(wait);
      if (clock.now() + wait >= deadline) {
        throw error.withNotes(
          `Attempt ${attempts} was the last: the next one, in ${seconds}, would be past the timeout`,
        );
      }
      log.info(`${whatHappened(error.facts)}. Trying again in ${seconds}.`);
      if (isPlea(error.facts)) gate.close(wait);
      await sleep(clock, wait, signal).catch((stopped: Error) => {
        throw error.withNotes(`Then ${stopped.message}`);
      });
    },

    within(ms) {
      const end = Math.min(deadline, clock.now() + ms);
      return clientThrough(gate, { ...options, deadline: end, cutOff: end });
    },
  };
  return client;
}

async function attemptThrough<Answer>(
  gate: Gate,
  options: Options,
  call: Call<Answer>,
): Promise<Answered<Answer>> {
  const { clock, deadline, cutOff } = options;
  if (cutOff !== undefined && cutOff <= clock.now()) {
    throw failed(call, { reason: 'the time for it was over', ...NOT_SENT, again: false });
  }
  const closed = await gate.open(deadline);
  if (closed !== undefined) throw failed(call, { reason: closed, ...NOT_SENT, again: false });
  try {
    return await attemptOnce(options, call);
  } catch (error) {
    // At once, before another has its turn.
    if (error instanceof OpenRouterError && isPlea(error.facts)) {
      gate.close(error.facts.retryAfter ?? 0);
    }
    throw error;
  }
}

function canRepeat({ method, again, mayHaveLanded }: CallFacts): boolean {
  return again && !(method === 'POST' && mayHaveLanded);
}

/** Whether the server asks for fewer requests; 409 is about one resource, and not about those. */
function isPlea({ status, again, mayHaveLanded }: CallFacts): boolean {
  return (status === 429 || status === 503) && again && !mayHaveLanded;
}

async function attemptOnce<Answer>(
  options: Options,
  call: Call<Answer>,
): Promise<Answered<Answer>> {
  const response = await exchange(options, call);
  const heardAt = options.clock.now() - (response.bodyMs ?? 0);
  const serverTime = Date.parse(String(response.headers['date']));
  return {
    answer: usable(call, response),
    serverTime: Number.isNaN(serverTime) ? undefined : serverTime,
    heardAt,
  };
}

async function exchange(options: Options, call: Call<unknown>): Promise<HttpResponse> {
  const { apiUrl, managementKey, transport, clock, deadline, signal, log } = options;
  const { cutOff = Number.POSITIVE_INFINITY } = options;
  const { method, path, body } = call;
  const attempt = new AbortController();
  const start = clock.now();
  const note = (outcome: string | number) =>
    log.debug(
      `${method} ${apiUrl}${path}: ${outcome}, after ${Math.round(clock.now() - start)} ms`,
    );
  const limit = Math.min(attemptTime(deadline - start), Math.max(0, cutOff - start));
  const release = clock.after(limit, () =>
    attempt.abort(new Error(`there was no whole answer within ${tellSeconds(limit)}`)),
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
      AbortSignal.any([signal, attempt.signal]),
    );
    call.received?.(response.body);
    note(response.status);
    return response;
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    note(error.message);
    throw failed(call, outcomeWithoutResponse(error, options, clock.now() - start), error);
  } finally {
    release();
  }
}

/** What is known of a request that got no response within `elapsedMs`. */
function outcomeWithoutResponse(
  { message, sent, permanent }: ExchangeError,
  { apiUrl, signal }: Pick<Options, 'apiUrl' | 'signal'>,
  elapsedMs: number,
): Outcome {
  // Where the server has the request, the end of the step says nothing of the network.
  const isOfNetwork = !(sent && signal.aborted);
  return {
    reason: message,
    ...(isOfNetwork && { noResponse: { host: new URL(apiUrl).host, elapsedMs } }),
    ...(sent ? UNKNOWN : NOT_SENT),
    again: !permanent && !signal.aborted,
  };
}

/** The answer to `call` in `response`, or the error that it is. */
function usable<Answer>(call: Call<Answer>, response: HttpResponse): Answer {
  const { status, headers, body } = response;
  const ray = headers['cf-ray'];
  const received = { status, ...(typeof ray === 'string' && { cfRay: ray }) };

  // A page that says 404 is no word of the API's: api-url leads somewhere else.
  const isAbsent = status === 404 && parseJson(body) !== undefined;
  if (isAbsent && call.absent !== undefined) return call.absent;

  if (status >= 300 && status < 400) {
    const reason = `the answer was a redirect (${status}) to ${headers['location'] ?? 'nowhere'}, which is not followed because the key must not travel`;
    throw failed(call, { ...received, reason, ...verdictOn(response, call.method) });
  }
  if (status < 200 || status >= 400) {
    const serverMessage = messageIn(body);
    const wait = retryAfter(response);
    throw failed(call, {
      ...received,
      reason: `the answer was ${status}`,
      ...(serverMessage !== undefined && { serverMessage }),
      ...(wait !== undefined && { retryAfter: wait }),
      ...verdictOn(response, call.method),
    });
  }
  const answer = z.safeParse(call.answer, parseJson(body));
  if (!answer.success) {
    const reason = `the answer was ${status}, but ${shortcoming(body, answer.error)}`;
    const isOther = call.method === 'POST' && answer.error.issues.every(isOfContent);
    throw failed(call, { ...received, reason, ...(isOther ? UNKNOWN_FOR_GOOD : UNKNOWN) });
  }
  return answer.data;
}

/** Whether an answer has the right shape, and is about something else than was asked for. */
function isOfContent({ code }: z.core.$ZodIssue): boolean {
  return code === 'custom';
}

type Outcome = Omit<CallFacts, 'doing' | 'leaves' | 'hint' | 'method' | 'path' | 'attempts'>;

function failed(call: Call<unknown>, outcome: Outcome, cause?: Error): OpenRouterError {
  const { doing, leaves, hint, method, path, attempt = 1 } = call;
  const what = {
    doing,
    method,
    path,
    ...(leaves !== undefined && { leaves }),
    ...(hint !== undefined && { hint }),
  };
  return new OpenRouterError({ ...what, attempts: attempt, ...outcome }, { cause });
}

function shortcoming(body: string, { issues }: z.core.$ZodError): string {
  if (body.trim() === '') return 'it was empty';
  if (parseJson(body) === undefined) return 'it was not JSON';
  const lacking = issues.filter((issue) => !isOfContent(issue));
  const names = lacking.map(({ path }) => path.join('.') || 'an object');
  return names.length > 0 ? `it lacked ${names.join(', ')}` : String(issues[0]?.message);
}
