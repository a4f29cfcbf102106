/**
 * Keeps a sandbox listening, to try things by hand: `npm run sandbox [-- --port N --stale SLUG]`.
 * Each `--stale` adds a workspace that is a year old.
 */

import { seedWorkspace } from '../openrouter/seed.ts';
import { startSandbox } from '../openrouter/server.ts';
import { exitWithUsage, readArguments } from './arguments.ts';

const YEAR_MS = 365 * 86_400_000;

const { port, stale } = readArguments({
  port: { type: 'string', default: '8787' },
  stale: { type: 'string', multiple: true, default: [] },
});
if (!/^\d{1,5}$/.test(port)) exitWithUsage(`--port ${port} is not a port.`);
const sandbox = await startSandbox({
  port: Number(port),
  onExchange({ method, path, body }, outcome) {
    console.log(`${method} ${path} ${body} → ${outcome}`);
  },
}).catch((error: NodeJS.ErrnoException) =>
  exitWithUsage(`Cannot listen on port ${port}: ${error.message}.`, 'Use another --port.'),
);

for (const slug of stale) {
  seedWorkspace(sandbox, { slug, name: 'Stale', age: YEAR_MS });
}

console.log(`api-url: ${sandbox.url}`);
console.log(`management-key: ${sandbox.managementKey}`);
console.log('Stop it with Ctrl+C.');
