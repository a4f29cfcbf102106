import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import {
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../sandbox/openrouter/server.ts';
import {
  readManifest,
  runPost,
  runStep,
  type StepOptions,
  type StepResult,
  startStep,
} from '../../sandbox/runner/runner.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

type Inputs = Record<string, string>;

type ExchangeListener = NonNullable<SandboxOptions['onExchange']>;

/** What a post step has of its main one. */
type Left = Pick<StepResult, 'state'>;

/** One sandbox for the tests of a file, and the committed root action run against it. */
export interface Harness {
  readonly sandbox: Sandbox;
  /** Calls `listener` after each exchange with the sandbox, until the current test ends. */
  onExchange(listener: ExchangeListener): void;
  /** Runs a create step whose inputs are valid, but for what `inputs` says. */
  create(inputs?: Inputs, env?: StepOptions['env']): Promise<StepResult>;
  startCreate(inputs?: Inputs, env?: StepOptions['env']): ReturnType<typeof startStep>;
  /** Runs the post step after `main`, with inputs evaluated anew. */
  post(main: Left, inputs?: Inputs): Promise<StepResult>;
  /** Runs a step of the action in the folder `action`, with no inputs but these and the key. */
  run(action: string, inputs: Inputs, env?: StepOptions['env']): Promise<StepResult>;
  start(action: string, inputs: Inputs): ReturnType<typeof startStep>;
  /** Runs its post step after `main`. */
  end(action: string, inputs: Inputs, main: Left): Promise<StepResult>;
}

export function openHarness(options?: SandboxOptions): Harness {
  let opened: Sandbox | undefined;
  const sandbox = () => {
    if (!opened) throw new Error('the sandbox is open while tests run');
    return opened;
  };
  const listeners = new Set<ExchangeListener>();
  beforeAll(async () => {
    opened = await startSandbox({
      ...options,
      onExchange(request, outcome) {
        options?.onExchange?.(request, outcome);
        for (const listener of listeners) listener(request, outcome);
      },
    });
  });
  afterEach(() => listeners.clear());
  afterAll(() => sandbox().close());

  const stepOf = (action: string, inputs: Inputs): StepOptions => {
    const { managementKey, url } = sandbox();
    return {
      action: join(ROOT, action),
      with: { 'management-key': managementKey, 'api-url': url, ...inputs },
    };
  };
  const step = (inputs: Inputs = {}, env: StepOptions['env'] = {}): StepOptions => ({
    ...stepOf('', { ...workspaceInputs(), ...inputs }),
    env,
  });
  return {
    get sandbox() {
      return sandbox();
    },
    onExchange: (listener) => listeners.add(listener),
    create: (inputs, env) => runStep(step(inputs, env)),
    startCreate: (inputs, env) => startStep(step(inputs, env)),
    post: (main, inputs) => runPost(step(inputs), main),
    run: (action, inputs, env = {}) => runStep({ ...stepOf(action, inputs), env }),
    start: (action, inputs) => startStep(stepOf(action, inputs)),
    end: (action, inputs, main) => runPost(stepOf(action, inputs), main),
  };
}

let workspaces = 0;

/** A name, and a slug that no other test of the file has. */
export function workspaceInputs(): { name: string; slug: string } {
  workspaces += 1;
  return { name: 'Preview', slug: `preview-${workspaces}` };
}

/** The environment of a step in whose process `code`, a module, runs before the action does. */
export function preloaded(code: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

export function annotations(step: StepResult, level = 'error') {
  return step.commands.filter(({ name }) => name === level);
}

/** What the step has written to its log, but for what it has masked there. */
export function printedBy(step: StepResult): string {
  const lines = step.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  return lines.join('\n') + step.stderr;
}

/**
 * Expects that the step fails, with one annotation and with no outputs but `outputs`. Returns the
 * title and the message without its first line, which must be the title: GitHub's log has no titles.
 */
export function expectFailure(step: StepResult, outputs = {}): { title: string; message: string } {
  expect(step.exitCode).toBe(1);
  expect(step.outputs).toEqual(outputs);
  expect(step.stderr).toBe('');
  const errors = annotations(step);
  expect(errors).toHaveLength(1);
  const [error] = errors as [(typeof errors)[number]];
  expect(step.summary).toContain('<h3>❌ ');
  const { title = '' } = error.properties;
  const [heading, ...lines] = error.data.split('\n');
  expect(heading).toBe(title);
  return { title, message: lines.join('\n') };
}

/** The names of the outputs that the action in the folder `action` declares. */
export async function declaredOutputs(action: string): Promise<string[]> {
  return Object.keys((await readManifest(join(ROOT, action))).outputs ?? {});
}
