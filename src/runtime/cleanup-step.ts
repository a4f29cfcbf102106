import type * as z from 'zod/mini';
import type { Abortable } from '../operations/shared/context.ts';
import { Failure } from '../operations/shared/failure.ts';
import { readCleanUpState, readMainProcess, readManagementKey } from './cleanup-journal.ts';
import { connect } from './connect.ts';
import { END_WITHIN_MS, endProcess, isRunning, type MainProcess } from './main-process.ts';
import { runStep, type Step } from './step.ts';

/** What is to be done at the end of a job, with what its step has left in state. */
interface CleanUpStep<Left> {
  /** The shape of that. */
  remains: z.ZodMiniType<Left>;
  cleanUp(remains: Left, surroundings: Abortable): Promise<void>;
  /** What may be left behind, as the end of a sentence; of a state that cannot be read, undefined. */
  tell(remains: Left | undefined): string;
}

/** Runs a clean-up as the post step of a job. One that fails is a warning, and no red step. */
export async function runCleanUp<Left>(work: CleanUpStep<Left>): Promise<void> {
  const state = readCleanUpState(work.remains);
  const main = readMainProcess();
  const running = main && isRunning(main) ? main : undefined;
  if (!state && !running) return;
  const left = () => work.tell(state && !(state instanceof Failure) ? state.remains : undefined);
  await runStep(
    async (step) => {
      const { report, clock, signal } = step;
      if (running) {
        await endMain(running, step, { left: left(), isIntentKnown: state !== undefined });
      }
      if (!state) return;
      if (state instanceof Failure) throw state;
      const client = connect({ ...state, managementKey: readManagementKey() }, step);
      await work.cleanUp(state.remains, { client, clock, log: report, signal });
    },
    (report, error) => {
      report.warnOf(error, `It may be left behind at OpenRouter: ${left()}.`);
      return 0;
    },
  );
}

/**
 * Ends `main`, so that nothing is made after the clean-up: in a `container:` job a cancellation
 * ends the `docker exec` that a step runs in, and not the step.
 */
async function endMain(
  main: MainProcess,
  { report, clock, signal }: Step,
  { left, isIntentKnown }: { left: string; isIntentKnown: boolean },
): Promise<void> {
  const lastLine = `It may be left behind at OpenRouter: ${left}.`;
  if (!(await endProcess(main, { clock, signal }))) {
    report.warning('The step could not be ended', [
      `It was still running when its post step began, and did not end within ${END_WITHIN_MS / 1000} s of SIGTERM. What it creates from now on stays.`,
      lastLine,
    ]);
  } else if (isIntentKnown) {
    report.info('The step was still running, and was ended (SIGTERM) before this clean-up.');
  } else {
    report.warning('The step was still running when its post step began', [
      'It was ended (SIGTERM). Whether it had created anything by then is not known.',
      lastLine,
    ]);
  }
}
