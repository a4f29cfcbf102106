import type { ActionManifest } from './manifest.ts';

/** `RUNNER_OS`, by the platform as Node.js names it. */
const RUNNER_OS: Record<string, string> = { win32: 'Windows', darwin: 'macOS' };

/** Where the actions are published, by an account whose name is as long as GitHub allows: 39 characters. */
export const ACTION_REPOSITORY = 'an-account-whose-name-is-as-long-as-can/openrouter-workspace';

/**
 * The variables that a runner sets for every step of a job that works in `folder`. Nothing of this
 * process is passed on but the path to its programs, and where Node.js keeps what it compiled: tests
 * start the same actions hundreds of times.
 */
export function githubEnvironment(folder: string): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  return {
    PATH,
    ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTION_REPOSITORY: ACTION_REPOSITORY,
    GITHUB_ACTOR: 'octocat',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_JOB: 'preview',
    GITHUB_REPOSITORY: 'octo-org/app',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '17000000001',
    GITHUB_RUN_NUMBER: '42',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKFLOW: 'Preview',
    GITHUB_WORKSPACE: folder,
    RUNNER_OS: RUNNER_OS[process.platform] ?? 'Linux',
    RUNNER_TEMP: folder,
  };
}

/** What the inputs of a step are evaluated from. */
export interface InputOptions {
  /** As under `with:`. */
  with: Record<string, string>;
  /** What `${{ job.status }}` is; `success` by default. */
  jobStatus?: string;
  /** Whether a post step has the defaults of its main step, as under Gitea's runner. */
  keepsDefaults?: boolean;
}

/**
 * `INPUT_*`: spaces in a name become underscores, and hyphens stay. An input that is left out has
 * its default; that it is `required` has no effect.
 */
export function inputEnvironment(
  { inputs = {} }: ActionManifest,
  { with: provided, jobStatus = SUCCESS, keepsDefaults = false }: InputOptions,
): Record<string, string> {
  // When the main step started, the job had not failed.
  const statusInDefaults = keepsDefaults ? SUCCESS : jobStatus;
  const all = Object.entries({ ...inputs, ...provided }).map(([name, input]) => {
    const value =
      typeof input === 'string'
        ? evaluate(input, jobStatus)
        : evaluate(input.default ?? '', statusInDefaults);
    return [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value];
  });
  return Object.fromEntries(all);
}

const SUCCESS = 'success';

/** Evaluates the only expression that is supported. */
function evaluate(text: string, jobStatus: string): string {
  return text.replaceAll(`\${{ job.status }}`, jobStatus);
}

/** `STATE_*`, from what the `main` of an action has saved for its `post`. */
export function stateEnvironment(state: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]));
}
