import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTimePassed } from '../../sandbox/runner/in-process-time.ts';
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
export function passTime(step: { kill(signal: NodeJS.Signals): void }): void {
  step.kill('SIGUSR2');
}

/**
 * A time of day that stands still at `start`, but for the time that passes in steps: in all that run in this
 * process, and in those in virtual time that have `env`, one after another.
 */
export function followSteps(start: Date) {
  const folder = mkdtempSync(join(tmpdir(), 'step-time-'));
  const file = join(folder, 'passed');
  writeFileSync(file, '0');
  let passedHere = 0;
  let passedInProcesses = 0;
  const stop = onTimePassed((ms) => {
    passedHere += ms;
  });
  return {
    now(): Date {
      // Empty while a process writes it.
      passedInProcesses = Math.max(passedInProcesses, Number(readFileSync(file, 'utf8')));
      return new Date(start.getTime() + passedHere + passedInProcesses);
    },
    env: { STEP_TIME_FILE: file },
    async close() {
      stop();
      rmSync(folder, { recursive: true });
    },
  };
}
