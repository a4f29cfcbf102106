import { cutName } from '../openrouter/resources/workspaces.ts';

/** The maximum number of characters from the workflow's name, so that the job's is within what messages show. */
const MAX_WORKFLOW_LENGTH = 40;

const WORKFLOWS = '.github/workflows/';

/** The name of a workflow: that of its file, if it has no other. GitHub then has the path of the file. */
function workflowOf({ GITHUB_WORKFLOW: name = '' }: NodeJS.ProcessEnv): string {
  return name.startsWith(WORKFLOWS) ? name.slice(WORKFLOWS.length) : name;
}

/**
 * Shortens the name of a workflow at a word, as names of keys and the comment of a preview show it. What it returns
 * stays as it is.
 */
export function shortenWorkflow(name: string): string {
  const start = [...name].slice(0, MAX_WORKFLOW_LENGTH).join('');
  if (start !== name) return `${start.replace(/( \/)? [^ ]*$/, '')}…`;
  // The first half of a separator would hide the next one.
  return name.endsWith(' /') ? name.slice(0, -2) : name;
}

/**
 * Names a job for the key of what it deploys: `CI / deploy`. The workflow is not shortened: two could get one name,
 * and would disable each other's key.
 */
export function deployingJob(env: NodeJS.ProcessEnv): string {
  return [workflowOf(env), env['GITHUB_JOB']].filter(Boolean).join(' / ');
}

/**
 * Names a key after the job that `env` describes, so that the name leads to the run that created it:
 * `octo-org/shop / CI / 17000000012.1 / test`
 * @param job the job that uses the key, if that is another one
 * @param entry what the author calls one of the jobs of a matrix, which share GITHUB_JOB, shown as GitHub shows the
 * entry of a matrix
 */
export function jobKeyName(
  env: NodeJS.ProcessEnv,
  { job = env['GITHUB_JOB'], entry }: { job?: string | undefined; entry?: string | undefined } = {},
): string {
  const run = [env['GITHUB_RUN_ID'], env['GITHUB_RUN_ATTEMPT']].filter(Boolean).join('.');
  // Neither must look like further parts of the name.
  const named = (entry ? `${job} (${entry})` : (job ?? '')).replaceAll(' / ', '/');
  return [env['GITHUB_REPOSITORY'], shortenWorkflow(workflowOf(env)), run, named]
    .filter(Boolean)
    .join(' / ');
}

/** A pull request or a branch. */
type Subject = { kind: 'pull'; number: number } | { kind: 'branch'; name: string };

/** What the name of a preview, and that of its deployed key, has after the repository: `#42`, `: feature/x`. */
export function subjectEnd(subject: Subject): string {
  return cutName(subject.kind === 'pull' ? `#${subject.number}` : `: ${subject.name}`);
}

/**
 * Names the key for a deployed preview: `octo-org/shop#42 / CI / deploy`, `octo-org/shop: main / CI / deploy`. It is
 * cut only where the name of the repository does not matter.
 */
export function deployedKeyName(subject: Subject, repository: string, job: string): string {
  return `${repository}${subjectEnd(subject)} / ${job}`;
}

/** The number of different endings: six digits in base 36. */
const ENDING_COUNT = 36 ** 6;

/**
 * Gives a key a name that no other has: `CI #0ab1c2`. So a key whose response was lost is known by its name.
 * @param random at least 0 and below 1
 */
export function uniqueKeyName(name: string, random: number): string {
  const digits = Math.floor(random * ENDING_COUNT).toString(36);
  return `${name} #${digits.padStart(6, '0')}`;
}

const UNUSED = ' unused';

/** The name of a key that no one gets: `CI #0ab1c2 unused` */
export function unusedKeyName(name: string): string {
  return name + UNUSED;
}

/** Whether `unusedKeyName` has made a name of one that `uniqueKeyName` has made. */
export function isUnusedKeyName(name: string): boolean {
  return / #[\da-z]{6} unused$/.test(name);
}

/** A name without what `uniqueKeyName` and `unusedKeyName` have added. */
function withoutEnding(name: string): string {
  return name.replace(/ #[\da-z]{6}(?: unused)?$/, '');
}

/** Whether two keys have the same name, but for their endings. */
export function isSameKeyName(one: string, other: string): boolean {
  return withoutEnding(one) === withoutEnding(other);
}

/** What the name of a key says. */
export type KeyName =
  /** `job`: the workflow and the job. Both are unknown without a run, which tells the parts apart. */
  | { kind: 'job'; repository: string; run?: string | undefined; job: string }
  | { kind: 'deployment'; repository: string; job: string }
  | { kind: 'other' };

const NAME = /^(?<repository>[\w.-]+\/[\w.-]+)(?<end>(?<sign> \/ |#|: )(?<rest>.*))$/s;

/** Reads a name that `jobKeyName` or `deployedKeyName` has made, with its ending. */
export function readKeyName(name: string): KeyName {
  const { repository = '', sign, rest = '' } = NAME.exec(withoutEnding(name))?.groups ?? {};
  if (sign === undefined) return { kind: 'other' };
  const parts = rest.split(' / ');
  if (sign !== ' / ') return { kind: 'deployment', repository, job: parts.slice(1).join(' / ') };
  // Next to the job, or last without one: the names of a workflow and of a job can look like a run.
  const at = [-2, -1].find((place) => /^\d{1,15}\.\d{1,5}$/.test(parts.at(place) ?? ''));
  if (at === undefined) return { kind: 'job', repository, run: undefined, job: '' };
  return { kind: 'job', repository, run: parts.at(at), job: parts.toSpliced(at, 1).join(' / ') };
}

/** Whether two keys of a preview have the same name, but for their endings and the repository, which can be renamed. */
export function isSamePreviewKeyName(one: string, other: string): boolean {
  const [a, b] = [one, other]
    .map(withoutEnding)
    .map((name) => NAME.exec(name)?.groups?.['end'] ?? name);
  return a === b;
}
