import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** Says what is wrong with how a program was called, and ends it. */
export function refuseCall(...lines: string[]): never {
  console.error(lines.join('\n'));
  process.exit(2);
}

/** What a program was called with; ends it where that is none of `options`, and says which there are. */
export function readArguments<Options extends ParseArgsOptionsConfig>(options: Options) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    // What parseArgs throws of what it has read, and nothing else does.
    if (!(error instanceof TypeError)) throw error;
    const names = Object.keys(options).map((name) => `  --${name}`);
    refuseCall(error.message, 'These can be given, each with its value behind it:', ...names);
  }
}
