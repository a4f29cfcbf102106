/** Checks the workflows in our documents with actionlint and zizmor, which have to be installed. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readExamples } from './examples.ts';

const CONFIG = `rules:
  # Documents name the major tag, which is short for reading, and say how to pin.
  unpinned-uses:
    disable: true
  # Workflows that delete have no checkout.
  dangerous-triggers:
    disable: true
`;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'examples-'));
const workflows = join(folder, '.github/workflows');
mkdirSync(workflows, { recursive: true });
writeFileSync(join(folder, 'zizmor.yml'), CONFIG);
// Without it, actionlint checks no folder.
mkdirSync(join(folder, '.git'));
for (const document of globSync(['*.md', 'docs/*.md'], { cwd: root })) {
  for (const { line, text } of readExamples(join(root, document))) {
    if (!/^jobs:/m.test(text)) continue;
    writeFileSync(join(workflows, `${basename(document, '.md')}-${line}.yml`), `${text}\n`);
  }
}
// actionlint 1.7.12 does not know it; GitHub's language service does.
lint('actionlint', '-ignore', 'unexpected key "queue"');
lint('zizmor', '--quiet', '--offline', '--config', 'zizmor.yml', '.');
rmSync(folder, { recursive: true });

function lint(command: string, ...args: string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: folder, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exitCode = 1;
}
