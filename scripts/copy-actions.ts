import { cpSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Copies to `folder` what a workflow needs to use the actions. Returns the copies of each `action.yml`. */
export function copyActions(folder: string): string[] {
  const manifests = globSync('{.,*}/action.yml', { cwd: ROOT });
  for (const path of ['dist', ...manifests]) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  return manifests.map((path) => join(folder, path));
}
