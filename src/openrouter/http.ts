export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpRequest {
  method: Method;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export interface HttpResponse {
  status: number;
  /** By lower-case name. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** How long the body took to arrive after the headers, in milliseconds; 0 if absent. */
  bodyMs?: number;
}

/**
 * Sends `request` once, and resolves with the complete response, whatever its status.
 * @throws {TransportError} if no complete response arrives, or if `signal` aborts
 */
export type Transport = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;
