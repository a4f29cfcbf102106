import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { toLine } from '../../src/report/text.ts';
import { terminalWidth } from './terminal.ts';

/** An option of a program, and what its help says about it. */
export interface Option {
  type: 'string' | 'boolean';
  /** Stands for the value in the help. */
  value?: string;
  description: string;
  multiple?: boolean;
  short?: string;
}

export type Options = Readonly<Record<string, Option>>;

export const HELP = {
  help: { type: 'boolean', short: 'h', description: 'Shows this help.' },
} as const satisfies Options;

/** What is wrong with the arguments of a program, in one line. */
export class UsageError extends Error {}

/**
 * Runs `main` with the arguments of this program. Prints a `UsageError` alone, with exit code 2. If what reads the
 * output ends early, such as `head`, `main` still ends as always: it may have to delete something.
 */
export async function runProgram(main: (args: string[]) => Promise<void>): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(printable(error.message));
    process.exitCode = 2;
  }
}

/** `text` in one line, without what a terminal would execute. */
export function printable(text: string): string {
  return toLine(text, (line) => line);
}

interface Arguments<Known> {
  options: Known;
  /** More options, which all have a value and are known only at run time. */
  inputs?: Options;
  /** The command that lists all options. */
  helpCommand: string;
  args: string[];
}

/**
 * The values in `args`.
 * @throws {UsageError} about the first argument that does not fit.
 */
export function readArguments<Known extends Options & ParseArgsOptionsConfig>({
  options,
  inputs = {},
  helpCommand,
  args,
}: Arguments<Known>) {
  const all = { ...inputs, ...options };
  // Not strict: the messages of parseArgs have several lines, and describe its own syntax.
  const { tokens } = parseArgs({ options: all, args, strict: false, tokens: true });
  const problem = tokens.map((token) => problemOf(token, all)).find(Boolean);
  if (problem) throw new UsageError(`${problem} To list all options: ${helpCommand}`);
  const provided = tokens.filter((token) => token.kind === 'option');
  const own = provided.filter(({ name }) => Object.hasOwn(options, name));
  const others = provided.filter(({ name }) => !Object.hasOwn(options, name));
  return {
    values: parseArgs({ options, args: own.map(toArgument) }).values,
    inputs: Object.fromEntries(others.map(({ name, value = '' }) => [name, value])),
  };
}

function toArgument({ name, value }: { name: string; value: string | undefined }): string {
  return value === undefined ? `--${name}` : `--${name}=${value}`;
}

type Token = ReturnType<typeof parseArgs<{ tokens: true; strict: false }>>['tokens'][number];

function problemOf(token: Token, options: Options): string | undefined {
  if (token.kind === 'positional') return `Unexpected argument ${token.value}.`;
  if (token.kind === 'option-terminator') return undefined;
  const { name, rawName, value, inlineValue } = token;
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) return `Unknown option ${rawName}.`;
  if (option.type === 'boolean') {
    return value === undefined ? undefined : `${rawName} takes no value.`;
  }
  if (value === undefined) return `${rawName} needs a value.`;
  if (!inlineValue && value.startsWith('-')) {
    return `${rawName} needs a value. Write one that begins with a hyphen as ${rawName}=VALUE.`;
  }
  return undefined;
}

/** The lines of a help about `options`. */
export function describeOptions(options: Options): string[] {
  const width = terminalWidth();
  return Object.entries(options).flatMap(([name, { value, description }]) => [
    `  --${name}${value === undefined ? '' : ` ${value}`}`,
    ...wrap(description, width - DESCRIPTION.length).map((line) => DESCRIPTION + line),
  ]);
}

/** The indentation of a description. */
const DESCRIPTION = ' '.repeat(6);

/** `text` in lines that fit a terminal. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const extended = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && extended.length <= width) lines[lines.length - 1] = extended;
    else lines.push(word);
  }
  return lines;
}
