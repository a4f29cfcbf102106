import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { seedContents } from '../../sandbox/cli/contents.ts';
import { sceneOf } from '../../sandbox/cli/scenes.ts';
import { stepIn } from '../../sandbox/github/environment.ts';
import { addRepository } from '../../sandbox/github/seed.ts';
import { startGitHub } from '../../sandbox/github/server.ts';
import { actionFolders, readManifest } from '../../sandbox/runner/manifest.ts';
import { runPost, runStep } from '../../sandbox/runner/runner.ts';
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

/** The files in `dist/`, each as a process, which most other tests do without. */
describe.each(actionFolders(ROOT))('what %s/action.yml runs', (folder) => {
  const step = async (inputs: Record<string, string>) => {
    const run = await startFirstRun(folder);
    return {
      action: join(ROOT, folder),
      ...run,
      with: {
        'api-url': harness.sandbox.url,
        ...run?.with,
        ...sceneOf(folder).inputs,
        ...inputs,
      },
    };
  };

  test('fails with one annotation when OpenRouter rejects the key, also before its post step', async () => {
    const rejected = await step({ 'management-key': 'sk-or-v1-unknown' });
    const main = await runStep(rejected);
    // That of its pull request is known before.
    const outputs = folder === 'preview' ? { state: 'open' } : {};
    expect(expectFailure(main, outputs).code).toBe('unauthorized');
    if ((await readManifest(rejected.action)).runs.post === undefined) return;
    expect(await runPost(rejected, main)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('succeeds and sends its version as its User-Agent, as does its post step', async () => {
    const sandbox = await harness.startSandbox();
    seedContents(sandbox, sceneOf(folder).contents);
    const accepted = await step({
      'api-url': sandbox.url,
      'management-key': sandbox.managementKey,
    });
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
