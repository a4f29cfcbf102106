/** Of a workflow's name, in characters; it can be of any length. */
const MAX_WORKFLOW = 60;

/** How many different suffixes there are: six digits of base 36. */
const SUFFIXES = 36 ** 6;

/**
 * The name of a key for the job that `env` describes, from which one finds the run that made it.
 * `random`, at least 0 and below 1, tells apart the jobs of a matrix, whose GITHUB_JOB is the same.
 */
export function keyNameOf(env: NodeJS.ProcessEnv, random: number): string {
  const workflow = [...(env['GITHUB_WORKFLOW'] ?? '')].slice(0, MAX_WORKFLOW).join('');
  const run = [env['GITHUB_RUN_ID'], env['GITHUB_RUN_ATTEMPT']].filter(Boolean).join('.');
  const suffix = Math.floor(random * SUFFIXES)
    .toString(36)
    .padStart(6, '0');
  return [env['GITHUB_REPOSITORY'], workflow, run, env['GITHUB_JOB'], suffix]
    .filter(Boolean)
    .join(' / ');
}
