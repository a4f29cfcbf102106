import { type Clock, sleep } from '../lib/clock.ts';

/** The timeout of a step. It stands still while anything of the step rests. */
export class Timeout {
  readonly #clock: Clock;
  readonly #abort: AbortController;
  #reason = new Error('the timeout has not started');
  /** When it expires, unless the step rests. */
  #end = Number.POSITIVE_INFINITY;
  /** How much was left when the step began to rest, in milliseconds. */
  #left = Number.POSITIVE_INFINITY;
  #resting = 0;
  #stop: () => void = () => undefined;

  constructor(clock: Clock, abort: AbortController) {
    this.#clock = clock;
    this.#abort = abort;
  }

  start(ms: number): void {
    this.#reason = new Error(`the timeout of ${ms / 1000} s has expired`);
    this.#run(ms);
  }

  /** When it expires, by the clock of the step, unless the step rests from now on. */
  readonly deadline = (): number =>
    this.#resting > 0 ? this.#clock.now() + this.#left : this.#end;

  stop(): void {
    this.#stop();
  }

  /** Waits `ms` milliseconds, which do not count. An abort ends the wait at once. */
  readonly rest = async (ms: number): Promise<void> => {
    this.#left = this.deadline() - this.#clock.now();
    this.stop();
    this.#resting += 1;
    await sleep(this.#clock, ms, this.#abort.signal);
    this.#resting -= 1;
    if (this.#resting === 0) this.#run(this.#left);
  };

  #run(ms: number): void {
    this.#end = this.#clock.now() + ms;
    this.#stop = this.#clock.after(ms, () => this.#abort.abort(this.#reason));
  }
}
