import type { Redact } from '../../src/report/text.ts';
import { stepIn } from '../github/environment.ts';
import { addRepository } from '../github/seed.ts';
import { type GitHubServer, startGitHub } from '../github/server.ts';
import { type Sandbox, startSandbox } from '../openrouter/server.ts';
import { mask } from '../runner/log.ts';
import { declaredInputs } from '../runner/manifest.ts';
import type { StepOptions, StepResult } from '../runner/runner.ts';
import type { Call } from './call.ts';
import { describeContents, seedContents } from './contents.ts';
import { runEarlierJob } from './earlier.ts';
import { changesOf, commandOf, nextExample } from './help.ts';
import { askModel, type Inputs, MINUTE, type Occurrence, SPEED, spendWithKey } from './scenes.ts';
import {
  firstLines,
  logLines,
  PUBLISHED,
  type Stage,
  show,
  showAllRequests,
  showJob,
  showStep,
  showTitle,
} from './show.ts';
import { writePage } from './summary.ts';
import type { Screen } from './terminal.ts';

/** How the steps of an example are run, and where it is shown. */
export interface RunOptions {
  runStep(step: StepOptions): Promise<StepResult>;
  /** Runs the post step after `main`. */
  runPost(step: StepOptions, main: Pick<StepResult, 'state'>): Promise<StepResult>;
  /** The time of day that the sandbox follows; that of this machine by default. */
  now?: () => Date;
  screen: Screen;
  /** By default, no one cancels it. */
  cancellation?: Cancellation;
}

/** What Ctrl+C does. */
export interface Cancellation {
  isCancelled(): boolean;
  /** Aborts when the step or post step that runs is to be killed, and no other to be run. */
  end: AbortSignal;
}

const NOT_CANCELLED: Cancellation = {
  isCancelled: () => false,
  end: new AbortController().signal,
};

/**
 * Runs an action in a sandbox, in one run or in one for each occurrence, and shows what a workflow author would
 * see on GitHub, then the requests of the action. Returns the exit code of the command.
 */
export async function run(
  call: Call,
  { now = () => new Date(), cancellation = NOT_CANCELLED, ...options }: RunOptions,
): Promise<number> {
  const { name, scene, contents, counterDelay } = call;
  const { screen } = options;
  const sandbox =
    call.apiUrl === undefined ? await startSandbox({ counterDelay, now, speed: SPEED }) : undefined;
  show(screen, commandOf(name), [scene.description]);
  if (sandbox) {
    seedContents(sandbox, contents);
    const lines = describeContents(sandbox);
    if (lines.length > 0) show(screen, 'Before the step, OpenRouter has', firstLines(lines));
  }
  const redact = (text: string) => mask(text, [call.managementKey ?? '']);
  const surroundings = { ...options, sandbox, redact, ...cancellation };
  const evaluated = { ...call, inputs: await evaluateInputs(call, surroundings) };
  showStep(screen, call, redact);
  const jobs = scene.occurrences
    ? await runOccurrences(evaluated, scene.occurrences, surroundings)
    : [await runJob(evaluated, surroundings)];
  const isOne = jobs.length === 1;
  for (const [at, job] of jobs.entries()) {
    showAllRequests(screen, job, { redact, of: isOne ? '' : `${ordinalOf(at, jobs)}: ` });
  }
  const stages = jobs.flat();
  await sandbox?.close();
  if (cancellation.isCancelled()) show(screen, 'Cancelled', ['Nothing else is run.']);
  if (call.preview) {
    const page = writePage(stages.map(({ result }) => result.summary));
    show(screen, 'Job summary as a page, for a browser', [page.href]);
  }
  if (sandbox) {
    show(screen, 'Try next', changesOf(call));
    // The line above the next prompt.
    showTitle(screen, nextExample(call));
  }
  if (cancellation.isCancelled()) return 130;
  const failed = stages.find(({ result }) => result.exitCode !== 0);
  return failed ? (failed.result.exitCode ?? 1) : 0;
}

/** How a step of the call reaches OpenRouter. */
function connectionOf(
  { managementKey, apiUrl }: Call,
  { sandbox }: Pick<Surroundings, 'sandbox'>,
): Inputs {
  return {
    'management-key': managementKey ?? sandbox?.managementKey ?? '',
    'api-url': apiUrl ?? sandbox?.url ?? '',
  };
}

