import { join } from 'node:path';
import { beforeAll, expect } from '@jest/globals';
import { AT_ONCE } from '../../sandbox/openrouter/resources/usage.ts';
import {
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../sandbox/openrouter/server.ts';
import { runPostInProcess, runStepInProcess } from '../../sandbox/runner/in-process.ts';
import { TIMEOUT } from '../../sandbox/runner/in-process-time.ts';
import {
  readManifest,
  runPost,
  type StepOptions,
  type StepResult,
  startStep,
} from '../../sandbox/runner/runner.ts';
import { afterExchange, checkInterleavings } from './on-nth.ts';
import { openResources, type Resources } from './resources.ts';
import { ROOT } from './root.ts';
import { followSteps, inVirtualTime } from './step-time.ts';

export { ROOT };

type Inputs = Record<string, string>;

export type RunningStep = Awaited<ReturnType<typeof startStep>>;

/** The part of a main step's result that its post step receives. */
type MainState = Pick<StepResult, 'state'>;

/** What a post step depends on, next to its inputs. */
export type RunOptions = Pick<StepOptions, 'env' | 'jobStatus' | 'keepsDefaults'>;

/** A runner that evaluates the defaults of inputs for the main step only. */
export const GITEA: RunOptions = { env: { GITEA_ACTIONS: 'true' }, keepsDefaults: true };

export interface HarnessOptions extends SandboxOptions, Pick<StepOptions, 'timeOfDay'> {
  /**
   * Whether the time of day of the sandbox passes only as it does in steps, in this process or in virtual time,
   * and by `letPass`.
   */
  followsSteps?: boolean;
}

/**
 * Opens one sandbox for the test file, or for the `describe` that this is called in, and the committed
 * actions to run against it. Every step gets the sandbox's URL, its management key and a long timeout;
 * `inputs` add to these, or replace them. A `start…` returns while the step runs, the others at its end. Unless
 * `options` have another delay, the sandbox shows at once what was spent.
 */
export function openHarness({ timeOfDay, followsSteps, ...options }: HarnessOptions = {}) {
  const resources = openResources();
  checkInterleavings();
  const followed = followsSteps
    ? resources.add(followSteps(options.now?.() ?? new Date()))
    : undefined;
  const sandbox = openSandbox(resources, followed ? { ...options, now: followed.now } : options);
  const stepOf = (
    action: string,
    inputs: Inputs = {},
    env: StepOptions['env'] = {},
  ): StepOptions => {
    const { managementKey, url } = sandbox();
    return {
      action: join(ROOT, action),
      with: { 'management-key': managementKey, 'api-url': url, timeout: TIMEOUT, ...inputs },
      env: { ...followed?.env, ...env },
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
    /** The environment of a step in a process of its own, whose time the sandbox follows. */
    processEnv: () => inVirtualTime(followed?.env),
    /** Runs the root action, with a name and an unused slug unless `inputs` has others. */
    create: (inputs?: Inputs, env?: StepOptions['env']) => run(createStep(inputs, env)),
    startCreate: (inputs?: Inputs, env?: StepOptions['env']) => start(createStep(inputs, env)),
    /** Runs the post step of the root action after `main`; its inputs are evaluated again. */
    post: (main: MainState, inputs?: Inputs, env?: StepOptions['env']) =>
      post(createStep(inputs, env), main),
    run: (action: string, inputs: Inputs, env?: StepOptions['env']) =>
      run(stepOf(action, inputs, env)),
    start: (action: string, inputs: Inputs, env?: StepOptions['env']) =>
      start(stepOf(action, inputs, env)),
    /** Runs the post step of the action in the folder `action` after `main`. */
    end: (action: string, inputs: Inputs, main: MainState, options?: RunOptions) =>
      post({ ...stepOf(action, inputs), ...options }, main),
    /** Starts another sandbox, which is closed when the test file ends, if not before. */
    startSandbox: async (other?: SandboxOptions) =>
      resources.add(await startSandbox({ ...AT_ONCE, ...other })),
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
      ...AT_ONCE,
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
export async function startRegistered(
  options: StepOptions,
  resources: Resources,
): Promise<RunningStep> {
  const step = await startStep(options);
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

export function annotations(step: StepResult, level = 'error') {
  return step.commands.filter(({ name }) => name === level);
}

/** What a step masks of a key of OpenRouter: all of it, and what follows its prefix. */
export function masksOf(key: string): string[] {
  return [key, key.replace(/^sk-or-(v1|mgmt)-/, '')];
}

/** Everything that the step printed, except the commands that mask something. */
export function printedBy(step: StepResult): string {
  const lines = step.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  return lines.join('\n') + step.stderr;
}

/**
 * Expects `step` to fail with one annotation. Returns its first line, or for invalid inputs what its title says;
 * the rest of the message; its lines without the last one, which links to the section about its code; that code.
 */
export function expectFailure(step: StepResult, outputs = {}) {
  expect(step.exitCode).toBe(1);
  expect(step.outputs).toEqual(outputs);
  expect(step.stderr).toBe('');
  const errors = annotations(step);
  expect(errors).toHaveLength(1);
  const [error] = errors as [(typeof errors)[number]];
  expect(step.summary).toMatch(
    /<h3><a href="[^"]*\/docs\/troubleshooting\.md#[a-z-]+">❌ [^<]*OpenRouter/,
  );
  const all = error.data.split('\n');
  const [, code = ''] = LINK.exec(all.at(-1) ?? '') ?? [];
  expect(code).not.toBe('');
  const [, topic = ''] = ANNOTATION_TITLE.exec(error.properties['title'] ?? '') ?? [];
  const areInputs = code === 'invalid-inputs';
  expect(topic).toMatch(
    areInputs ? /^(invalid input \S+|\d+ invalid inputs)$/ : code.replaceAll('-', ' '),
  );
  const [title = '', ...message] = areInputs ? [topic, ...all] : all;
  return { title, message: message.join('\n'), lines: message.slice(0, -1), code };
}

/** The action, whether it is its post step, and what the annotation is about. */
const ANNOTATION_TITLE = /^[a-z-]+(?:, post step)?: (.*)$/;

const LINK = /^See https:\/\/\S+\/docs\/troubleshooting\.md#([a-z-]+)$/;
