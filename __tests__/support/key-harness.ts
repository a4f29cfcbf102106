import { createHash } from 'node:crypto';
import { beforeEach, expect } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/http/faults.ts';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { type KeyFixture, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { openEmptiedHarness } from './emptied-harness.ts';
import { annotations, expectFailure, printedBy, type RunOptions } from './harness.ts';
import { secretsIn } from './secret-forms.ts';

export const SLUG = 'preview-42';
export const HOUR_MS = 3_600_000;

/** The calls of a key step, as the account names them. */
export const LOOKUP = 'GET /workspaces/:id';
export const LIST = 'GET /keys';
export const CREATE = 'POST /keys';
export const READ = 'GET /keys/:hash';
export const DISABLE = 'PATCH /keys/:hash';
export const DELETE = 'DELETE /keys/:hash';

type Inputs = Record<string, string>;

/** A sandbox with a workspace, both new for each test, and key steps for it. */
export function openKeyHarness() {
  const current: { workspace?: Workspace } = {};
  const { harness, calls } = openEmptiedHarness();
  beforeEach(() => {
    current.workspace = seedWorkspace(harness.sandbox, { slug: SLUG });
  });

  const withDefaults = (inputs: Inputs = {}) => ({ workspace: SLUG, name: 'CI', ...inputs });
  const posted = (): KeyFixture[] =>
    harness.sandbox.requests
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => JSON.parse(body));
  return {
    harness,
    get sandbox() {
      return harness.sandbox;
    },
    get workspace() {
      return current.workspace as Workspace;
    },
    createKey: (inputs?: Inputs, env?: Inputs) => harness.run('key', withDefaults(inputs), env),
    /** Runs a key step until `requests` of its requests have arrived, then sends it `signal`. */
    async interruptKey(signal: NodeJS.Signals, requests: number, inputs?: Inputs, env?: Inputs) {
      const step = await harness.start('key', withDefaults(inputs), env);
      await harness.sandbox.received(requests);
      step.kill(signal);
      return step.result;
    },
    runPost: (main: StepResult, inputs?: Inputs, options?: RunOptions) =>
      harness.end('key', { workspace: SLUG, ...inputs }, main, options),
    keys: () => harness.sandbox.account.keys,
    calls,
    posted,
    scheduleFaults: (...faults: ScheduledFault[]) => harness.sandbox.faults.push(...faults),
  };
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

/** Everything that the step shows or saves but the output `key`. */
export function writtenBy(step: StepResult): string {
  const { key: _, ...others } = step.outputs;
  const shown = [printedBy(step), step.summary, JSON.stringify(others), JSON.stringify(step.state)];
  return shown.join('\n');
}

/** Expects that nothing that the step shows or saves but the output `key` has a secret in it. */
export function expectNoSecret(step: StepResult): void {
  expect(writtenBy(step)).not.toMatch(/sk-or-v1-[0-9a-f]{16}/);
  expect(secretsIn(writtenBy(step), [step.outputs['key'], ...step.masks])).toEqual([]);
}

/** Expects that the step fails, shows no secret, and sets only `outputs`; returns what it reports. */
export function expectFailed(step: StepResult, outputs = {}): { title: string; message: string } {
  expectNoSecret(step);
  return expectFailure(step, outputs);
}
