import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { actionFolders } from '../../sandbox/runner/manifest.ts';
import { ROOT } from '../support/root.ts';

const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });

test('a runner downloads nothing but what an action runs', () => {
  const paths = git('ls-files', '-co', '--exclude-standard').trim().split('\n');
  const names = [...new Set(paths.map((path) => path.split('/')[0] ?? ''))];
  const attributes = git('check-attr', 'export-ignore', '--', ...names)
    .trim()
    .split('\n');
  const downloaded = names.filter((name) => !attributes.includes(`${name}: export-ignore: set`));
  const actions = actionFolders(ROOT).map((folder) => folder || 'action.yml');
  expect(downloaded.sort()).toEqual(['LICENSE', 'dist', ...actions].sort());
});
