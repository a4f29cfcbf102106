/**
 * Keeps a sandbox listening, to try things by hand: `npm run sandbox [-- --port N --stale SLUG]`.
 * With `--stale`, as often as one likes, it has a workspace that is a year old.
 */
import { parseArgs } from 'node:util';
import { giveWorkspace } from './given.ts';
import { startSandbox } from './server.ts';

const YEAR_MS = 365 * 86_400_000;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8787' },
    stale: { type: 'string', multiple: true, default: [] },
  },
});
const sandbox = await startSandbox({
  port: Number(values.port),
  onExchange({ method, path, body }, outcome) {
    console.log(`${method} ${path} ${body} → ${outcome}`);
  },
});

for (const slug of values.stale) {
  giveWorkspace(sandbox, { slug, name: 'Stale', age: YEAR_MS });
}

console.log(`api-url: ${sandbox.url}`);
console.log(`management-key: ${sandbox.managementKey}`);
console.log('Stop it with Ctrl+C.');
