import { expect, test } from '@jest/globals';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { annotations, openHarness } from '../support/harness.ts';

const harness = openHarness();

const AT = { GITHUB_ACTION_REPOSITORY: 'octo-org/workspaces', GITHUB_ACTION_REF: 'v1.2.3' };
const SERVER = { GITHUB_SERVER_URL: 'https://git.example' };
const BY_DEFAULT = 'https://github.com/OWNER/openrouter-workspace/blob/main';

test.each<[string, Record<string, string>, string]>([
  [
    'at the repository and ref of the action, which the runner names',
    { ...AT, ...SERVER },
    'https://git.example/octo-org/workspaces/blob/v1.2.3',
  ],
  [
    'at the path that Gitea has',
    { ...AT, ...SERVER, GITEA_ACTIONS: 'true' },
    'https://git.example/octo-org/workspaces/src/v1.2.3',
  ],
  [
    'at the path that Forgejo has',
    { ...AT, ...SERVER, FORGEJO_ACTIONS: 'true' },
    'https://git.example/octo-org/workspaces/src/v1.2.3',
  ],
  [
    'at the main branch of the original repository if these are empty, as with uses: ./',
    { GITHUB_ACTION_REPOSITORY: '', GITHUB_ACTION_REF: '' },
    BY_DEFAULT,
  ],
  ['at the main branch of the original repository if these are not set', {}, BY_DEFAULT],
])('annotations end with a link to the section about their code, %s', async (_, env, root) => {
  seedWorkspace(harness.sandbox, { slug: 'reused' });
  harness.sandbox.faults.push({ on: 'GET /workspaces/:id', kind: 'response', status: 403 });
  const inputs = { slug: 'reused', 'if-exists': 'reuse', 'enforce-zdr': 'true' };
  const failed = await harness.create(inputs, env);
  const warned = await harness.create(inputs, env);
  harness.sandbox.account.workspaces.splice(1);
  const lastLine = (data = '') => data.split('\n').at(-1);
  expect(lastLine(annotations(failed)[0]?.data)).toBe(
    `See ${root}/docs/troubleshooting.md#forbidden`,
  );
  expect(lastLine(annotations(warned, 'warning')[0]?.data)).toBe(
    `See ${root}/docs/troubleshooting.md#governance-not-applied`,
  );
});
