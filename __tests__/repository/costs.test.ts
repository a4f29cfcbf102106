import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { readExamples } from '../../scripts/examples.ts';
import { openHarness } from '../support/harness.ts';
import { ROOT } from '../support/root.ts';

interface Workflow {
  name: string;
  concurrency: object;
  jobs: Record<string, { steps: { with?: Record<string, unknown>; env?: object }[] }>;
}

const harness = openHarness();

const WORKFLOWS = ['docs/costs.md', 'docs/preview-environments.md']
  .flatMap((document) => readExamples(join(ROOT, document)))
  .map(({ text }): Workflow => parse(text))
  .filter(({ name }) => ['Rotate the API key', 'Release'].includes(name));

test.each(WORKFLOWS)(
  'the workflow $name puts a new key into use in its last step, one job after the other',
  async ({ concurrency, jobs }) => {
    expect(concurrency).toMatchObject({ 'cancel-in-progress': false });
    const [key, last] = (Object.values(jobs)[0]?.steps ?? []).slice(-2);
    // What follows from these inputs is a property of its own.
    expect(key).toMatchObject({
      id: 'key',
      uses: 'OWNER/openrouter-workspace/key@v1',
      with: { 'revoke-after-job': false, replace: 'after-job' },
    });
    expect(Object.values(last?.env ?? {})).toContain(`\${{ steps.key.outputs.key }}`);
    const { 'management-key': _, ...inputs } = key?.with ?? {};
    const texts = Object.entries(inputs).map(([name, value]) => [name, String(value)]);
    const { slug } = seedWorkspace(harness.sandbox, { slug: 'of-the-service' });
    const step = await harness.run('key', { ...Object.fromEntries(texts), workspace: slug });
    expect(step).toMatchObject({ exitCode: 0, outputs: { key: expect.any(String) } });
    harness.sandbox.account.workspaces.length = 1;
  },
);

test('two workflows of the documents replace a key', () => {
  expect(WORKFLOWS).toHaveLength(2);
});
