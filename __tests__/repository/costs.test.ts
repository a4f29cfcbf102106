import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { readExamples } from '../../scripts/examples.ts';
import { openHarness } from '../support/harness.ts';
import { ROOT } from '../support/root.ts';
import { openShell } from '../support/shell.ts';

interface Workflow {
  name: string;
  concurrency: object;
  jobs: Record<
    string,
    { steps: { id?: string; with?: Record<string, unknown>; run?: string; env?: object }[] }
  >;
}

const harness = openHarness();
const shell = openShell();

const WORKFLOWS = ['docs/costs.md', 'docs/preview-environments.md']
  .flatMap((document) => readExamples(join(ROOT, document)))
  .map(({ text }): Workflow => parse(text));

/** Expects that `script` asks until no run is left, and fails if it cannot ask. */
function expectWait(script = ''): void {
  shell.write('count', '2');
  shell.stub('sleep', 'exit 0');
  shell.stub('gh', 'left=$(cat count); echo "$left"; echo $((left - 1)) > count');
  expect(shell.run(script)).toBe(0);
  expect(shell.read('count')).toBe('-1\n');
  shell.stub('gh', 'exit 1');
  expect(shell.run(script)).toBe(1);
}

test.each([
  ['Rotate the API key', 1],
  ['Release', 2],
])(
  'the workflow %s passes a new key on, then waits for jobs with the old one, one run after the other',
  async (title, places) => {
    const { concurrency, jobs } = WORKFLOWS.find(({ name }) => name === title) ?? { jobs: {} };
    expect(concurrency).toMatchObject({ 'cancel-in-progress': false });
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    const [key, ...last] = steps.slice(steps.findIndex(({ id }) => id === 'key'));
    const wait = last.pop();
    // What follows from these inputs is a property of its own.
    expect(key).toMatchObject({
      uses: 'OWNER/openrouter-workspace/key@v1',
      with: { 'revoke-after-job': false, replace: 'after-job' },
    });
    // The older keys are deleted once the job has succeeded, so all places need the new one before.
    expect(last).toHaveLength(places);
    for (const { env = {} } of last) {
      expect(Object.values(env)).toContain(`\${{ steps.key.outputs.key }}`);
    }
    expectWait(wait?.run);
    const { 'management-key': _, ...inputs } = key?.with ?? {};
    const texts = Object.entries(inputs).map(([name, value]) => [name, String(value)]);
    const { slug } = seedWorkspace(harness.sandbox, { slug: 'of-the-service' });
    const step = await harness.run('key', { ...Object.fromEntries(texts), workspace: slug });
    expect(step).toMatchObject({ exitCode: 0, outputs: { key: expect.any(String) } });
    harness.sandbox.account.workspaces.length = 1;
  },
);
