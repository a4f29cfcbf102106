import { join } from 'node:path';
import { beforeAll, expect } from '@jest/globals';
import {
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../sandbox/openrouter/server.ts';
import { runPostInProcess, runStepInProcess } from '../../sandbox/runner/in-process.ts';
import {
  readManifest,
  runPost,
  type StepOptions,
  type StepResult,
  startPost,
  startStep,
} from '../../sandbox/runner/runner.ts';
import { afterExchange } from './on-nth.ts';
import { openResources, type Resources } from './resources.ts';
import { ROOT } from './root.ts';

export { ROOT };

type Inputs = Record<string, string>;

/** The timeout of a step that has no other: longer than a step takes by itself on any machine. */
const TIMEOUT = '4m';

export type RunningStep = Awaited<ReturnType<typeof startStep>>;

/** The part of a main step's result that its post step receives. */
type MainState = Pick<StepResult, 'state'>;

/** What a post step depends on, next to its inputs. */
export type RunOptions = Pick<StepOptions, 'env' | 'jobStatus' | 'keepsDefaults'>;

/** A runner that evaluates the defaults of inputs for the main step only. */
export const GITEA: RunOptions = { env: { GITEA_ACTIONS: 'true' }, keepsDefaults: true };

/**
 * One sandbox for the tests of a file, and the committed actions to run against it. Every step gets
 * the sandbox's URL, its management key and a long timeout; `inputs` add to these, or replace them.
 */
export interface Harness {
  readonly sandbox: Sandbox;
  /** Runs the root action to its end, with a name and an unused slug unless `inputs` has others. */
  create(inputs?: Inputs, env?: StepOptions['env']): Promise<StepResult>;
  /** Starts the same step, and returns while it runs. */
  startCreate(inputs?: Inputs, env?: StepOptions['env']): Promise<RunningStep>;
  /** Runs the post step of the root action after `main`; its inputs are evaluated again. */
  post(main: MainState, inputs?: Inputs, env?: StepOptions['env']): Promise<StepResult>;
  /** Runs the action in the folder `action` to its end. */
  run(action: string, inputs: Inputs, env?: StepOptions['env']): Promise<StepResult>;
  /** Starts the action in the folder `action`, and returns while it runs. */
  start(action: string, inputs: Inputs, env?: StepOptions['env']): Promise<RunningStep>;
  /** Runs the post step of the action in the folder `action` after `main`. */
  end(action: string, inputs: Inputs, main: MainState, run?: RunOptions): Promise<StepResult>;
  /** Starts the same post step, and returns while it runs. */
  startEnd(action: string, inputs: Inputs, main: MainState): Promise<RunningStep>;
  /** Starts another sandbox, which is closed when the test file ends, if not before. */
  startSandbox(options?: SandboxOptions): Promise<Sandbox>;
}

export type HarnessOptions = SandboxOptions & Pick<StepOptions, 'timeOfDay'>;

/** Opens a harness for the test file, or for the `describe` that this is called in. */
export function openHarness({ timeOfDay, ...options }: HarnessOptions = {}): Harness {
  const resources = openResources();
  const sandbox = openSandbox(resources, options);
  const stepOf = (
    action: string,
    inputs: Inputs = {},
    env: StepOptions['env'] = {},
  ): StepOptions => {
    const { managementKey, url } = sandbox();
    return {
      action: join(ROOT, action),
      with: { 'management-key': managementKey, 'api-url': url, timeout: TIMEOUT, ...inputs },
      env,
      ...(timeOfDay !== undefined && { timeOfDay }),
    };
  };
  const createStep = (inputs: Inputs = {}, env?: StepOptions['env']) =>
    stepOf('', { ...workspaceInputs(), ...inputs }, env);
  const start = (step: StepOptions) => startRegistered(step, resources);
  const run = async (step: StepOptions) =>
    needsProcess(step) ? (await start(step)).result : runStepInProcess(step);
  const post = (step: StepOptions, main: MainState) =>
    needsProcess(step) ? runPost(step, main) : runPostInProcess(step, main);
  return {
    get sandbox() {
      return sandbox();
    },
    create: (inputs, env) => run(createStep(inputs, env)),
    startCreate: (inputs, env) => start(createStep(inputs, env)),
    post: (main, inputs, env) => post(createStep(inputs, env), main),
    run: (action, inputs, env) => run(stepOf(action, inputs, env)),
    start: (action, inputs, env) => start(stepOf(action, inputs, env)),
    end: (action, inputs, main, options) => post({ ...stepOf(action, inputs), ...options }, main),
    startEnd: (action, inputs, main) =>
      register(startPost(stepOf(action, inputs), main), resources),
    startSandbox: async (other) => resources.add(await startSandbox(other)),
  };
}

/** Whether a step cannot share the process of the tests: it has options for its own. */
function needsProcess({ env }: StepOptions): boolean {
  return env?.['NODE_OPTIONS'] !== undefined;
}

/** The sandbox of a harness, which is open while tests run. */
function openSandbox(resources: Resources, options?: SandboxOptions): () => Sandbox {
  let opened: Sandbox | undefined;
  const sandbox = () => {
    if (!opened) throw new Error('The sandbox is open only while tests run');
    return opened;
  };
  beforeAll(async () => {
    const started = await startSandbox({
      ...options,
      onExchange(request, outcome) {
        options?.onExchange?.(request, outcome);
        afterExchange(sandbox(), request);
      },
    });
    opened = resources.add(started);
  });
  return sandbox;
}

/** The names of the outputs that the action in the folder `action` declares. */
export async function declaredOutputs(action: string): Promise<string[]> {
  return Object.keys((await readManifest(join(ROOT, action))).outputs ?? {});
}

/** Starts a step, which is killed if it is still running when the test file ends. */
export function startRegistered(options: StepOptions, resources: Resources): Promise<RunningStep> {
  return register(startStep(options), resources);
}

async function register(
  starting: Promise<RunningStep>,
  resources: Resources,
): Promise<RunningStep> {
  const step = await starting;
  resources.add({
    close() {
      step.kill('SIGKILL');
      return step.result;
    },
  });
  return step;
}

let workspaces = 0;

/** A name, and a slug that no other test of the file uses. */
export function workspaceInputs(): { name: string; slug: string } {
  workspaces += 1;
  return { name: 'Preview', slug: `preview-${workspaces}` };
}

/** The environment of a step in whose process the module `code` runs before the action. */
export function preloaded(code: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

/** The annotations of a step with one level. */
export function annotations(step: StepResult, level = 'error') {
  return step.commands.filter(({ name }) => name === level);
}

/** Everything that the step printed, except the commands that mask something. */
export function printedBy(step: StepResult): string {
  const lines = step.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  return lines.join('\n') + step.stderr;
}

/** The one annotation of a step that failed. */
interface FailureText {
  title: string;
  /** The message without its first line, which repeats the title: GitHub's log has no titles. */
  message: string;
  /** The lines of `message` without the last one, which links to the documentation. */
  lines: string[];
  /** The code of the failure, from that link. */
  code: string;
}

/** Expects that the step failed, with one annotation, a summary, and no outputs but `outputs`. */
export function expectFailure(step: StepResult, outputs = {}): FailureText {
  expect(step.exitCode).toBe(1);
  expect(step.outputs).toEqual(outputs);
  expect(step.stderr).toBe('');
  const errors = annotations(step);
  expect(errors).toHaveLength(1);
  const [error] = errors as [(typeof errors)[number]];
  expect(step.summary).toMatch(/<h3><a href="[^"]*\/docs\/troubleshooting\.md#[a-z-]+">❌ /);
  const { title = '' } = error.properties;
  const [heading, ...message] = error.data.split('\n');
  expect(heading).toBe(title);
  const lines = message.slice(0, -1);
  const [, code = ''] = LINK.exec(message.at(-1) ?? '') ?? [];
  expect(code).not.toBe('');
  return { title, message: message.join('\n'), lines, code };
}

/** The last line of every annotation. */
const LINK = /^See https:\/\/\S+\/docs\/troubleshooting\.md#([a-z-]+)$/;
