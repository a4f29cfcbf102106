import type { Engine } from '../../github/engine.ts';

/** Whether a job has succeeded. */
export type JobStatus =
  | {
      succeeded: boolean;
      /**
       * Whether the job has used a key that an earlier attempt of the run has created. Then that attempt may have
       * deployed with the key, whatever became of this one.
       */
      isRepeated?: boolean;
    }
  | {
      /** Unknown. */
      succeeded: undefined;
      /** What the input `job-status` is. */
      text: string;
      engine: Engine;
    };

/**
 * A status of a job, and the marker of the default in `action.yml`.
 * https://docs.github.com/actions/reference/workflows-and-actions/contexts#job-context
 */
const STATUS = /^(success|failure|cancelled)( \(default\))?$/;

/**
 * Reads the input `job-status` of a post step. Its default counts on GitHub only, which evaluates it again:
 * Gitea keeps that of the main step. On Forgejo, a cancelled job has the status `success` too.
 */
export function jobStatusOf(text: string, engine: Engine): JobStatus {
  const [, status, marker] = STATUS.exec(text) ?? [];
  const isUnknown =
    status === undefined ||
    (marker !== undefined && engine !== 'GitHub') ||
    (status === 'success' && engine === 'Forgejo');
  return isUnknown ? { succeeded: undefined, text, engine } : { succeeded: status === 'success' };
}
