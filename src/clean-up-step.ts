import type * as z from 'zod/mini';
import { connect } from './connect.ts';
import { Failure } from './failure.ts';
import { readCleanUpState, readManagementKey } from './inputs/clean-up.ts';
import { runStep } from './step.ts';
import type { Abortable } from './workspace/surroundings.ts';

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
  if (!state) return;
  await runStep(
    async (step) => {
      const { report, clock, signal } = step;
      if (state instanceof Failure) throw state;
      const client = connect({ ...state, managementKey: readManagementKey() }, step);
      await work.cleanUp(state.remains, { client, clock, log: report, signal });
    },
    (report, error) => {
      const left = work.tell(state instanceof Failure ? undefined : state.remains);
      report.warnOf(error, `It may be left behind at OpenRouter: ${left}.`);
      return 0;
    },
  );
}
