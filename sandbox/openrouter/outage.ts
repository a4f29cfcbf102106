import type { Sandbox } from './server.ts';

/** What does not work during an outage: a call, such as `GET /keys/:hash`, or all of them. */
export type OutageOf = 'everything' | `${string} /${string}`;

/** Makes OpenRouter respond with HTTP 503, until the returned function is called. */
export function startOutage({ account }: Sandbox, of: OutageOf = 'everything'): () => void {
  const { handle, callOf } = account;
  account.handle = (request) =>
    of === 'everything' || of === callOf(request.method, request.path)
      ? { status: 503, body: { error: { code: 503, message: 'Down' } } }
      : handle(request);
  return () => {
    account.handle = handle;
  };
}

/** Runs `during` while OpenRouter responds with HTTP 503. */
export async function duringOutage<Result>(
  sandbox: Sandbox,
  during: () => Promise<Result>,
  of?: OutageOf,
): Promise<Result> {
  const end = startOutage(sandbox, of);
  try {
    return await during();
  } finally {
    end();
  }
}
