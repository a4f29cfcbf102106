/** Why a step is aborted when the runner cancels its run. */
export class Cancellation extends Error {
  override readonly name = 'Cancellation';

  /** What the process received: `SIGINT`. */
  readonly received: string;

  constructor(received: string) {
    super(`the run was cancelled (${received})`);
    this.received = received;
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