/** The inputs of the call, with what an earlier job of the run has sealed, if the example has one. */
async function evaluateInputs(
  call: Call,
  { sandbox, redact, runStep, screen }: Surroundings,
): Promise<Inputs> {
  const { scene, inputs, contents } = call;
  if (!scene.earlier) return inputs;
  const { step, evaluate } = await runEarlierJob(
    scene.earlier,
    connectionOf(call, { sandbox }),
    runStep,
  );
  show(
    screen,
    'Log of the earlier job key',
    logLines(step).map((line) => redact(line)),
  );
  if (sandbox) spendWithKey(sandbox, step.outputs, contents);
  sandbox?.requests.splice(0);
  return evaluate(inputs);
}

interface Surroundings extends Omit<RunOptions, 'now' | 'cancellation'>, Cancellation {
  /** Undefined if the action runs against another server, which shows its requests itself. */
  sandbox: Sandbox | undefined;
  redact: Redact;
}

/** Lets each of `occurrences` happen in a GitHub, and runs and shows a job after it. */
async function runOccurrences(
  call: Call,
  occurrences: readonly Occurrence[],
  surroundings: Surroundings,
): Promise<Stage[][]> {
  const { sandbox, screen } = surroundings;
  // In one time with OpenRouter.
  const gitHub = await startGitHub(sandbox && { now: sandbox.account.now });
  const repository = addRepository(gitHub.github, { name: 'octo-org/app' });
  const jobs: Stage[][] = [];
  for (const [at, { title, passes = 0, happen }] of occurrences.entries()) {
    if (surroundings.isCancelled()) break;
    sandbox?.letPass(passes);
    const event = happen(gitHub.github, repository);
    const { action } = event.payload;
    const eventName = [event.name, ...(action === undefined ? [] : [action])].join(', ');
    const later = passes === 0 ? '' : `, ${passes / MINUTE} minutes later`;
    show(screen, `${ordinalOf(at, occurrences)}: ${title}${later}`, [`Event ${eventName}`]);
    const run = stepIn(gitHub, event, { id: 17_000_000_001 + at });
    const comments = () => repository.comments.now().map(({ body }) => body);
    jobs.push(await runJob(call, surroundings, { gitHub, run, comments }));
  }
  await gitHub.close();
  return jobs;
}

/** `1 of 3` */
function ordinalOf(at: number, all: readonly unknown[]): string {
  return `${at + 1} of ${all.length}`;
}

/** The run that something on GitHub has started. */
interface StartedRun {
  gitHub: GitHubServer;
  run: ReturnType<typeof stepIn>;
  /** The bodies of the comments on its pull requests, as they are when this is called. */
  comments(): string[];
}

/** Runs the step, the rest of its job and its post step, and shows them. */
async function runJob(
  call: Call,
  { sandbox, end, screen, runStep, runPost }: Surroundings,
  started?: StartedRun,
): Promise<Stage[]> {
  const { scene, action, manifest, contents, inputs } = call;
  const step: StepOptions = {
    action,
    signal: end,
    ...started?.run,
    with: {
      ...declaredInputs(manifest, connectionOf(call, { sandbox })),
      ...started?.run.with,
      ...inputs,
    },
    // As the runner sets them for the step that is shown.
    env: {
      ...started?.run.env,
      GITHUB_ACTION_REPOSITORY: PUBLISHED.repository,
      GITHUB_ACTION_REF: PUBLISHED.ref,
    },
  };
  const received = () => ({
    requests: sandbox?.requests.splice(0),
    ...(started && { gitHubRequests: started.gitHub.requests.splice(0) }),
  });
  if (!sandbox) {
    const lines = [
      'Its log follows when it has ended.',
      'Ctrl+C cancels it, and the post step still runs.',
    ];
    show(screen, 'Running the step', lines);
  }
  const inOneTime = () => ({
    ...step,
    ...(sandbox && { timeOfDay: sandbox.account.now().getTime() }),
  });
  const main = await runStep(inOneTime());
  const stages: Stage[] = [{ name: 'step', result: main, ...received() }];
  if (sandbox) scene.runJob?.(sandbox, main.outputs, contents);
  const asked = sandbox && askModel(sandbox, main.outputs, call);
  if (manifest.runs.post !== undefined && !end.aborted) {
    const post = await runPost(inOneTime(), main);
    stages.push({ name: 'post step', result: post, ...received() });
  }
  showJob(screen, stages, { comments: started?.comments() ?? [], next: scene.next });
  if (asked) show(screen, 'The job has asked a model', asked);
  return stages;
}
