/** Fails unless the committed `dist` is identical to what the sources build. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.ts';

const committed = fileURLToPath(new URL('../dist', import.meta.url));
const built = mkdtempSync(join(tmpdir(), 'dist-'));
await build(built);

const names = new Set([...readdirSync(committed), ...readdirSync(built)]);
const stale = [...names].filter((name) => contentOf(committed, name) !== contentOf(built, name));
rmSync(built, { recursive: true });
if (stale.length > 0) {
  console.error(`dist is stale (${stale.join(', ')}): run npm run build`);
  process.exitCode = 1;
}

function contentOf(folder: string, name: string): string | undefined {
  return readdirSync(folder).includes(name) ? readFileSync(join(folder, name), 'utf8') : undefined;
}
