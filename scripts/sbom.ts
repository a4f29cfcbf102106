/**
 * Prints the packages in the bundle as a bill of materials in CycloneDX: `node scripts/sbom.ts`.
 *
 * `npm sbom --omit=dev` leaves out packages that a development dependency needs too, such as zod
 * (https://github.com/npm/cli/issues/7909). So npm lists all packages here, and those that the
 * bundle does not need, which npm marks as optional, are removed afterwards, as are the stubs for tunnel and undici.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Bill {
  metadata: { component: { 'bom-ref': string } };
  components: { 'bom-ref': string; name: string; scope: string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const json = execFileSync(
  'npm',
  ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    // On Windows, npm is a shell script.
    shell: process.platform === 'win32',
  },
);
const bill: Bill = JSON.parse(json);
const components = bill.components.filter(
  ({ name, scope }) => scope === 'required' && !['tunnel', 'undici'].includes(name),
);
const refs = new Set([bill.metadata.component, ...components].map((each) => each['bom-ref']));
const dependencies = bill.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((on) => refs.has(on)) }));

console.log(JSON.stringify({ ...bill, components, dependencies }, null, 2));
