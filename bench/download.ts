import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The size of what a runner downloads for all actions, once the files as they are now are committed. */
export function measureDownload(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  // An index of its own: what is staged stays staged.
  const env = { ...process.env, GIT_INDEX_FILE: join(folder, 'index') };
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, env, maxBuffer: 2 ** 30 });
  git('add', '--all');
  const archive = git('archive', '--format=tar.gz', git('write-tree').toString().trim());
  rmSync(folder, { recursive: true });
  return formatSize(archive);
}

export function formatSize({ length }: Buffer): string {
  return `${(length / 1000).toFixed(1)} kB`;
}
