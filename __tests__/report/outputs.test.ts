import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { actionFolders, readManifest } from '../../sandbox/runner/manifest.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { openHarness, ROOT } from '../support/harness.ts';

const harness = openHarness();

const DAY = 86_400_000;

/** Runs a create step for a workspace that exists. */
function createExisting(slug: string, inputs: Record<string, string>): Promise<StepResult> {
  seedWorkspace(harness.sandbox, { slug });
  return harness.create({ slug, ...inputs });
}

/** Runs an action for a workspace that exists. */
function runFor(action: string, slug: string, inputs: Record<string, string> = {}) {
  return harness.run(action, { workspace: slug, ...inputs });
}

/** Runs that together set every output of an action. */
const RUNS: [name: string, folder: string, runs: () => Promise<StepResult[]>][] = [
  [
    'root',
    '',
    async () => [
      await harness.create(),
      await harness.create({ 'dry-run': 'true' }),
      await createExisting('reused', { 'if-exists': 'reuse' }),
      await createExisting('updated', { 'if-exists': 'update', name: 'Renamed' }),
      await createExisting('unchanged', { 'if-exists': 'update', 'dry-run': 'true' }),
      await createExisting('taken', {}),
      await createWithoutGuardrail(),
    ],
  ],
  [
    'key',
    'key',
    async () => {
      seedWorkspace(harness.sandbox, { slug: 'with-new-keys' });
      return [
        await runFor('key', 'with-new-keys', { name: 'CI' }),
        await runFor('key', 'with-new-keys', { 'expires-in': 'never' }),
        await replaceUndeletableKey(),
        await runFor('key', 'missing'),
      ];
    },
  ],
  [
    'usage',
    'usage',
    async () => {
      const workspace = seedWorkspace(harness.sandbox, { slug: 'with-usage' });
      const key = seedKey(harness.sandbox, workspace, { limit: 1 });
      seedUsage(harness.sandbox, key, { credits: 0.5 });
      return [
        await runFor('usage', 'with-usage'),
        await runFor('usage', 'with-usage', { 'key-hash': key.hash }),
        await runFor('usage', 'with-usage', { 'fail-above-usd': '0.4' }),
        await runFor('usage', 'missing'),
      ];
    },
  ],
  [
    'delete',
    'delete',
    async () => {
      seedWorkspace(harness.sandbox, { slug: 'with-keys', keys: 2 });
      return [
        await runFor('delete', 'with-keys'),
        await runFor('delete', 'with-keys', { 'delete-keys': 'true', 'dry-run': 'true' }),
        await runFor('delete', 'with-keys', { 'delete-keys': 'true' }),
        await runFor('delete', 'missing'),
      ];
    },
  ],
  [
    'sweep',
    'sweep',
    async () => {
      for (const slug of ['pr-1', 'pr-2']) seedWorkspace(harness.sandbox, { slug, age: 2 * DAY });
      seedWorkspace(harness.sandbox, { slug: 'pr-3', age: 2 * DAY, keys: 1 });
      const inputs = { 'slug-pattern': 'pr-*', 'older-than': '1d' };
      return [
        await harness.run('sweep', { ...inputs, 'dry-run': 'true' }),
        await harness.run('sweep', { ...inputs, 'max-deletions': '1' }),
        await harness.run('sweep', inputs),
      ];
    },
  ],
];

/** Runs a create step that fails after the workspace exists. */
function createWithoutGuardrail(): Promise<StepResult> {
  harness.sandbox.faults.push({ on: 'PATCH /guardrails/:id', kind: 'response', status: 403 });
  return harness.create({ 'enforce-zdr': 'true' });
}

/** Runs a key step that fails after the key exists. */
function replaceUndeletableKey(): Promise<StepResult> {
  harness.sandbox.faults.push({ on: 'DELETE /keys/:hash', kind: 'response', status: 403 });
  return runFor('key', 'with-new-keys', { name: 'CI', replace: 'true' });
}

test('every action is tested', () => {
  expect(RUNS.map(([, folder]) => folder).toSorted()).toEqual(actionFolders(ROOT));
});

test.each(RUNS)(
  'the %s action sets the outputs that its action.yml declares',
  async (_, folder, run) => {
    const { outputs: declared = {} } = await readManifest(join(ROOT, folder));
    const steps = await run();
    expect(harness.sandbox.faults).toEqual([]);
    const exitCodes = new Set(steps.map(({ exitCode }) => exitCode));
    expect(exitCodes).toEqual(new Set([0, 1]));
    const set = new Set(steps.flatMap(({ outputs }) => Object.keys(outputs)));
    expect([...set].toSorted()).toEqual(Object.keys(declared).toSorted());
  },
);
