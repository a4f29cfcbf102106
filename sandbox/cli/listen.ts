/**
 * Keeps a sandbox listening, to try things by hand: `npm run sandbox`. `npm run sandbox -- --help`
 * lists what it can be filled with.
 */

import { type Sandbox, startSandbox } from '../openrouter/server.ts';
import { describeOptions, printable, runProgram, UsageError } from './arguments.ts';
import { describeContents, seedContents } from './contents.ts';
import { LISTEN_OPTIONS, readListening } from './listen-options.ts';
import { firstLines } from './show.ts';

await runProgram(listen);

async function listen(args: string[]): Promise<void> {
  const listening = readListening(args);
  if (listening === 'help') {
    console.log(help());
    return;
  }
  const { port, contents, counterDelay } = listening;
  const sandbox = await startSandbox({
    port,
    counterDelay,
    onExchange({ method, path, body }, outcome) {
      console.log(`${printable(`${method} ${path} ${body}`)} → ${outcome}`);
    },
  }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`Cannot listen on port ${port}: ${error.message}. Use another --port.`);
  });
  seedContents(sandbox, contents);
  console.log(introduction(sandbox));
}

function help(): string {
  return [
    'npm run sandbox -- [options]',
    '',
    'Keeps a sandbox of OpenRouter running on loopback, to try things by hand.',
    '',
    'Options:',
    ...describeOptions(LISTEN_OPTIONS),
  ].join('\n');
}

/** CI reads the lines that begin with the name of an input. */
function introduction(sandbox: Sandbox): string {
  const { url, managementKey, account } = sandbox;
  const workspace = account.workspaces.at(-1);
  const authorization = `-H "Authorization: Bearer ${managementKey}"`;
  return `A sandbox of OpenRouter is listening. Stop it with Ctrl+C.
To fill it with workspaces and API keys: npm run sandbox -- --help

api-url: ${url}
management-key: ${managementKey}

It has:

${firstLines(describeContents(sandbox))
  .map((line) => `  ${line}`)
  .join('\n')}

List its workspaces, or the API keys of ${workspace?.slug}:

  curl ${authorization} ${url}/workspaces
  curl ${authorization} "${url}/keys?workspace_id=${workspace?.id}"

Run an action against it; the example of another action with npm start -- usage and so on:

  npm start -- --api-url ${url} --management-key ${managementKey}

A step for a workflow that runs on this machine, for example with act:

  - uses: OWNER/openrouter-workspace@v1
    with:
      management-key: ${managementKey}
      api-url: ${url}
      name: Staging of web
      slug: staging-web

The requests:
`;
}
