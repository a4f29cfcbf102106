/** Why a step is aborted when the runner cancels its run. */
export class Cancellation extends Error {
  override readonly name = 'Cancellation';

  /** @param signal what the process received: `SIGINT` */
  constructor(signal: string) {
    super(`the run was cancelled (${signal})`);
  }
}

/** Whether `signal` was aborted by a cancellation, and not by the timeout. */
export function isCancelled({ reason }: AbortSignal): boolean {
  return reason instanceof Cancellation;
}

/**
 * Ends a step that has used the response to its POST although the run was cancelled: it must not succeed.
 * @throws {Cancellation}
 */
export function throwIfCancelled(signal: AbortSignal): void {
  if (isCancelled(signal)) throw signal.reason;
}
