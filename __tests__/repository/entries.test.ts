import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { seedContents } from '../../sandbox/cli/contents.ts';
import { runEarlierJob } from '../../sandbox/cli/earlier.ts';
import { sceneOf } from '../../sandbox/cli/scenes.ts';
import { stepIn } from '../../sandbox/github/environment.ts';
import { addRepository } from '../../sandbox/github/seed.ts';
import { startGitHub } from '../../sandbox/github/server.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { actionFolders, declaredInputs, readManifest } from '../../sandbox/runner/manifest.ts';
import { runPost, runStep, type StepOptions } from '../../sandbox/runner/runner.ts';
import { expectFailure, openHarness, ROOT } from '../support/harness.ts';
import { openResources } from '../support/resources.ts';

const harness = openHarness();
const resources = openResources();

const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** What a step has of the run that the first occurrence of its scene starts, if it has any. */
async function startFirstRun(folder: string) {
  const [first] = sceneOf(folder).occurrences ?? [];
  if (!first) return undefined;
  const server = resources.add(await startGitHub());
  const repository = addRepository(server.github, { name: 'octo-org/app' });
  return stepIn(server, first.happen(server.github, repository));
}

/** The outputs of steps that know them before they send a request to OpenRouter. */
const KNOWN_BEFORE: Readonly<Record<string, object>> = {
  preview: { state: 'open' },
  'end-key': { hash: expect.any(String), workspace: expect.any(String) },
};

/** The account in which an earlier job of the scene has run. */
async function startAccount(folder: string) {
  const sandbox = await harness.startSandbox();
  seedContents(sandbox, sceneOf(folder).contents);
  return sandbox;
}

/** The step of the scene of an action, for an account. */
async function stepFor(folder: string, { url, managementKey }: Sandbox): Promise<StepOptions> {
  const action = join(ROOT, folder);
  const connection = { 'management-key': managementKey, 'api-url': url };
  const { earlier, inputs } = sceneOf(folder);
  const job = earlier && (await runEarlierJob(earlier, connection));
  const run = await startFirstRun(folder);
  return {
    action,
    ...run,
    with: {
      ...declaredInputs(await readManifest(action), connection),
      ...run?.with,
      ...(job ? job.evaluate(inputs) : inputs),
    },
  };
}

/** The files in `dist/`, each as a process, which most other tests do without. */
describe.each(actionFolders(ROOT))('what %s/action.yml runs', (folder) => {
  test('fails with one annotation when OpenRouter rejects the key, also before its post step', async () => {
    const step = await stepFor(folder, await startAccount(folder));
    const rejected = { ...step, with: { ...step.with, 'api-url': harness.sandbox.url } };
    const main = await runStep(rejected);
    const { code } = expectFailure(main, KNOWN_BEFORE[folder]);
    expect(code).toBe(folder === 'unseal-key' ? 'sealed-key-ended' : 'unauthorized');
    if ((await readManifest(rejected.action)).runs.post === undefined) return;
    expect(await runPost(rejected, main)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('succeeds and sends its version as its User-Agent, as does its post step', async () => {
    const sandbox = await startAccount(folder);
    const accepted = await stepFor(folder, sandbox);
    const main = await runStep(accepted);
    expect(main).toMatchObject({ exitCode: 0, stderr: '' });
    const { outputs = {}, runs } = await readManifest(accepted.action);
    expect(Object.keys(outputs)).toEqual(expect.arrayContaining(Object.keys(main.outputs)));
    if (runs.post !== undefined) {
      expect(await runPost(accepted, main)).toMatchObject({ exitCode: 0, stderr: '' });
    }
    const agents = sandbox.requests.map(({ headers }) => headers['user-agent']);
    expect(new Set(agents)).toEqual(new Set([`${name}/${version}`]));
  });
});
