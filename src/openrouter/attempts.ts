import type { Clock } from '../lib/clock.ts';
import { formatSeconds } from '../lib/format.ts';

/** One attempt at a request. */
export interface Attempt {
  /** Aborts when the attempt's timeout expires or the step's signal aborts. The reason is an `Error`. */
  signal: AbortSignal;
  /** Has to be called once the attempt has ended. */
  end(): void;
}

/**
 * Returns a function that starts an attempt with a timeout of `ms` milliseconds. All attempts share one
 * listener of `signal`. In Node.js, a removed listener refers to the next one, so with one for each
 * attempt, or with `AbortSignal.any`, requests stay in memory until a full garbage collection. So they
 * do with a `Set` of the attempts in flight, whose old tables refer to the newer ones.
 */
export function attemptStarter({ clock, signal }: { clock: Clock; signal: AbortSignal }) {
  const inFlight: AbortController[] = [];
  signal.addEventListener('abort', () => {
    for (const attempt of inFlight) attempt.abort(signal.reason);
  });
  return (ms: number): Attempt => {
    const attempt = new AbortController();
    if (signal.aborted) attempt.abort(signal.reason);
    inFlight.push(attempt);
    const cancel = clock.after(ms, () =>
      attempt.abort(new Error(`no complete response within ${formatSeconds(ms)}`)),
    );
    return {
      signal: attempt.signal,
      end() {
        cancel();
        inFlight.splice(inFlight.indexOf(attempt), 1);
      },
    };
  };
}
