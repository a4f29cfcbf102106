/** Fails unless the committed `dist` is, byte for byte, what the sources build. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.ts';

const applied = fileURLToPath(new URL('../dist', import.meta.url));
const built = mkdtempSync(join(tmpdir(), 'dist-'));
await build(built);

const names = new Set([...readdirSync(applied), ...readdirSync(built)]);
const stale = [...names].filter((name) => contentOf(applied, name) !== contentOf(built, name));
rmSync(built, { recursive: true });
if (stale.length > 0) {
  console.error(`dist is not what the sources build (${stale.join(', ')}): run npm run build`);
  process.exitCode = 1;
}

function contentOf(folder: string, name: string): string | undefined {
  return readdirSync(folder).includes(name) ? readFileSync(join(folder, name), 'utf8') : undefined;
}
