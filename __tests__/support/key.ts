import { createHash } from 'node:crypto';
import { beforeEach, expect } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { type KeyFixture, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { annotations, expectFailure, openHarness, printedBy } from './harness.ts';

export const SLUG = 'preview-42';
export const HOUR_MS = 3_600_000;

/** The calls of a key step, as the account names them. */
export const LOOKUP = 'GET /workspaces/:id';
export const LIST = 'GET /keys';
export const CREATE = 'POST /keys';
export const READ = 'GET /keys/:hash';
export const DELETE = 'DELETE /keys/:hash';

type Inputs = Record<string, string>;

/** One sandbox for the tests of a file with a workspace, and the committed key action run against it. */
interface KeyHarness {
  readonly sandbox: Sandbox;
  readonly harness: ReturnType<typeof openHarness>;
  /** The workspace of the current test. */
  readonly workspace: Workspace;
  /** Stops the server's clock in the current test, at `ms` since 1970. */
  setServerTime(ms: number): void;
  /** Runs a key step for the workspace. */
  createKey(inputs?: Inputs, env?: Record<string, string>): Promise<StepResult>;
  /** Runs a key step until `requests` of its requests have arrived, then sends it `signal`. */
  interruptKey(signal: NodeJS.Signals, requests: number, inputs?: Inputs): Promise<StepResult>;
  /** Runs the post step of `main`. */
  runPost(main: StepResult, inputs?: Inputs): Promise<StepResult>;
  /** The keys of the account, newest first. */
  keys(): Key[];
  /** The calls that have arrived. */
  calls(): string[];
  /** The bodies of the POSTs that have arrived. */
  posted(): KeyFixture[];
  /** Has `faults` happen to the next requests, each to one. */
  scheduleFaults(...faults: ScheduledFault[]): void;
}

export function openKeyHarness(): KeyHarness {
  const current: { workspace?: Workspace; serverTime: () => Date } = {
    serverTime: () => new Date(),
  };
  const harness = openHarness({
    now: () => current.serverTime(),
  });
  beforeEach(() => {
    const { account, requests, faults } = harness.sandbox;
    current.serverTime = () => new Date();
    account.workspaces.length = 1;
    for (const list of [account.keys, requests, faults]) list.length = 0;
    current.workspace = seedWorkspace(harness.sandbox, { slug: SLUG });
  });

  const withDefaults = (inputs: Inputs = {}) => ({ workspace: SLUG, name: 'CI', ...inputs });
  return {
    harness,
    get sandbox() {
      return harness.sandbox;
    },
    get workspace() {
      return current.workspace as Workspace;
    },
    setServerTime(ms) {
      current.serverTime = () => new Date(ms);
    },
    createKey: (inputs, env) => harness.run('key', withDefaults(inputs), env),
    async interruptKey(signal, requests, inputs) {
      const step = await harness.start('key', withDefaults(inputs));
      await harness.sandbox.received(requests);
      step.kill(signal);
      return step.result;
    },
    runPost: (main, inputs) => harness.end('key', { workspace: SLUG, ...inputs }, main),
    keys: () => harness.sandbox.account.keys,
    calls: () => callsOf(harness.sandbox),
    posted: () => bodiesOf(harness.sandbox),
    scheduleFaults: (...faults) => harness.sandbox.faults.push(...faults),
  };
}

function callsOf({ account, requests }: Sandbox): string[] {
  return requests.map(({ method, path }) => account.callOf(method, path));
}

function bodiesOf({ requests }: Sandbox): KeyFixture[] {
  return requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body));
}

export function sha256(text: string | undefined): string {
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex');
}

/** Expects that the step succeeds with a key that exists, and shows no secret but in its output. */
export function expectCreated(step: StepResult, keys: readonly Key[]): void {
  expect(annotations(step)).toEqual([]);
  expect(step.exitCode).toBe(0);
  const { key, hash } = step.outputs;
  expect(sha256(key)).toBe(hash);
  expect(keys.map((candidate) => candidate.hash)).toContain(hash);
  expect(step.masks).toContain(key);
  expectNoSecret(step);
}

/** Expects that nothing that the step shows or saves but the output `key` has a secret in it. */
export function expectNoSecret(step: StepResult): void {
  const { key: _, ...others } = step.outputs;
  const shown = [printedBy(step), step.summary, JSON.stringify(others), JSON.stringify(step.state)];
  expect(shown.join('\n')).not.toMatch(/sk-or-v1-[0-9a-f]{16}/);
}

/** Expects that the step fails, shows no secret, and sets only `outputs`; returns what it reports. */
export function expectFailed(step: StepResult, outputs = {}): { title: string; message: string } {
  expectNoSecret(step);
  return expectFailure(step, outputs);
}
