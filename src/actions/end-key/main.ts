import { invalidInputs } from '../../inputs/failures.ts';
import { describeKey } from '../../openrouter/resources/keys.ts';
import { runStep, type Step, startContext } from '../../runtime/step.ts';
import { sealedKeyMismatch } from '../../sealing/failures.ts';
import { hasSealedKey } from '../../sealing/inputs.ts';
import { openTask } from '../../sealing/sealed-key.ts';
import type { Context, IncompleteTask, LeftAdvice } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { endAndReport as endKeyOfJob } from '../key/end-and-report.ts';
import { createdKeyMissing, describeKeysLeft } from '../key/failures.ts';
import type { JobStatus } from '../key/job-status.ts';
import type { KeyTask } from '../key/task.ts';
import { endAndReport as endPreviewJob } from '../preview/end-and-report.ts';
import { describePreviewLeft } from '../preview/end-job.ts';
import { type EndKeyInputs, readEndKeyInputs } from './inputs.ts';
import { type SealedTask, sealedTask } from './sealed-task.ts';

/** `end-key/action.yml`: does what the post step would do of the job that has sealed an API key. */
export function endKey(): Promise<void> {
  let leftovers = '';
  let advice: LeftAdvice | undefined;
  return runStep(
    { action: 'end-key', endsJob: true },
    async (step) => {
      const { report } = step;
      if (!hasSealedKey()) {
        report.info('There is no API key, and nothing is wrong: nothing to end.');
        return;
      }
      leftovers = SEALED_KEY;
      const inputs = readEndKeyInputs();
      const end = open(inputs);
      const key = keyIn(end);
      const jobStatus = statusFor(end, inputs);
      leftovers = describeLeft(end);
      const context = startContext(inputs, step, { wasAccepted: true });
      const incomplete = await run({ ...end, jobStatus }, context, step);
      // Not before: ending the key matters more.
      report.output({ hash: key?.created?.hash ?? '', workspace: end.task.workspace.id });
      if (!incomplete) return;
      const left = { ...end, task: incomplete.left } as SealedTask;
      if (key?.created && wasEndedBefore(incomplete.error, keyIn(left))) {
        report.info(`The API key ${describeKey(key.created)} was ended before.`);
        return;
      }
      leftovers = describeLeft(left);
      advice = incomplete.advice;
      throw incomplete.error;
    },
    (report, error, effect) => {
      report.fail(error, effect, { leftovers, advice });
      return 1;
    },
  );
}

/** What may be left before anything is known about it. */
const SEALED_KEY =
  'the sealed API key, which works until its expires-in, unless it was ended before';

/** @throws {Failure} `sealed-key-mismatch` */
function open({ sealedKey, managementKey, workflowRun }: EndKeyInputs): SealedTask {
  const options = { managementKey, run: workflowRun.id, task: sealedTask() };
  const opened = openTask(sealedKey, options);
  if (typeof opened !== 'string') return opened.task;
  throw new Failure(sealedKeyMismatch, { problem: opened, part: 'task' });
}

function keyIn({ action, task }: SealedTask): KeyTask | undefined {
  return action === 'key' ? task : task.key;
}

function describeLeft({ action, task }: SealedTask): string {
  return action === 'key' ? describeKeysLeft(task) : describePreviewLeft(task);
}

/**
 * Whether the jobs that used a key have succeeded. Only a key that replaces others needs that.
 * @throws {Failure} `invalid-inputs`
 */
function statusFor(end: SealedTask, { results, workflowRun }: EndKeyInputs): JobStatus {
  const isReplacing = keyIn(end)?.afterJob === 'replaces';
  if (results.length === 0 && isReplacing) {
    const message =
      'is required, because this key replaces others once its job has succeeded: write needs.JOB.result of the job that used it';
    throw new Failure(invalidInputs, { problems: [{ input: 'result', message }] });
  }
  return {
    succeeded: results.every((result) => result === 'success'),
    isRepeated: end.attempt !== workflowRun.attempt,
  };
}

/** Whether nothing is left of a task: the post step, a clean-up or an earlier attempt was first. */
function wasEndedBefore(error: unknown, left: KeyTask | undefined): boolean {
  const isMissing = error instanceof Failure && error.is(createdKeyMissing);
  return isMissing && left?.mayHaveOrphans !== true;
}

function run(
  end: SealedTask & { jobStatus: JobStatus },
  context: Context,
  step: Step,
): Promise<IncompleteTask<unknown> | undefined> {
  return end.action === 'key'
    ? endKeyOfJob(end, context, step.report)
    : endPreviewJob(end, context, step);
}
