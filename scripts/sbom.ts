/**
 * Prints what the bundle is made of, as CycloneDX: `node scripts/sbom.ts`.
 *
 * `npm sbom --omit=dev` leaves out what a development dependency needs as well, such as zod
 * (https://github.com/npm/cli/issues/7909). So it lists everything here, and what the bundle does
 * not need, which npm marks as optional, is taken out afterwards.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Bill {
  metadata: { component: { 'bom-ref': string } };
  components: { 'bom-ref': string; scope: string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const json = execFileSync(
  'npm',
  ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    // On Windows npm is a script of the shell.
    shell: process.platform === 'win32',
  },
);
const bill: Bill = JSON.parse(json);
const components = bill.components.filter(({ scope }) => scope === 'required');
const kept = new Set([bill.metadata.component, ...components].map((each) => each['bom-ref']));
const dependencies = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((on) => kept.has(on)) }));

console.log(JSON.stringify({ ...bill, components, dependencies }, null, 2));
