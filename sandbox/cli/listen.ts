/**
 * Keeps a sandbox listening, to try things by hand: `npm run sandbox [-- --port N --stale SLUG]`.
 * Each `--stale` adds a workspace that is a year old.
 */

import { seedWorkspace } from '../openrouter/seed.ts';
import { startSandbox } from '../openrouter/server.ts';
import { describeOptions, HELP, readArguments, runProgram, UsageError } from './arguments.ts';

const YEAR_MS = 365 * 86_400_000;

const OPTIONS = {
  port: { type: 'string', value: 'N', description: 'Port to listen on. Default: 8787' },
  stale: {
    type: 'string',
    value: 'SLUG',
    multiple: true,
    description: 'Slug of a workspace that exists, a year old. Can be repeated.',
  },
  ...HELP,
} as const;

await runProgram(async (args) => {
  const helpCommand = 'npm run sandbox -- --help';
  const { values } = readArguments({ options: OPTIONS, helpCommand, args });
  if (values.help) console.log(describeOptions(OPTIONS).join('\n'));
  else await listen(values.port ?? '8787', values.stale ?? []);
});

async function listen(port: string, stale: string[]): Promise<void> {
  if (!/^\d{1,5}$/.test(port)) throw new UsageError(`--port ${port} is not a port.`);
  const sandbox = await startSandbox({
    port: Number(port),
    onExchange({ method, path, body }, outcome) {
      console.log(`${method} ${path} ${body} → ${outcome}`);
    },
  }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`Cannot listen on port ${port}: ${error.message}. Use another --port.`);
  });
  for (const slug of stale) {
    seedWorkspace(sandbox, { slug, name: 'Stale', age: YEAR_MS });
  }
  console.log(`api-url: ${sandbox.url}`);
  console.log(`management-key: ${sandbox.managementKey}`);
  console.log('Stop it with Ctrl+C.');
}
