import { type Clock, createStopwatch, sleep } from '../lib/clock.ts';

/** The timeout of a step. It stands still while anything of the step rests. */
export class Timeout {
  readonly #clock: Clock;
  readonly #abort: AbortController;
  readonly #rested: ReturnType<typeof createStopwatch>;
  #resting = 0;
  /** When it expires without a rest. */
  #end = Number.POSITIVE_INFINITY;
  #reason = new Error('the timeout has not started');
  #stop: () => void = () => undefined;

  constructor(clock: Clock, abort: AbortController) {
    this.#clock = clock;
    this.#abort = abort;
    this.#rested = createStopwatch(clock);
  }

  start(ms: number): void {
    this.#reason = new Error(`the timeout of ${ms / 1000} s has expired`);
    this.#end = this.#clock.now() + ms;
    this.#arm();
  }

  /** When it expires, by the clock of the step, unless the step rests from now on. */
  readonly deadline = (): number => this.#end + this.#rested.elapsed();

  stop(): void {
    this.#stop();
  }

  /** Waits `ms` milliseconds, which do not count. An abort ends the wait at once. */
  readonly rest = async (ms: number): Promise<void> => {
    this.stop();
    this.#resting += 1;
    await this.#rested.during(() => sleep(this.#clock, ms, this.#abort.signal));
    this.#resting -= 1;
    if (this.#resting === 0) this.#arm();
  };

  #arm(): void {
    const left = this.deadline() - this.#clock.now();
    this.#stop = this.#clock.after(left, () => this.#abort.abort(this.#reason));
  }
}
