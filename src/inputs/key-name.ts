/** The maximum number of characters from the workflow's name, which can have any length. */
const MAX_WORKFLOW_LENGTH = 60;

/** The number of different suffixes: six digits in base 36. */
const SUFFIX_COUNT = 36 ** 6;

/**
 * Names a key after the job that `env` describes, so that the name leads to the run that created it.
 * @param random at least 0 and below 1. It distinguishes the jobs of a matrix, which share GITHUB_JOB.
 */
export function keyNameOf(env: NodeJS.ProcessEnv, random: number): string {
  const workflow = [...(env['GITHUB_WORKFLOW'] ?? '')].slice(0, MAX_WORKFLOW_LENGTH).join('');
  const run = [env['GITHUB_RUN_ID'], env['GITHUB_RUN_ATTEMPT']].filter(Boolean).join('.');
  const suffix = Math.floor(random * SUFFIX_COUNT)
    .toString(36)
    .padStart(6, '0');
  return [env['GITHUB_REPOSITORY'], workflow, run, env['GITHUB_JOB'], suffix]
    .filter(Boolean)
    .join(' / ');
}
