import type * as z from 'zod/mini';
import type { AttemptFailure, RequestFacts } from './api-error.ts';
import type { FailureClass } from './failure-class.ts';

/** One request to the API. */
export interface ApiRequest<Data> extends RequestFacts {
  /** Sent as JSON. */
  body?: object;
  /** The shape that a successful response must have. */
  schema: z.ZodMiniType<Data>;
  /** What 404 stands for, where that is a regular response. */
  notFound?(): Data;
  /** What is wrong with a response of the right shape: that it is about something else. */
  findMismatch?(data: Data): string | undefined;
  /** Called with each body before anything else happens to it: it may contain a secret. */
  onBody?(body: string): void;
}

/** A successful response. */
export interface ApiResponse<Data> {
  data: Data;
  /** The server's `Date`, in milliseconds since 1970, to the second. */
  serverTime: number | undefined;
  /** When the headers arrived, by the client's clock, in milliseconds. */
  headersAt: number;
}

/** The outcome of one attempt. */
export type Outcome<Data> =
  | { kind: 'applied'; response: ApiResponse<Data> }
  | { kind: FailureClass; failure: AttemptFailure };
