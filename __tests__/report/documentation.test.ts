import { describe, expect, test } from '@jest/globals';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { annotations, openHarness } from '../support/harness.ts';

const harness = openHarness();

const BY_DEFAULT =
  'https://github.com/OWNER/openrouter-workspace/blob/main/docs/troubleshooting.md#';

const lastLine = (step: StepResult, level?: string) =>
  annotations(step, level).at(-1)?.data.split('\n').at(-1);

describe('the last line of an annotation links to the section about its code', () => {
  test('at the repository and ref of the action, which the runner names', async () => {
    const step = await harness.create(
      { slug: 'A' },
      {
        GITHUB_ACTION_REPOSITORY: 'octo-org/workspaces',
        GITHUB_ACTION_REF: 'v1.2.3',
        GITHUB_SERVER_URL: 'https://github.example',
      },
    );
    expect(lastLine(step)).toBe(
      'See https://github.example/octo-org/workspaces/blob/v1.2.3/docs/troubleshooting.md#invalid-inputs',
    );
  });

  test.each([
    ['Gitea', 'GITEA_ACTIONS'],
    ['Forgejo', 'FORGEJO_ACTIONS'],
  ])('at the path that %s has', async (_, variable) => {
    const env = {
      GITHUB_ACTION_REPOSITORY: 'octo-org/workspaces',
      GITHUB_ACTION_REF: 'v1',
      GITHUB_SERVER_URL: 'https://git.example',
      [variable]: 'true',
    };
    expect(lastLine(await harness.create({ slug: 'A' }, env))).toBe(
      'See https://git.example/octo-org/workspaces/src/v1/docs/troubleshooting.md#invalid-inputs',
    );
  });

  test.each([
    ['empty, as with uses: ./', { GITHUB_ACTION_REPOSITORY: '', GITHUB_ACTION_REF: '' }],
    ['not set', {}],
  ])('at the main branch of the original repository if these are %s', async (_, env) => {
    const step = await harness.create({ slug: 'A' }, env);
    expect(lastLine(step)).toBe(`See ${BY_DEFAULT}invalid-inputs`);
  });

  test('in a warning, too', async () => {
    seedWorkspace(harness.sandbox, { slug: 'reused' });
    const inputs = { slug: 'reused', 'if-exists': 'reuse', 'enforce-zdr': 'true' };
    const step = await harness.create(inputs);
    expect(lastLine(step, 'warning')).toBe(`See ${BY_DEFAULT}governance-not-applied`);
  });
});
