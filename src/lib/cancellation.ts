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
