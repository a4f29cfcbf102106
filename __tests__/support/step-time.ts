import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RunningStep } from './harness.ts';
import { ROOT } from './root.ts';

type Env = Readonly<Record<string, string>>;

const PRELOAD = pathToFileURL(join(ROOT, '__tests__/support/step-time.mjs'));

/**
 * The environment of a step in whose process time does not depend on the machine: it stands still while a
 * request is in flight, and passes to the next timer as soon as nothing is. `env` adds to it.
 */
export function inVirtualTime(env: Env = {}): Record<string, string> {
  const options = [env['NODE_OPTIONS'], `--import=${PRELOAD}`].filter(Boolean);
  return { ...env, NODE_OPTIONS: options.join(' ') };
}

/** Like `inVirtualTime`, but time stands still until `passTime`. */
export function inHeldTime(): Record<string, string> {
  return inVirtualTime({ STEP_TIME: 'held' });
}

/** Like `inVirtualTime`, but no time passes for the program, which may poll as long as it has to. */
export function inUnseenTime(): Record<string, string> {
  return inVirtualTime({ STEP_TIME: 'unseen' });
}

/** Like `inVirtualTime`, but a cancellation also lets time pass to the next timer, as `passTime` does. */
export function inCancelledTime(env: Env = {}): Record<string, string> {
  return inVirtualTime({ ...env, STEP_TIME: 'cancelled' });
}

/** Lets time pass to the next timer of a step, although a request is in flight, or ends a held time. */
export function passTime(step: Pick<RunningStep, 'kill'>): void {
  step.kill('SIGUSR2');
}
