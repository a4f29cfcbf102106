/**
 * Names the account that publishes the actions: `npm run publisher -- ACCOUNT`.
 *
 * Until then, a placeholder stands for it. The account is the one in `package.json`, so that a second
 * run with the same account changes nothing, and one with another account replaces the first.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The rules of GitHub for the name of an account. */
const ACCOUNT = /^(?=.{1,39}$)[a-z\d]+(-[a-z\d]+)*$/i;

/** What names no account: `dist` is built, and the others are about the placeholder. */
export const FILES_WITHOUT_ACCOUNT = [
  ':(exclude)dist',
  ':(exclude)scripts/publisher.ts',
  ':(exclude)__tests__/scripts/publisher.test.ts',
];

/** What makes the files that contain the account, and brings what is longer now into shape. */
const COMMANDS = ['build', 'reference', 'pictures', 'format'];

/**
 * The text of a file with the account `to` instead of `from`, where it names this repository or the
 * author. What a document says about the placeholder goes: lines of their own, and one section.
 */
export function withAccount(path: string, text: string, from: string, to: string): string {
  const named = text
    .replace(new RegExp(`(?<![\\w-])${from}(?=/openrouter-workspace)`, 'g'), to)
    .replace(new RegExp(`(?<=^author: )${from}$`, 'm'), to);
  if (!path.endsWith('.md')) return named;
  return named
    .replace(/^<!-- badges: .*\n/m, () => badgesOf(to))
    .replace(/^### Before the first release\n.*?(?=^### )/ms, '')
    .replace(/^(.*`OWNER`.*|# Replace OWNER\.)\n/gm, '');
}

/** The badges of CI and of the newest release: only a published repository has either. */
function badgesOf(account: string): string {
  const url = `https://github.com/${account}/openrouter-workspace`;
  const ci = `${url}/actions/workflows/ci.yml`;
  const release = `https://img.shields.io/github/v/release/${account}/openrouter-workspace`;
  return `[![CI](${ci}/badge.svg)](${ci}) [![Release](${release})](${url}/releases)\n`;
}

/** Changes the files of the repository in the folder `root`, but for what `COMMANDS` make. */
export function nameAccount(root: string, account: string): void {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const [from] = JSON.parse(read('package.json')).repository.split('/');
  const paths = execFileSync('git', ['ls-files', '-z', ...FILES_WITHOUT_ACCOUNT], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const path of paths.split('\0').filter(Boolean)) {
    const text = read(path);
    const changed = withAccount(path, text, from, account);
    if (changed !== text) writeFileSync(join(root, path), changed);
  }
}

/** What is wrong with the arguments; undefined if they are the name of one account. */
function problemWith(args: readonly string[]): string | undefined {
  const [account] = args;
  if (account === undefined || args.length > 1) return `${args.length} accounts were given.`;
  if (ACCOUNT.test(account)) return undefined;
  return `${JSON.stringify(account)} is not the name of an account: letters and digits, in groups joined by single hyphens, at most 39 characters.`;
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const problem = problemWith(args);
  if (problem !== undefined) {
    console.error(problem);
    console.error(
      'Usage: npm run publisher -- ACCOUNT, which is a user or an organization on GitHub',
    );
    process.exit(1);
  }
  const [account = ''] = args;
  const root = fileURLToPath(new URL('..', import.meta.url));
  nameAccount(root, account);
  for (const command of COMMANDS) {
    // On Windows, npm is a shell script.
    const shell = process.platform === 'win32';
    execFileSync('npm', ['run', command], { cwd: root, stdio: 'inherit', shell });
  }
  console.log(
    `The publisher is ${account}. Next: npm test && npm run check, commit, push to https://github.com/${account}/openrouter-workspace, and make the settings in CONTRIBUTING.md.`,
  );
}
