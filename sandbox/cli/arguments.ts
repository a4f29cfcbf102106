import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** Prints what is wrong with the arguments of this program, and ends it. */
export function exitWithUsage(...lines: string[]): never {
  console.error(lines.join('\n'));
  process.exit(2);
}

/** The values of `args`. Ends this program for an argument that is not in `options`, and lists those. */
export function readArguments<Options extends ParseArgsOptionsConfig>(
  options: Options,
  args: string[] = process.argv.slice(2),
) {
  try {
    return parseArgs({ options, args }).values;
  } catch (error) {
    if (!isArgumentError(error)) throw error;
    const names = Object.keys(options).map((name) => `  --${name}`);
    exitWithUsage(error.message, 'Options, each followed by its value:', ...names);
  }
}

function isArgumentError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS_/.test(String(error.code));
}
