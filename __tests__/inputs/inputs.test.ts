import { expect, test } from '@jest/globals';
import { MAX_LENGTH } from '../../sandbox/openrouter/resources/workspaces.ts';
import { readManifest } from '../../sandbox/runner/runner.ts';
import { expectFailure, openHarness, ROOT } from '../support/harness.ts';

const harness = openHarness();

const NOTHING_SENT = 'Nothing was sent to OpenRouter.';

test('all input errors are reported together, a line each, in the order of action.yml', async () => {
  const invalid = {
    timeout: '60',
    'api-url': 'nowhere',
    'dry-run': 'yes',
    'if-exists': 'overwrite',
    'disabled-server-tools': '[',
    'io-logging-api-key-ids': 'a',
    description: 'd'.repeat(MAX_LENGTH.description + 1),
    slug: 'A'.repeat(MAX_LENGTH.slug + 1),
    name: '',
    'management-key': '',
  };
  const step = await harness.create(invalid);
  const { title, lines, code } = expectFailure(step);
  expect(code).toBe('invalid-inputs');
  expect(title).toBe('10 invalid inputs');
  const { inputs = {} } = await readManifest(ROOT);
  // The slug is invalid in two ways, and counts once.
  const namesInOrder = Object.keys(inputs)
    .filter((name) => name in invalid)
    .flatMap((name) => (name === 'slug' ? [name, name] : [name]));
  expect(lines.map((line) => line.split(' ')[0])).toEqual([...namesInOrder, 'Nothing']);
  expect(lines.at(-1)).toBe(NOTHING_SENT);
  expect(harness.sandbox.requests).toEqual([]);
  const summary = step.summary.replaceAll('&quot;', '"').replace(/<\/?a\b[^>]*>/g, '');
  for (const line of lines) expect(summary).toContain(line.split(';')[0]);
});
