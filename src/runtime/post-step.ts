import type * as z from 'zod/mini';
import { readManagementKey } from '../inputs/read-inputs.ts';
import type { Context, IncompleteTask, LeftAdvice } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { mainStillRunning, mainWasRunning } from './failures.ts';
import { findRunningMain, readJournal } from './journal.ts';
import { END_WITHIN_MS, endProcess, type MainProcess } from './main-process.ts';
import { runStep, type Step, startContext } from './step.ts';

/** How a post step carries out the task that its main step saved. */
interface PostStep<Task> {
  action: string;
  schema: z.ZodMiniType<Task>;
  /** Returns the error and what is left of the task, if anything, if part of it failed. */
  run(
    task: Task,
    context: Context,
    step: Step,
  ): Promise<IncompleteTask<Task | undefined> | undefined>;
  /**
   * Whether an error fails the job, by what is left of the task, or undefined if that is unknown.
   * Otherwise, it is a warning, because the job has ended.
   */
  failsJob?(left: Task | undefined, error: unknown): boolean;
  /** What may still exist at OpenRouter, also if the task is unknown; empty if nothing may. */
  describeLeftovers(task: Task | undefined): string;
}

/** Runs the post step of an action. */
export async function runPostStep<Task>(post: PostStep<Task>): Promise<void> {
  const saved = readJournal(post.schema);
  const isSaved = typeof saved === 'object';
  const main = findRunningMain();
  if (!isSaved && !main) return;
  let task = isSaved && !(saved instanceof Failure) ? saved.task : undefined;
  let advice: LeftAdvice | undefined;
  await runStep(
    { action: post.action, isPost: true },
    async (step) => {
      if (main) {
        const leftovers = post.describeLeftovers(task) || post.describeLeftovers(undefined);
        await endMain(main, step, { leftovers, hasSavedState: saved !== 'missing' });
      }
      if (saved instanceof Failure) throw saved;
      if (!isSaved) return;
      const connection = { ...saved, managementKey: readManagementKey() };
      // There is a task only after requests that OpenRouter has accepted.
      const context = startContext(connection, step, { wasAccepted: true });
      const incomplete = await post.run(saved.task, context, step);
      if (!incomplete) return;
      task = incomplete.left;
      advice = incomplete.advice;
      throw incomplete.error;
    },
    (report, error, effect) => {
      const leftovers = post.describeLeftovers(task);
      const failsJob = post.failsJob?.(task, error) === true;
      if (failsJob) report.fail(error, effect, { leftovers, advice });
      else report.warnOfPostStep(error, { effect, leftovers, advice });
      return failsJob ? 1 : 0;
    },
  );
}

/**
 * Ends `main`, so that it creates nothing after the post step. In a `container:` job, a cancellation
 * ends the `docker exec` that a step runs in, but not the step.
 */
async function endMain(
  main: MainProcess,
  { report, clock, signal }: Step,
  { leftovers, hasSavedState }: { leftovers: string; hasSavedState: boolean },
): Promise<void> {
  const hasEnded = await endProcess(main, { clock, signal });
  if (!hasEnded) report.warn(mainStillRunning, { seconds: END_WITHIN_MS / 1000, leftovers });
  else if (!hasSavedState) report.warn(mainWasRunning, { leftovers });
  else report.info('The step was still running. It was ended with SIGTERM before this post step.');
}
