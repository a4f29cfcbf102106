import type * as z from 'zod/mini';
import type { AttemptFailure, RequestFacts } from './api-error.ts';
import type { FailureClass } from './failure-class.ts';

/** One request to the API. */
export interface ApiRequest<Data> extends RequestFacts {
  /** Sent as JSON. */
  body?: object;
  /** Parses the body of a successful response. */
  schema: z.ZodMiniType<Data>;
  /** The result for HTTP 404, if that is an expected response. */
  notFound?(): Data;
  /** Why a valid response is about another resource than requested, if it is. */
  findMismatch?(data: Data): string | undefined;
  /** Called with each body before it is used or logged: it may contain a secret. */
  onBody?(body: string): void;
}

/** A successful response. */
export interface ApiResponse<Data> {
  data: Data;
  /** The `Date` header, in milliseconds since 1970; its precision is one second. */
  serverTime: number | undefined;
  /** The length of the body, in UTF-16 code units. */
  size: number;
  /** When the headers arrived, in milliseconds by the client's clock. */
  headersAt: number;
}

/** The outcome of one attempt. */
export type Outcome<Data> =
  | { kind: 'applied'; response: ApiResponse<Data> }
  | { kind: FailureClass; failure: AttemptFailure };
