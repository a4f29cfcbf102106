import { expect, test } from '@jest/globals';
import { troubleshootingUrl } from '../../src/report/description.ts';

const AT = {
  GITHUB_SERVER_URL: 'https://git.example',
  GITHUB_ACTION_REPOSITORY: 'octo-org/workspaces',
  GITHUB_ACTION_REF: 'v1.2.3',
};
const BY_DEFAULT = 'https://github.com/OWNER/openrouter-workspace/blob/main';

test.each<[string, Record<string, string>, string]>([
  [
    'at the repository and ref of the action, which the runner names',
    AT,
    'https://git.example/octo-org/workspaces/blob/v1.2.3',
  ],
  [
    'at the path that Gitea has',
    { ...AT, GITEA_ACTIONS: 'true' },
    'https://git.example/octo-org/workspaces/src/v1.2.3',
  ],
  [
    'at the path that Forgejo has',
    { ...AT, FORGEJO_ACTIONS: 'true' },
    'https://git.example/octo-org/workspaces/src/v1.2.3',
  ],
  [
    'at the main branch of the original repository if these are empty, as with uses: ./',
    { GITHUB_ACTION_REPOSITORY: '', GITHUB_ACTION_REF: '' },
    BY_DEFAULT,
  ],
  ['at the main branch of the original repository if these are not set', {}, BY_DEFAULT],
])('an annotation links to the section about its code, %s', (_, env, root) => {
  expect(troubleshootingUrl('forbidden', env)).toBe(`${root}/docs/troubleshooting.md#forbidden`);
});
