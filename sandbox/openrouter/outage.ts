import type { Sandbox } from './server.ts';

/** What does not work during an outage: a call, such as `GET /keys/:hash`, or all of them. */
export type OutageOf = 'everything' | `${string} /${string}`;

/** Runs `during` while OpenRouter responds with HTTP 503. */
export async function duringOutage<Result>(
  { account }: Sandbox,
  during: () => Promise<Result>,
  of: OutageOf = 'everything',
): Promise<Result> {
  const { handle, callOf } = account;
  account.handle = (request) =>
    of === 'everything' || of === callOf(request.method, request.path)
      ? { status: 503, body: { error: { code: 503, message: 'Down' } } }
      : handle(request);
  try {
    return await during();
  } finally {
    account.handle = handle;
  }
}
