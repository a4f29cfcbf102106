import { invalidInputs } from '../../inputs/failures.ts';
import { describeKey, keyRequest, requestKey } from '../../openrouter/resources/keys.ts';
import { runStep, type Step, startContext } from '../../runtime/step.ts';
import { sealedKeyMismatch } from '../../sealing/failures.ts';
import { readSealedKey } from '../../sealing/inputs.ts';
import { openTask } from '../../sealing/sealed-key.ts';
import type { Context, IncompleteTask, LeftAdvice } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { endAndReport as endKeyOfJob } from '../key/end-and-report.ts';
import { describeKeysLeft } from '../key/failures.ts';
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
    { action: 'end-key' },
    async (step) => {
      const { report } = step;
      if (readSealedKey() === undefined) {
        report.info('There is no API key, and nothing is wrong: nothing to end.');
        return;
      }
      const inputs = readEndKeyInputs();
      const end = open(inputs);
      const key = keyIn(end);
      leftovers = describeLeft(end);
      const jobStatus = statusFor(key, inputs);
      report.output({ hash: key?.created?.hash ?? '', workspace: end.task.workspace.id });
      const context = { ...startContext(inputs, step, { wasAccepted: true }), jobStatus };
      if (key && (await isDeleted(key, context))) {
        report.info('The API key was ended before.');
        return;
      }
      const incomplete = await run(end, context, step);
      if (!incomplete) return;
      leftovers = describeLeft({ ...end, task: incomplete.left } as SealedTask);
      advice = incomplete.advice;
      throw incomplete.error;
    },
    (report, error, effect) => {
      report.fail(error, effect, { leftovers, advice });
      return 1;
    },
  );
}

/** @throws {Failure} `sealed-key-mismatch` */
function open({ sealedKey, managementKey, runId }: EndKeyInputs): SealedTask {
  const opened = openTask(sealedKey, { managementKey, run: runId, task: sealedTask() });
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
function statusFor(key: KeyTask | undefined, { jobStatus }: EndKeyInputs): JobStatus {
  if (jobStatus) return jobStatus;
  if (key?.replaced === undefined) return { succeeded: undefined, text: '', engine: 'GitHub' };
  const message =
    'is required, because this key replaces others once its job has succeeded: write needs.JOB.result of the job that used it';
  throw new Failure(invalidInputs, { problems: [{ input: 'result', message }] });
}

/** Whether a key that was to end does not exist any more: the post step, a clean-up or an earlier attempt was first. */
async function isDeleted({ created, ends, replaced }: KeyTask, context: Context): Promise<boolean> {
  if (!created || !ends || replaced) return false;
  const { key } = await requestKey(context, keyRequest(created.hash, describeKey(created)));
  return key === undefined;
}

function run(
  end: SealedTask,
  context: Context & { jobStatus: JobStatus },
  step: Step,
): Promise<IncompleteTask<unknown> | undefined> {
  return end.action === 'key'
    ? endKeyOfJob(end.task, context, step.report)
    : endPreviewJob(end.task, context, step);
}
