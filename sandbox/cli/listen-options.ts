import type { CounterDelay } from '../openrouter/resources/usage.ts';
import { HELP, type Options, readArguments, UsageError } from './arguments.ts';
import {
  ACCOUNT_OPTIONS,
  type Contents,
  EMPTY,
  readContents,
  readCount,
  readCounterDelay,
  refuseUnused,
} from './contents.ts';

/** The options of `npm run sandbox`. */
export const LISTEN_OPTIONS = {
  port: { type: 'string', value: 'N', description: 'Port to listen on. Default: 8787' },
  workspaces: {
    type: 'string',
    value: 'N',
    description: 'Number of workspaces that exist, 3 days old: preview-1 and so on.',
  },
  ...ACCOUNT_OPTIONS,
  ...HELP,
} as const satisfies Options;

interface Listening {
  port: number;
  contents: Contents;
  counterDelay: CounterDelay;
}

/**
 * What the arguments of `npm run sandbox` request.
 * @throws {UsageError} about the first argument that is invalid or would change nothing.
 */
export function readListening(args: string[]): Listening | 'help' {
  const { values } = readArguments({
    options: LISTEN_OPTIONS,
    helpCommand: 'npm run sandbox -- --help',
    args,
  });
  if (values.help) return 'help';
  const count = readCount('workspaces', values.workspaces) ?? 0;
  const numbered = Array.from({ length: count }, (_, at) => `preview-${at + 1}`);
  const existing = [...numbered, ...(values.existing ?? [])];
  const contents = readContents({ ...values, existing }, EMPTY);
  refuseUnused(values, {
    workspaces: existing.length + contents.stale > 0,
    keys: contents.keys > 0,
    workspaceOptions: '--workspaces N or --stale N',
  });
  return {
    port: readPort(values.port ?? '8787'),
    contents,
    counterDelay: readCounterDelay(values['counter-delay']),
  };
}

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new UsageError(`--port ${text} is not a port, from 0 to 65535.`);
  }
  return Number(text);
}
