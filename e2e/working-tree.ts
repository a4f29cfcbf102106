import { execFileSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs git in `folder`, and returns what it prints, without the last newline. */
export const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 }).trimEnd();

const AUTHOR = ['-c', 'user.name=A test', '-c', 'user.email=test@example.com'];

/** Commits all that `folder` has, except for what is ignored, and returns the commit. */
export function commitAll(folder: string): string {
  git(folder, 'add', '--all');
  git(folder, ...AUTHOR, 'commit', '--quiet', '--no-verify', '--message', 'chore: a commit');
  return git(folder, 'rev-parse', 'HEAD');
}

/**
 * Makes `folder` a clone of this repository whose `main`, of one commit, is the working tree, with
 * what is not committed. Returns the commit.
 */
export function cloneWorkingTree(folder: string): string {
  const files = git(ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard');
  for (const file of new Set(files.split('\0'))) {
    if (file !== '' && existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(folder, file));
  }
  git(folder, 'init', '--quiet', '--initial-branch', 'main');
  const commit = commitAll(folder);
  git(folder, 'update-ref', 'refs/remotes/origin/main', commit);
  return commit;
}
