import type { IncomingHttpHeaders } from 'node:http';
import type { ApiResponse } from './routing.ts';

/** A request that has arrived. */
export interface ReceivedRequest {
  method: string;
  /** Below the base URL. */
  path: string;
  body: string;
}

/** A request that a server keeps. */
export interface RecordedRequest extends ReceivedRequest {
  headers: IncomingHttpHeaders;
}

/** Called before each response is sent; `outcome` is its status, or the kind of fault. */
export type ExchangeHook = (request: ReceivedRequest, outcome: string) => void;

/** The outcome of a request, as an `ExchangeHook` gets it. */
export function outcomeOf(
  fault: { kind: string } | undefined,
  response: ApiResponse | undefined,
): string {
  return fault?.kind ?? String(response?.status);
}
